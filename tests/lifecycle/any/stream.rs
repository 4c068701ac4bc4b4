use tower_sse::{CloseReason, WireEnd};

use super::{
    client::Client,
    handler::{Handler, Polled},
    opts::Opts,
    order::Order,
    place::{Place, event_end, visible},
    setting::{Kind, Opening},
};

/// How long after its last frame a stream breaks.
const FLUSH: u64 = 100;
/// The heartbeat where none is set.
const USUAL: u64 = 15_000;
/// How long an event may take to its end where nothing is set.
const BOUNDARY: u64 = 1_000;

/// What a stream should do, in milliseconds of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) kind: Kind,
    client: Client,
    opts: Opts,
    is_resumable: bool,
    /// When it ends, whatever is to come, in the order in which that was settled.
    ends: Vec<(u64, CloseReason)>,
    /// Whether the shutdown has been noticed.
    is_leaving: bool,
    /// Why it ends with the event that its handler has begun, and until when that may take.
    finishing: Option<(CloseReason, u64)>,
    /// To break at this time.
    breaking: Option<(u64, End)>,
    pub(crate) handler: Handler,
    /// What came out of the handler's stream.
    pub(crate) taken: Vec<u8>,
    /// How much of what goes out of that has been sent.
    shown: usize,
    /// Whether a part of what came out of it was left out.
    is_cut: bool,
    /// Whether that comes first, with nothing put before.
    is_first: bool,
    pub(crate) since: u64,
    pub(crate) is_open: bool,
    pub(crate) ended: Option<End>,
    next_beat: Option<u64>,
    /// Whether something has been sent since it was last silent.
    spoke: bool,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) heartbeats: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: CloseReason,
    pub(crate) wire: WireEnd,
    pub(crate) error: Option<String>,
}

/// What a stream can see of the world.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    pub(crate) now: u64,
    /// When the first shutdown began that ends it.
    pub(crate) shut_down_at: Option<u64>,
    pub(crate) order: Option<Order>,
}

impl Stream {
    pub(crate) fn new(opening: Opening, opts: Opts, since: u64) -> Self {
        let Opening { kind, client, .. } = opening;
        let ends = [
            (opts.lifetime, CloseReason::Lifetime),
            (opts.own.deadline, CloseReason::Deadline),
        ];
        let at = |(after, reason): (Option<u64>, _)| Some((since + after?, reason));
        let can_be_resumed = matches!(kind, Kind::Typed { resumes: true, .. });
        let by_default = client.names_stream() || can_be_resumed && client.reads();
        Self {
            kind,
            client,
            opts,
            is_resumable: opts.own.resumable.unwrap_or(by_default),
            ends: ends.into_iter().filter_map(at).collect(),
            is_leaving: false,
            finishing: None,
            breaking: None,
            handler: Handler::new(kind),
            taken: Vec::new(),
            shown: 0,
            is_cut: false,
            is_first: true,
            since,
            is_open: false,
            ended: None,
            next_beat: None,
            spoke: true,
            sent: Vec::new(),
            heartbeats: 0,
        }
    }

    pub(crate) fn poll(&mut self, sight: Sight) -> Polled {
        let now = sight.now;
        if self.ended.is_some() {
            return Polled::End;
        }
        if let Some((at, _)) = self.breaking {
            return if at <= now {
                self.fall()
            } else {
                Polled::Pending
            };
        }
        if !self.is_open {
            self.is_open = true;
            if self.takes_more() && self.opts.preamble.unwrap_or(true) {
                return self.send(b"retry: 1000\n");
            }
        }
        let reason = self.reason_to_end(sight);
        if self.is_end() && (reason.is_some() || !self.handler.owes_pending) {
            // Nothing is missing of it, whatever would end it now.
            return self.complete(Polled::End);
        }
        if let Some(reason) = reason {
            if self.is_between_events() {
                return self.conclude(reason, sight);
            }
            match self.finishing {
                Some((_, by)) if by <= now => return self.break_off(now, reason, None),
                Some(_) => {}
                None => {
                    let time = self.opts.boundary_timeout.unwrap_or(BOUNDARY);
                    self.finishing = Some((reason, now + time));
                }
            }
        }
        loop {
            return match self.handler.act() {
                Some(Polled::Data(data)) => match self.pass(&data) {
                    // No frame is empty.
                    Some(polled) => polled,
                    None => continue,
                },
                Some(Polled::Failed(error)) => self.fail(now, error),
                // Nothing may follow trailers.
                Some(polled @ (Polled::Trailers | Polled::End)) => self.complete(polled),
                Some(Polled::Pending) | None => self.idle(now),
            };
        }
    }

    /// Ends as a stream that is dropped.
    pub(crate) fn drop(&mut self) {
        if self.ended.is_some() {
            return;
        }
        if self.is_open && self.is_end() {
            self.complete(Polled::End);
            return;
        }
        self.is_open = true;
        let gone = || End::new(CloseReason::ClientGone, WireEnd::Dropped);
        self.ended = Some(match self.breaking.take() {
            Some((_, end)) => End {
                wire: WireEnd::Dropped,
                ..end
            },
            None => gone(),
        });
    }

    pub(crate) fn is_end(&self) -> bool {
        if self.ended.is_some() || !self.is_open || self.breaking.is_some() {
            return self.ended.is_some();
        }
        !self.is_cut && self.handler.is_end()
    }

    /// Returns how many bytes it has sent.
    pub(crate) fn bytes(&self) -> u64 {
        self.sent.iter().map(|frame| frame.len() as u64).sum()
    }

    /// Returns how many events it has sent, where they are counted.
    pub(crate) fn events(&self) -> Option<u64> {
        matches!(self.kind, Kind::Typed { .. }).then_some(self.handler.events)
    }

    /// Returns `true` if something may be put into it.
    fn takes_more(&self) -> bool {
        self.kind != Kind::Zipped
    }

    fn is_between_events(&self) -> bool {
        !self.takes_more() || Place::after(self.shown()) == Place::BetweenEvents
    }

    /// Returns what has been sent of what came out of the handler's stream.
    pub(crate) fn shown(&self) -> &[u8] {
        &visible(&self.taken, self.is_first)[..self.shown]
    }

    fn reason_to_end(&mut self, sight: Sight) -> Option<CloseReason> {
        if let Some((reason, _)) = self.finishing {
            return Some(reason);
        }
        if let Some(order) = sight.order {
            return Some(order.reason());
        }
        if let Some(began) = sight.shut_down_at.filter(|_| !self.is_leaving) {
            self.is_leaving = true;
            match self.opts.leave.grace(self.is_resumable) {
                Some(0) => return Some(CloseReason::ShutDown),
                Some(grace) => self.ends.push((began + grace, CloseReason::ShutDown)),
                None => {}
            }
        }
        let first = self.ends.iter().min_by_key(|(at, _)| *at);
        first
            .filter(|(at, _)| *at <= sight.now)
            .map(|(_, reason)| *reason)
    }

    fn pass(&mut self, data: &[u8]) -> Option<Polled> {
        if !self.takes_more() {
            return Some(self.send(data));
        }
        let data = match self.finishing {
            Some(_) => {
                let end = event_end(&self.taken, data, self.is_first);
                self.is_cut |= end < data.len();
                &data[..end]
            }
            None => data,
        };
        self.taken.extend(data);
        let data = visible(&self.taken, self.is_first)[self.shown..].to_vec();
        self.shown += data.len();
        (!data.is_empty()).then(|| self.send(&data))
    }

    fn idle(&mut self, now: u64) -> Polled {
        if let Some((reason, by)) = self.finishing {
            return match by <= now {
                true => self.break_off(now, reason, None),
                false => Polled::Pending,
            };
        }
        if std::mem::take(&mut self.spoke) {
            let heartbeat = self.opts.heartbeat.unwrap_or(Some(USUAL));
            let heartbeat = heartbeat.filter(|_| self.takes_more());
            self.next_beat = heartbeat.map(|after| now + after);
        }
        let is_due = self.next_beat.take_if(|beat| *beat <= now).is_some();
        if is_due && Place::after(self.shown()) != Place::Nowhere {
            self.heartbeats += 1;
            return self.send(b":\n");
        }
        Polled::Pending
    }

    /// Ends between two events: cleanly where the client comes back or has got an event of the
    /// user's, and else by a break.
    fn conclude(&mut self, reason: CloseReason, sight: Sight) -> Polled {
        let order = sight.order.filter(|order| order.reason() == reason);
        let own = order.and_then(Order::final_event);
        let last = own.or_else(|| self.opts.finals.text(reason));
        let last = last.filter(|_| self.takes_more());
        let is_clean = self.is_resumable || last.is_some();
        let words = [last, self.last_words(reason, order)];
        let words = words.into_iter().flatten().collect::<String>();
        if !is_clean && words.is_empty() {
            return self.break_off(sight.now, reason, None);
        }
        let polled = match words.is_empty() {
            true => Polled::End,
            false => self.send(words.as_bytes()),
        };
        match is_clean {
            true => self.ended = Some(End::new(reason, WireEnd::Clean)),
            false => self.begin_to_break(sight.now, reason, None),
        }
        polled
    }

    /// Returns the event that says when to come back, or not to.
    fn last_words(&self, reason: CloseReason, order: Option<Order>) -> Option<String> {
        if !self.takes_more()
            || !self.client.names_stream()
            || !self.opts.final_retry.unwrap_or(true)
        {
            return None;
        }
        match reason {
            CloseReason::ShutDown => {
                let id = match self.shown() {
                    b"" => self.client.last_event_id(),
                    _ => "",
                };
                let text = format!("event: tower-sse.retry\n{id}retry: 3000\ndata: \n\n");
                self.opts.leave.retry.unwrap().then_some(text)
            }
            _ => order?.stop_event(),
        }
    }

    fn fail(&mut self, now: u64, error: String) -> Polled {
        let reason = CloseReason::Failed;
        let last = self.opts.finals.text(reason);
        let may_speak = self.takes_more() && self.is_between_events();
        let Some(last) = last.filter(|_| may_speak) else {
            return self.break_off(now, reason, Some(error));
        };
        self.ended = Some(End {
            error: Some(error),
            ..End::new(reason, WireEnd::Clean)
        });
        self.send(last.as_bytes())
    }

    /// Breaks, but over HTTP/2 a resumable stream ends: WebKit does not notice a reset.
    fn break_off(&mut self, now: u64, reason: CloseReason, error: Option<String>) -> Polled {
        if self.is_resumable && self.client.version == http::Version::HTTP_2 {
            let end = End::new(reason, WireEnd::Clean);
            self.ended = Some(End { error, ..end });
            return Polled::End;
        }
        self.begin_to_break(now, reason, error);
        Polled::Pending
    }

    fn begin_to_break(&mut self, now: u64, reason: CloseReason, error: Option<String>) {
        let end = End::new(reason, WireEnd::Broken);
        self.breaking = Some((now + FLUSH, End { error, ..end }));
    }

    fn fall(&mut self) -> Polled {
        let (_, end) = self.breaking.take().unwrap();
        let cut = format!("the event stream was cut: {}", end.reason);
        let text = end.error.clone().unwrap_or(cut);
        self.ended = Some(end);
        Polled::Failed(text)
    }

    /// Ends as the handler's stream has: the client may have been sent an event of its error.
    fn complete(&mut self, polled: Polled) -> Polled {
        let error = self.handler.concluded.clone();
        let reason = match error {
            Some(_) => CloseReason::Failed,
            None => CloseReason::Completed,
        };
        let end = End::new(reason, WireEnd::Clean);
        self.ended = Some(End { error, ..end });
        polled
    }

    fn send(&mut self, data: &[u8]) -> Polled {
        self.is_first &= self.shown > 0;
        self.spoke = true;
        self.sent.push(data.to_vec());
        Polled::Data(data.to_vec())
    }
}

impl End {
    fn new(reason: CloseReason, wire: WireEnd) -> Self {
        Self {
            reason,
            wire,
            error: None,
        }
    }
}
