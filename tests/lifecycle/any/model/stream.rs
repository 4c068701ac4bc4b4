use tower_sse::{CloseReason, WireEnd};

use super::{
    end_order::EndOrder,
    handler::Handler,
    position::{Position, event_end, visible},
};
use crate::any::{
    commands::{Client, Kind, Opening},
    options::Options,
    polled::Polled,
};

/// How long after its last frame a stream breaks, in milliseconds.
const FLUSH: u64 = 100;
/// The default interval of heartbeats.
const HEARTBEAT: u64 = 15_000;
/// The default time that an event may take to its end.
const BOUNDARY: u64 = 1_000;

/// A stream. Times are in milliseconds of the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) kind: Kind,
    client: Client,
    options: Options,
    is_resumable: bool,
    /// The times at which it ends, in the order in which they were set.
    ends: Vec<(u64, CloseReason)>,
    /// Whether it has observed the shutdown.
    is_shut_down: bool,
    /// Why it ends after the event that its handler has begun, and when that event is cut.
    finishing: Option<(CloseReason, u64)>,
    /// When and why it breaks.
    breaking: Option<(u64, End)>,
    pub(crate) handler: Handler,
    /// The bytes that came from the handler's stream.
    pub(crate) taken: Vec<u8>,
    /// How many of the visible bytes of these have been sent.
    shown: usize,
    /// Whether some of the handler's bytes were left out.
    is_cut: bool,
    /// Whether the handler's bytes come first, with nothing before them.
    is_first: bool,
    pub(crate) since: u64,
    pub(crate) is_open: bool,
    pub(crate) ended: Option<End>,
    next_heartbeat: Option<u64>,
    /// Whether something has been sent since it was last idle.
    has_sent: bool,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) heartbeats: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: CloseReason,
    pub(crate) wire: WireEnd,
    pub(crate) error: Option<String>,
}

/// What a stream depends on.
#[derive(Clone, Copy)]
pub(crate) struct Signals {
    pub(crate) now: u64,
    /// When the first of its shutdowns began.
    pub(crate) shut_down_at: Option<u64>,
    pub(crate) end_order: Option<EndOrder>,
}

impl Stream {
    pub(crate) fn new(opening: Opening, options: Options, since: u64) -> Self {
        let Opening { kind, client, .. } = opening;
        let ends = [
            (options.lifetime, CloseReason::Lifetime),
            (options.handler_only.deadline, CloseReason::Deadline),
        ];
        let at = |(after, reason): (Option<u64>, _)| Some((since + after?, reason));
        let can_be_resumed = matches!(
            kind,
            Kind::Typed {
                is_resumable: true,
                ..
            }
        );
        let by_default = client.names_stream() || can_be_resumed && client.reads();
        Self {
            kind,
            client,
            options,
            is_resumable: options.handler_only.resumable.unwrap_or(by_default),
            ends: ends.into_iter().filter_map(at).collect(),
            is_shut_down: false,
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
            next_heartbeat: None,
            has_sent: true,
            sent: Vec::new(),
            heartbeats: 0,
        }
    }

    pub(crate) fn poll(&mut self, signals: Signals) -> Polled {
        let now = signals.now;
        if self.ended.is_some() {
            return Polled::End;
        }
        if let Some((at, _)) = self.breaking {
            return if at <= now {
                self.break_now()
            } else {
                Polled::Pending
            };
        }
        if !self.is_open {
            self.is_open = true;
            if self.is_open_to_additions() && self.options.preamble.unwrap_or(true) {
                return self.send(b"retry: 1000\n");
            }
        }
        let reason = self.reason_to_end(signals);
        if self.is_end() && (reason.is_some() || !self.handler.owes_pending) {
            // Nothing of it is missing, so no other reason to end counts.
            return self.complete(Polled::End);
        }
        if let Some(reason) = reason {
            if self.is_between_events() {
                return self.conclude(reason, signals);
            }
            match self.finishing {
                Some((_, by)) if by <= now => return self.break_off(now, reason, None),
                Some(_) => {}
                None => {
                    let time = self.options.boundary_timeout.unwrap_or(BOUNDARY);
                    self.finishing = Some((reason, now + time));
                }
            }
        }
        loop {
            return match self.handler.next() {
                Some(Polled::Data(data)) => match self.pass(&data) {
                    // An empty frame is left out.
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

    /// Ends because the server drops it.
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

    /// Returns how many events it has sent, if its kind counts them.
    pub(crate) fn events(&self) -> Option<u64> {
        matches!(self.kind, Kind::Typed { .. }).then_some(self.handler.events)
    }

    /// Returns `true` if the layer may add bytes.
    fn is_open_to_additions(&self) -> bool {
        self.kind != Kind::Compressed
    }

    fn is_between_events(&self) -> bool {
        !self.is_open_to_additions() || Position::after(self.shown()) == Position::BetweenEvents
    }

    /// Returns the bytes of the handler's stream that have been sent.
    pub(crate) fn shown(&self) -> &[u8] {
        &visible(&self.taken, self.is_first)[..self.shown]
    }

    fn reason_to_end(&mut self, signals: Signals) -> Option<CloseReason> {
        if let Some((reason, _)) = self.finishing {
            return Some(reason);
        }
        if let Some(order) = signals.end_order {
            return Some(order.reason());
        }
        if let Some(began) = signals.shut_down_at.filter(|_| !self.is_shut_down) {
            self.is_shut_down = true;
            match self.options.on_shutdown.grace(self.is_resumable) {
                Some(0) => return Some(CloseReason::ShutDown),
                Some(grace) => self.ends.push((began + grace, CloseReason::ShutDown)),
                None => {}
            }
        }
        let first = self.ends.iter().min_by_key(|(at, _)| *at);
        first
            .filter(|(at, _)| *at <= signals.now)
            .map(|(_, reason)| *reason)
    }

    fn pass(&mut self, data: &[u8]) -> Option<Polled> {
        if !self.is_open_to_additions() {
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
        if std::mem::take(&mut self.has_sent) {
            let heartbeat = self.options.heartbeat.unwrap_or(Some(HEARTBEAT));
            let heartbeat = heartbeat.filter(|_| self.is_open_to_additions());
            self.next_heartbeat = heartbeat.map(|after| now + after);
        }
        let is_due = self.next_heartbeat.take_if(|at| *at <= now).is_some();
        if is_due && Position::after(self.shown()) != Position::Nowhere {
            self.heartbeats += 1;
            return self.send(b":\n");
        }
        Polled::Pending
    }

    /// Ends between two events: cleanly if the client can resume or gets a final event, otherwise by a
    /// break.
    fn conclude(&mut self, reason: CloseReason, signals: Signals) -> Polled {
        let order = signals.end_order.filter(|order| order.reason() == reason);
        let own = order.and_then(EndOrder::final_event);
        let last = own.or_else(|| self.options.finals.text(reason));
        let last = last.filter(|_| self.is_open_to_additions());
        let is_clean = self.is_resumable || last.is_some();
        let last = [last, self.last_event(reason, order)];
        let last = last.into_iter().flatten().collect::<String>();
        if !is_clean && last.is_empty() {
            return self.break_off(signals.now, reason, None);
        }
        let polled = match last.is_empty() {
            true => Polled::End,
            false => self.send(last.as_bytes()),
        };
        match is_clean {
            true => self.ended = Some(End::new(reason, WireEnd::Clean)),
            false => self.begin_to_break(signals.now, reason, None),
        }
        polled
    }

    /// Returns the layer's last event, which says when to reconnect, or not to.
    fn last_event(&self, reason: CloseReason, order: Option<EndOrder>) -> Option<String> {
        if !self.is_open_to_additions()
            || !self.client.names_stream()
            || !self.options.final_retry.unwrap_or(true)
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
                self.options.on_shutdown.retry.unwrap().then_some(text)
            }
            _ => order?.stop_event(),
        }
    }

    fn fail(&mut self, now: u64, error: String) -> Polled {
        let reason = CloseReason::Failed;
        let last = self.options.finals.text(reason);
        let can_add = self.is_open_to_additions() && self.is_between_events();
        let Some(last) = last.filter(|_| can_add) else {
            return self.break_off(now, reason, Some(error));
        };
        self.ended = Some(End {
            error: Some(error),
            ..End::new(reason, WireEnd::Clean)
        });
        self.send(last.as_bytes())
    }

    /// Breaks. Over HTTP/2 a resumable stream ends cleanly, because WebKit does not notice a reset.
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

    fn break_now(&mut self) -> Polled {
        let (_, end) = self.breaking.take().unwrap();
        let cut = format!("the event stream was cut: {}", end.reason);
        let text = end.error.clone().unwrap_or(cut);
        self.ended = Some(end);
        Polled::Failed(text)
    }

    /// Ends as the handler's stream has ended, perhaps with an event of its error.
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
        self.has_sent = true;
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
