/// The data of adopted bodies: lines and events, whole and cut, and byte order marks.
pub(crate) const PIECES: [&[u8]; 14] = [
    b"data: x\n\n",
    b"id: 7\ndata: y\n\n",
    b"data: z\r\n\r\n",
    b"data: half",
    b"event: e\n",
    b"\n",
    b"\r",
    b"\r\n",
    b": comment\n",
    b"retry: 5\n",
    b"",
    b"\xef\xbb\xbf",
    b"\xef",
    b"\xbb\xbfdata: w\r\r",
];

/// What a handler's stream does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Yields this piece; a typed stream yields an event whose data is the number.
    Data(usize),
    Trailers,
    Fail,
    End,
    Panic,
}
