/// What a poll of a body returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Data(Vec<u8>),
    Trailers,
    /// With the texts of the error and of its sources.
    Failed(String),
    End,
    Pending,
}
