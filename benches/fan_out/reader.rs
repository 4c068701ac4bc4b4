use memchr::memchr_iter;

use super::{message, report::Report};

/// One client of a feed.
///
/// It reads the body by lines, as no server here ends a chunk within one: then the sizes of the chunks
/// are lines too, of which nothing is wanted.
#[derive(Default)]
pub(crate) struct Reader {
    /// The number of the next event.
    next: u64,
    /// Whether the event that has begun is a notice of lost events.
    lagged: bool,
    /// How many lost events the notices since the last event report.
    reported: u64,
}

impl Reader {
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Reads what has come. Returns what is left, which has no line end yet.
    pub(crate) fn read<'a>(&mut self, bytes: &'a [u8], report: &mut Report) -> &'a [u8] {
        let (now, mut start) = (message::now(), 0);
        for end in memchr_iter(b'\n', bytes) {
            self.line(&bytes[start..end], now, report);
            start = end + 1;
        }
        &bytes[start..]
    }

    fn line(&mut self, line: &[u8], now: u64, report: &mut Report) {
        match line.strip_prefix(b"data: ") {
            Some(data) => match std::mem::take(&mut self.lagged) {
                true => self.reported += str::from_utf8(data).unwrap().parse::<u64>().unwrap(),
                false => self.event(data, now, report),
            },
            None => self.lagged |= line == b"event: lagged",
        }
    }

    fn event(&mut self, data: &[u8], now: u64, report: &mut Report) {
        let (number, sent) = message::read(data).expect("an event is broken");
        assert!(number >= self.next, "an event is out of order");
        let lost = number - self.next;
        let reported = std::mem::take(&mut self.reported).min(lost);
        self.next = number + 1;
        report.count(sent, now);
        report.lose(reported, lost - reported);
    }
}
