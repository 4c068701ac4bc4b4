/// The client that reads an `EventStream`, as far as the stream knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Audience {
    /// No layer is around the stream.
    #[default]
    Unknown,
    /// A GET or QUERY that names `text/event-stream`, as browsers send it.
    NamesEventStream,
    Other,
}
