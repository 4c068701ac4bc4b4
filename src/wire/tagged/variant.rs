//! The variant of a value, found without serializing its content.

use std::{error, fmt};

use serde::ser::{self, Impossible, Serialize, Serializer};

use super::error::{TaggedError, TaggedErrorKind};
use crate::EventName;

/// Returns the name of the variant that a value is.
pub(super) fn variant<T: Serialize + ?Sized>(value: &T) -> Result<EventName, TaggedError> {
    let name = match value.serialize(Probe) {
        Ok(name) | Err(ProbeResult::Variant(name)) => name,
        Err(ProbeResult::Other(got)) => return Err(TaggedError(TaggedErrorKind::NotAnEnum(got))),
        Err(ProbeResult::Custom(message)) => {
            return Err(<serde_json::Error as ser::Error>::custom(message).into());
        }
    };
    EventName::try_static(name).map_err(|error| TaggedError(TaggedErrorKind::Name(error)))
}

/// A serializer that stops at the first value that it gets.
struct Probe;

/// The result of a probe. The `Err` side of a serializer is its only way to stop early, so a variant
/// can be an error, too.
#[derive(Debug)]
enum ProbeResult {
    Variant(&'static str),
    Other(&'static str),
    Custom(String),
}

impl fmt::Display for ProbeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variant(what) | Self::Other(what) => f.write_str(what),
            Self::Custom(message) => f.write_str(message),
        }
    }
}

impl error::Error for ProbeResult {}

impl ser::Error for ProbeResult {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

type Never = Impossible<&'static str, ProbeResult>;

macro_rules! unsupported {
    ($($method:ident($($argument:ty),*) $(-> $ok:ty)?: $what:literal,)*) => {$(
        unsupported!(@ $method($($argument),*) $(-> $ok)?: $what);
    )*};
    (@ $method:ident($($argument:ty),*): $what:literal) => {
        unsupported!(@ $method($($argument),*) -> &'static str: $what);
    };
    (@ $method:ident($($argument:ty),*) -> $ok:ty: $what:literal) => {
        fn $method(self $(, _: $argument)*) -> Result<$ok, ProbeResult> {
            Err(ProbeResult::Other($what))
        }
    };
}

impl Serializer for Probe {
    type Ok = &'static str;
    type Error = ProbeResult;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<&'static str, ProbeResult> {
        Ok(variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<&'static str, ProbeResult> {
        Ok(variant)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Never, ProbeResult> {
        Err(ProbeResult::Variant(variant))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Never, ProbeResult> {
        Err(ProbeResult::Variant(variant))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<&'static str, ProbeResult> {
        Err(ProbeResult::Other("an option"))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<&'static str, ProbeResult> {
        value.serialize(self)
    }

    unsupported! {
        serialize_bool(bool): "a bool",
        serialize_i8(i8): "a number",
        serialize_i16(i16): "a number",
        serialize_i32(i32): "a number",
        serialize_i64(i64): "a number",
        serialize_i128(i128): "a number",
        serialize_u8(u8): "a number",
        serialize_u16(u16): "a number",
        serialize_u32(u32): "a number",
        serialize_u64(u64): "a number",
        serialize_u128(u128): "a number",
        serialize_f32(f32): "a number",
        serialize_f64(f64): "a number",
        serialize_char(char): "a char",
        serialize_str(&str): "a string",
        serialize_bytes(&[u8]): "bytes",
        serialize_none(): "an option",
        serialize_unit(): "a unit",
        serialize_unit_struct(&'static str): "a unit struct",
        serialize_seq(Option<usize>) -> Never: "a sequence",
        serialize_tuple(usize) -> Never: "a tuple",
        serialize_tuple_struct(&'static str, usize) -> Never: "a tuple struct",
        serialize_map(Option<usize>) -> Never: "a map",
        serialize_struct(&'static str, usize) -> Never: "a struct",
    }
}
