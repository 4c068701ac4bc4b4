//! The parts of a message, each after its length.

/// Writes parts.
#[derive(Default)]
pub(super) struct PartWriter(String);

impl PartWriter {
    /// Writes a part, which is given in pieces.
    pub(super) fn write(&mut self, pieces: &[&str]) {
        let len: usize = pieces.iter().map(|piece| piece.len()).sum();
        self.0.push_str(itoa::Buffer::new().format(len));
        self.0.push(':');
        self.0.extend(pieces.iter().copied());
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Reads parts, until the end or until one is malformed.
pub(super) struct PartReader<'a>(&'a str);

impl<'a> PartReader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Iterator for PartReader<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (len, after) = self.0.split_once(':')?;
        let (part, after) = after.split_at_checked(len.parse().ok()?)?;
        self.0 = after;
        Some(part)
    }
}
