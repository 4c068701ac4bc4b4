//! The content of a variant, serialized without the variant around it.

use serde::ser::{
    self, Impossible, Serialize, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleVariant, Serializer,
};

/// A serializer of enums that passes the content of a variant to the serializer inside.
pub(super) struct Content<S>(pub(super) S);

type Never<S> = Impossible<<S as Serializer>::Ok, <S as Serializer>::Error>;

/// Fails. A value that the probe has found to be an enum comes here only if it serializes differently the
/// second time.
fn not_an_enum<T, E: ser::Error>() -> Result<T, E> {
    Err(E::custom("the value was an enum before and is none now"))
}

macro_rules! unsupported {
    ($($method:ident($($argument:ty),*) -> $ok:ident,)*) => {$(
        fn $method(self $(, _: $argument)*) -> Result<Self::$ok, S::Error> {
            not_an_enum()
        }
    )*};
}

impl<S: Serializer> Serializer for Content<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Never<S>;
    type SerializeTuple = Never<S>;
    type SerializeTupleStruct = Never<S>;
    type SerializeTupleVariant = Content<S::SerializeTuple>;
    type SerializeMap = Never<S>;
    type SerializeStruct = Never<S>;
    type SerializeStructVariant = Content<S::SerializeStruct>;

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self.0)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0.serialize_tuple(len).map(Content)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0.serialize_struct(variant, len).map(Content)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        not_an_enum()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    unsupported! {
        serialize_bool(bool) -> Ok,
        serialize_i8(i8) -> Ok,
        serialize_i16(i16) -> Ok,
        serialize_i32(i32) -> Ok,
        serialize_i64(i64) -> Ok,
        serialize_u8(u8) -> Ok,
        serialize_u16(u16) -> Ok,
        serialize_u32(u32) -> Ok,
        serialize_u64(u64) -> Ok,
        serialize_f32(f32) -> Ok,
        serialize_f64(f64) -> Ok,
        serialize_char(char) -> Ok,
        serialize_str(&str) -> Ok,
        serialize_bytes(&[u8]) -> Ok,
        serialize_none() -> Ok,
        serialize_unit() -> Ok,
        serialize_unit_struct(&'static str) -> Ok,
        serialize_seq(Option<usize>) -> SerializeSeq,
        serialize_tuple(usize) -> SerializeTuple,
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct,
        serialize_map(Option<usize>) -> SerializeMap,
        serialize_struct(&'static str, usize) -> SerializeStruct,
    }
}

impl<S: SerializeTuple> SerializeTupleVariant for Content<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_element(value)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: SerializeStruct> SerializeStructVariant for Content<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}
