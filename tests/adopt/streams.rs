//! Streams of other people, with each kind of line end.

/// Lines that a client must distinguish.
const LINES: [&str; 27] = [
    ": welcome",
    "retry: 5000",
    "event: joined",
    "id: 1",
    "data: one",
    "data:two",
    "data",
    "",
    "data: three",
    ": within",
    "id",
    "",
    "id: 9",
    "",
    "event: nothing",
    "",
    ":",
    "",
    "",
    "data:",
    "junk",
    "",
    "event: last",
    "data: é\u{2028}",
    "data: 5",
    "",
    "data: never",
];

/// The lines with these ends in turn, and the start of a line that has none.
fn with_ends(ends: &[&str]) -> Vec<u8> {
    let ends = ends.iter().cycle();
    let lines: String = LINES
        .iter()
        .zip(ends)
        .flat_map(|(line, end)| [*line, end])
        .collect();
    [lines.as_bytes(), b"data: unfinished"].concat()
}

pub(crate) fn all() -> Vec<Vec<u8>> {
    vec![
        with_ends(&["\n"]),
        with_ends(&["\r"]),
        with_ends(&["\r\n"]),
        with_ends(&["\n", "\r\n", "\r"]),
        with_ends(&["\r", "\r\n", "\r", "\n", "\n"]),
    ]
}
