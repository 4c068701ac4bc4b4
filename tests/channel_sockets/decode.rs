//! Streams taken apart, as far as their bytes have come.

use std::mem;

/// The chunks of a body (RFC 9112, 7.1).
#[derive(Default)]
pub(crate) struct Chunks {
    line: Vec<u8>,
    /// How much of the chunk is yet to come.
    left: usize,
    /// Whether its line end is yet to come too.
    in_chunk: bool,
    is_last: bool,
    pub(crate) has_ended: bool,
}

impl Chunks {
    /// Hands out what is in them.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], data: &mut impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            assert!(!self.has_ended, "something follows the last");
            if self.left == 0 {
                let end = line(&mut self.line, &mut bytes);
                end.into_iter().for_each(|line| self.take_line(&line));
                continue;
            }
            let (now, later) = bytes.split_at(self.left.min(bytes.len()));
            data(now);
            self.left -= now.len();
            bytes = later;
        }
    }

    fn take_line(&mut self, line: &str) {
        let line = line.strip_suffix('\r').unwrap();
        if mem::take(&mut self.in_chunk) {
            assert_eq!(line, "");
            self.has_ended = self.is_last;
            return;
        }
        self.left = usize::from_str_radix(line, 16).unwrap();
        self.is_last = self.left == 0;
        self.in_chunk = true;
    }
}

/// What a page gets of an event, and what the browser remembers by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) name: String,
    pub(crate) data: String,
    pub(crate) id: String,
}

/// The events of a stream (WHATWG HTML 9.2.6), with as much of the standard as servers here use.
#[derive(Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    event: Seen,
    data: Option<String>,
}

impl Events {
    pub(crate) fn feed(&mut self, mut bytes: &[u8], seen: &mut impl FnMut(Seen)) {
        while !bytes.is_empty() {
            if let Some(line) = line(&mut self.line, &mut bytes) {
                self.take_line(&line).into_iter().for_each(&mut *seen);
            }
        }
    }

    /// Returns an event if the line is the end of one.
    fn take_line(&mut self, line: &str) -> Option<Seen> {
        match line.split_once(": ") {
            Some(("data", value)) => match &mut self.data {
                Some(data) => *data = format!("{data}\n{value}"),
                None => self.data = Some(value.to_owned()),
            },
            Some(("event", name)) => self.event.name = name.to_owned(),
            Some(("id", id)) => self.event.id = id.to_owned(),
            Some(("retry", _)) => {}
            _ => return self.dispatch(line),
        }
        None
    }

    fn dispatch(&mut self, line: &str) -> Option<Seen> {
        assert_eq!(line, "");
        let id = self.event.id.clone();
        let next = Seen {
            id,
            ..Seen::default()
        };
        let event = mem::replace(&mut self.event, next);
        let data = self.data.take()?;
        Some(Seen { data, ..event })
    }
}

/// Takes a line, without its LF, if all of it has come.
fn line(before: &mut Vec<u8>, bytes: &mut &[u8]) -> Option<String> {
    let Some(end) = memchr::memchr(b'\n', bytes) else {
        before.extend_from_slice(mem::take(bytes));
        return None;
    };
    before.extend_from_slice(&bytes[..end]);
    *bytes = &bytes[end + 1..];
    Some(String::from_utf8(mem::take(before)).unwrap())
}
