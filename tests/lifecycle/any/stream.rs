use tower_sse::CloseReason;

use super::{
    handler::{Handler, Polled},
    place::{Place, visible},
    setting::{Kind, Opts},
};

/// How long a failure waits.
const FLUSH: u64 = 100;
/// The heartbeat where none is set.
const USUAL: u64 = 15_000;

/// What a stream should do, in milliseconds of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) kind: Kind,
    /// When it ends, whatever is to come, in the order in which that was settled.
    ends: Vec<(u64, CloseReason)>,
    opts: Opts,
    /// Whether the shutdown has been noticed.
    leaving: bool,
    pub(crate) handler: Handler,
    /// What came out of the handler's stream.
    pub(crate) taken: Vec<u8>,
    pub(crate) since: u64,
    pub(crate) is_open: bool,
    failing: Option<u64>,
    pub(crate) ended: Option<CloseReason>,
    next_beat: Option<u64>,
    /// Whether something has been sent since it was last silent.
    spoke: bool,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) heartbeats: u64,
}

impl Stream {
    pub(crate) fn new(kind: Kind, opts: Opts, since: u64) -> Self {
        let ends = [
            (opts.lifetime, CloseReason::Lifetime),
            (opts.deadline, CloseReason::Deadline),
        ];
        let at = |(after, reason): (Option<u64>, _)| Some((since + after?, reason));
        Self {
            kind,
            ends: ends.into_iter().filter_map(at).collect(),
            opts,
            leaving: false,
            handler: Handler::new(kind),
            taken: Vec::new(),
            since,
            is_open: false,
            failing: None,
            ended: None,
            next_beat: None,
            spoke: true,
            sent: Vec::new(),
            heartbeats: 0,
        }
    }

    pub(crate) fn poll(&mut self, now: u64, shut_down_at: Option<u64>) -> Polled {
        if self.ended.is_some() {
            return Polled::End;
        }
        if let Some(at) = self.failing {
            return self.fail(at, now);
        }
        if !self.is_open {
            self.is_open = true;
            if self.has_preamble() {
                return self.send(b"retry: 1000\n");
            }
        }
        if let Some(began) = shut_down_at.filter(|_| !self.leaving) {
            self.leaving = true;
            match self.opts.leave.unwrap().grace {
                Some(0) => return self.end(CloseReason::ShutDown),
                Some(grace) => self.ends.push((began + grace, CloseReason::ShutDown)),
                None => {}
            }
        }
        if let Some((_, reason)) = self.first_end().filter(|(at, _)| *at <= now) {
            return self.end(reason);
        }
        match self.handler.act() {
            Some(Polled::Data(data)) => self.pass(&data),
            Some(Polled::Failed) => {
                self.failing = Some(now + FLUSH);
                Polled::Pending
            }
            // Nothing may follow trailers.
            Some(Polled::Trailers) => self.close(CloseReason::Completed, Polled::Trailers),
            Some(Polled::End) => self.close(CloseReason::Completed, Polled::End),
            Some(Polled::Panicked) => self.close(CloseReason::Failed, Polled::Panicked),
            Some(Polled::Pending) | None => self.idle(now),
        }
    }

    /// Ends as a stream that is dropped.
    pub(crate) fn drop(&mut self) {
        let reason = match self.failing {
            Some(_) => CloseReason::Failed,
            None if self.is_open && self.is_end() => CloseReason::Completed,
            None => CloseReason::ClientGone,
        };
        self.is_open = true;
        self.ended.get_or_insert(reason);
    }

    pub(crate) fn is_end(&self) -> bool {
        if self.ended.is_some() || !self.is_open || self.failing.is_some() {
            return self.ended.is_some();
        }
        self.handler.is_end()
    }

    fn has_preamble(&self) -> bool {
        self.kind != Kind::Zipped && self.opts.preamble.unwrap_or(true)
    }

    fn fail(&mut self, at: u64, now: u64) -> Polled {
        match at <= now {
            true => self.close(CloseReason::Failed, Polled::Failed),
            false => Polled::Pending,
        }
    }

    fn pass(&mut self, data: &[u8]) -> Polled {
        if self.kind == Kind::Zipped {
            return self.send(data);
        }
        let before = visible(&self.taken).len();
        self.taken.extend(data);
        let data = visible(&self.taken)[before..].to_vec();
        let spoke = self.spoke;
        let polled = self.send(&data);
        self.spoke = spoke || !data.is_empty();
        polled
    }

    fn idle(&mut self, now: u64) -> Polled {
        if std::mem::take(&mut self.spoke) {
            let heartbeat = self.opts.heartbeat.unwrap_or(Some(USUAL));
            let heartbeat = heartbeat.filter(|_| self.kind != Kind::Zipped);
            self.next_beat = heartbeat.map(|after| now + after);
        }
        let end = self.first_end();
        if let Some(beat) = self.next_beat.filter(|beat| *beat <= now) {
            if end.is_none_or(|(at, _)| beat < at) {
                self.next_beat = None;
                if let Some(heartbeat) = self.heartbeat() {
                    self.heartbeats += 1;
                    return self.send(heartbeat);
                }
            }
        }
        match end {
            Some((at, reason)) if at <= now => self.end(reason),
            _ => Polled::Pending,
        }
    }

    fn first_end(&self) -> Option<(u64, CloseReason)> {
        self.ends.iter().copied().min_by_key(|(at, _)| *at)
    }

    fn heartbeat(&self) -> Option<&'static [u8]> {
        let body = visible(&self.taken);
        match Place::after(body) {
            Place::BetweenEvents | Place::BetweenLines => Some(b":\n"),
            Place::Nowhere => None,
        }
    }

    fn end(&mut self, reason: CloseReason) -> Polled {
        let leave = self.opts.leave.unwrap();
        let place = Place::after(visible(&self.taken));
        let mut words = Vec::new();
        if reason == CloseReason::ShutDown && self.kind != Kind::Zipped {
            if leave.farewell && place == Place::BetweenEvents {
                words.extend(b"event: bye\ndata: \n\n");
            }
            if leave.retry && place != Place::Nowhere {
                words.extend(b"retry: 3000\n");
            }
        }
        let polled = match words.is_empty() {
            true => Polled::End,
            false => self.send(&words),
        };
        self.close(reason, polled)
    }

    fn send(&mut self, data: &[u8]) -> Polled {
        self.spoke = true;
        self.sent.push(data.to_vec());
        Polled::Data(data.to_vec())
    }

    fn close(&mut self, reason: CloseReason, polled: Polled) -> Polled {
        self.ended = Some(reason);
        polled
    }
}
