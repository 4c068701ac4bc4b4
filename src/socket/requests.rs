use memchr::memmem;

use super::handle::{RequestBody, Status};

/// The end of the head of a request.
const BLANK_LINE: &[u8; 4] = b"\r\n\r\n";

/// Finds the ends of requests among the bytes that a reader gets, and learns from when it asks
/// whether it looks for the end of the connection while it answers.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// The last bytes that the reader got, in which a blank line may have begun.
    tail: [u8; 3],
    /// The request whose head the reader has got, until the service is called with it.
    next: Option<NextRequest>,
    /// How many bytes of the request that is answered are still to come, if that is known.
    rest: Option<u64>,
    /// Whether the reader has asked for more than that request.
    asked: bool,
    /// Whether the reader is known to look for the end while it answers.
    looks: bool,
}

#[derive(Debug, Default)]
struct NextRequest {
    /// Whether the reader has asked for more than the head.
    asked: bool,
    /// How many bytes more it has got.
    got: u64,
}

impl Requests {
    /// Returns `true` if the reader is known to look for the end of the connection while it answers
    /// a request.
    pub(super) fn is_looked_for(&self) -> bool {
        self.looks
    }

    /// Records what has happened on the connection.
    pub(super) fn update(&mut self, status: &Status) {
        if let Some(body) = status.request {
            let next = self.next.take();
            self.asked = false;
            self.rest = match body {
                RequestBody::Bytes(0) => {
                    // A reader that does not look asks again only after its answer.
                    self.looks |= next.is_some_and(|next| next.asked);
                    Some(0)
                }
                RequestBody::Bytes(bytes) => next.and_then(|next| bytes.checked_sub(next.got)),
                RequestBody::Unknown => None,
            };
        }
        self.update_looks(status);
    }

    /// Records that the reader writes, and so answers what it has read.
    pub(super) fn answer(&mut self) {
        // The service is called before it answers: this answer is not its own.
        self.next = None;
    }

    /// Records that the reader asks for bytes. Returns `true` the first time after a head, when the
    /// service may be about to be called with it.
    pub(super) fn ask(&mut self, status: &Status) -> bool {
        if self.looks {
            return false;
        }
        if let Some(next) = &mut self.next {
            return !std::mem::replace(&mut next.asked, true);
        }
        self.asked |= self.rest == Some(0);
        self.update_looks(status);
        false
    }

    /// Between requests every reader asks; while a stream goes on, only one that looks for the end.
    fn update_looks(&mut self, status: &Status) {
        self.looks |= self.asked && status.carries_http1();
    }

    /// Returns how many of these bytes the reader gets at once: not those of a request together
    /// with those that follow it.
    pub(super) fn part(&self, bytes: &[u8]) -> usize {
        let end = match (&self.next, self.rest) {
            // There is nothing more to learn, or it is unknown where the request ends.
            _ if self.looks => None,
            (Some(_), _) => None,
            (None, Some(rest @ 1..)) => usize::try_from(rest).ok(),
            (None, _) => self.end_of_head(bytes),
        };
        end.map_or(bytes.len(), |end| end.min(bytes.len()))
    }

    /// Records what the reader gets.
    pub(super) fn advance(&mut self, bytes: &[u8]) {
        if self.looks {
            return;
        }
        let ends_head = self.end_of_head(bytes) == Some(bytes.len());
        match (&mut self.next, &mut self.rest) {
            (Some(next), _) => next.got += bytes.len() as u64,
            (None, Some(rest @ 1..)) => *rest = rest.saturating_sub(bytes.len() as u64),
            (None, _) if ends_head => self.next = Some(NextRequest::default()),
            (None, _) => {}
        }
        for byte in &bytes[bytes.len().saturating_sub(3)..] {
            self.tail.rotate_left(1);
            self.tail[2] = *byte;
        }
    }

    fn end_of_head(&self, bytes: &[u8]) -> Option<usize> {
        let mut seam = [0; 6];
        let begin = bytes.len().min(3);
        seam[..3].copy_from_slice(&self.tail);
        seam[3..3 + begin].copy_from_slice(&bytes[..begin]);
        let across = memmem::find(&seam[..3 + begin], BLANK_LINE).map(|at| at + 1);
        across.or_else(|| Some(memmem::find(bytes, BLANK_LINE)? + BLANK_LINE.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Status = Status {
        streams: 0,
        is_http1: false,
        resets: false,
        request: None,
    };

    const STREAM: Status = Status {
        streams: 1,
        is_http1: true,
        ..NOTHING
    };

    const fn request(body: RequestBody) -> Status {
        Status {
            request: Some(body),
            ..NOTHING
        }
    }

    /// Hands bytes out as the socket does, to a reader that asks each time. Returns the parts.
    fn hand_out(requests: &mut Requests, mut bytes: &[u8]) -> Vec<usize> {
        let mut parts = Vec::new();
        while !bytes.is_empty() {
            requests.ask(&NOTHING);
            let part = requests.part(bytes);
            requests.advance(&bytes[..part]);
            bytes = &bytes[part..];
            parts.push(part);
        }
        parts
    }

    #[test]
    fn a_head_is_handed_out_alone() {
        for split in 0..=9 {
            let mut requests = Requests::default();
            let (one, other) = b"GET\r\n\r\nxx".split_at(split);
            let parts = [one, other].map(|bytes| hand_out(&mut requests, bytes));
            let ends: Vec<usize> = parts
                .concat()
                .iter()
                .scan(0, |end, part| {
                    *end += part;
                    Some(*end)
                })
                .collect();
            assert!(ends.contains(&7), "split at {split}: {ends:?}");
        }
    }

    #[test]
    fn so_is_a_body_of_known_length() {
        let mut requests = Requests::default();
        assert_eq!(hand_out(&mut requests, b"POST\r\n\r\n"), [8]);
        requests.update(&request(RequestBody::Bytes(6)));
        assert_eq!(hand_out(&mut requests, b"\r\n\r\n..xx"), [6, 2]);
    }

    #[test]
    fn a_reader_that_asks_before_the_service_is_called_looks_for_the_end() {
        for (asks, body, looks) in [
            (true, RequestBody::Bytes(0), true),
            (true, RequestBody::Bytes(1), false),
            (true, RequestBody::Unknown, false),
            (false, RequestBody::Bytes(0), false),
        ] {
            let mut requests = Requests::default();
            hand_out(&mut requests, b"GET\r\n\r\n");
            if asks {
                assert!(requests.ask(&NOTHING));
                assert!(!requests.ask(&NOTHING));
            }
            requests.update(&request(body));
            assert_eq!(requests.is_looked_for(), looks, "{asks}, {body:?}");
        }
    }

    #[test]
    fn so_does_one_that_asks_while_a_stream_goes_on() {
        for (body, looks) in [
            (RequestBody::Bytes(0), true),
            (RequestBody::Bytes(4), true),
            (RequestBody::Bytes(5), false),
            (RequestBody::Unknown, false),
        ] {
            let mut requests = Requests::default();
            hand_out(&mut requests, b"POST\r\n\r\n");
            requests.update(&request(body));
            if let RequestBody::Bytes(1..) = body {
                hand_out(&mut requests, b"body");
            }
            requests.update(&STREAM);
            requests.ask(&STREAM);
            assert_eq!(requests.is_looked_for(), looks, "{body:?}");
        }
    }

    #[test]
    fn one_that_asks_between_requests_need_not() {
        let mut requests = Requests::default();
        for _ in 0..3 {
            hand_out(&mut requests, b"GET\r\n\r\n");
            requests.update(&request(RequestBody::Bytes(0)));
            requests.update(&STREAM);
            requests.answer();
            requests.update(&NOTHING);
            assert!(!requests.ask(&NOTHING));
            // Another layer answers this one.
            hand_out(&mut requests, b"GET\r\n\r\n");
            requests.answer();
            assert!(!requests.ask(&NOTHING));
        }
        assert!(!requests.is_looked_for());
    }
}
