//! An event type of a user, which calls the encoder in any order.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use proptest::{collection::vec, prelude::*};
use tower_sse::{BoxError, EncodeEvent, EncodedEvent, Encoder, EventId, EventName};

use crate::text::{id, name, text};

/// A call of the encoder.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Name(String),
    Id(String),
    Retry(Duration),
    Comment(String),
    Data(String),
    /// Formatted data that arrives in two pieces.
    Format(String, String),
    /// Formatted data that fails after a piece.
    BrokenFormat(String),
    Encoded(Vec<Call>),
    Dispatch,
}

impl Call {
    fn make(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        match self {
            Self::Name(name) => encoder.name(&EventName::try_from(name.as_str())?),
            Self::Id(id) => encoder.id(&EventId::try_from(id.as_str())?),
            Self::Retry(retry) => encoder.retry(*retry),
            Self::Comment(comment) => encoder.comment(comment),
            Self::Data(data) => encoder.data(data),
            Self::Format(a, b) => encoder.data_fmt(format_args!("{a}{b}"))?,
            Self::BrokenFormat(piece) => {
                assert!(encoder.data_fmt(format_args!("{piece}{Broken}")).is_err());
                encoder
            }
            Self::Encoded(calls) => encoder.encoded(&EncodedEvent::new(&Calls(calls))?),
            Self::Dispatch => encoder.end_event(),
        };
        Ok(())
    }
}

/// A value that cannot be formatted.
struct Broken;

impl Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half\n")?;
        Err(fmt::Error)
    }
}

/// Makes calls.
pub(crate) struct Calls<'a>(pub(crate) &'a [Call]);

impl EncodeEvent for Calls<'_> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        self.0.iter().try_for_each(|call| call.make(encoder))
    }
}

/// Makes calls, and fails after them.
pub(crate) struct FailingCalls<'a>(pub(crate) &'a [Call]);

impl EncodeEvent for FailingCalls<'_> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        Calls(self.0).encode(encoder)?;
        Err("after the fields".into())
    }
}

pub(crate) fn retry() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..5_000_000u64).prop_map(Duration::from_nanos),
        (0..100_000u64).prop_map(Duration::from_millis),
        (2_147_483_645..2_147_483_650u64).prop_map(Duration::from_millis),
        (any::<u64>(), 0..1_000_000_000u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        name().prop_map(Call::Name),
        id().prop_map(Call::Id),
        retry().prop_map(Call::Retry),
        text().prop_map(Call::Comment),
        text().prop_map(Call::Data),
        (text(), text()).prop_map(|(a, b)| Call::Format(a, b)),
        text().prop_map(Call::BrokenFormat),
        Just(Call::Dispatch),
    ]
}

/// Any calls, among them events that were encoded before.
pub(crate) fn calls() -> impl Strategy<Value = Vec<Call>> {
    let encoded = vec(call(), 0..4).prop_map(Call::Encoded);
    vec(prop_oneof![6 => call(), 1 => encoded], 0..10)
}
