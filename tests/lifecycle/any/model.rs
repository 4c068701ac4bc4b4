use std::time::Duration;

use tower_sse::RefuseReason;

use super::{
    client::Client,
    handler::Polled,
    inner::Act,
    opts::Opts,
    refused::Refused,
    setting::{Kind, LayerSetting, Opening, Setting},
    stream::{Sight, Stream},
    told::{Side, Sum, Told},
};

/// What should be, of all streams together.
pub(crate) struct Model {
    setting: Setting,
    pub(crate) now: u64,
    pub(crate) triggered: [Option<Trigger>; 2],
    pub(crate) streams: Vec<Opened>,
    pub(crate) told: Vec<Told>,
}

#[derive(Clone, Copy)]
pub(crate) struct Trigger {
    pub(crate) at: u64,
    pub(crate) found: usize,
}

pub(crate) struct Opened {
    key: Option<usize>,
    pub(crate) answer: Answer,
    pub(crate) stream: Stream,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Stream,
    /// The head of a stream.
    Head,
    Refused(Refused),
}

impl Model {
    pub(crate) fn new(setting: Setting) -> Self {
        Self {
            setting,
            now: 0,
            triggered: [None; 2],
            streams: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Returns how many streams count with a layer.
    pub(crate) fn open(&self) -> usize {
        self.open_with(|_| true)
    }

    fn open_with(&self, is: impl Fn(&Opened) -> bool) -> usize {
        let open = |opened: &&Opened| {
            opened.answer == Answer::Stream && opened.stream.ended.is_none() && is(opened)
        };
        self.streams.iter().filter(open).count()
    }

    pub(crate) fn has_shutdown(&self, side: Side) -> bool {
        let layer = self.setting.layer(side);
        layer.is_some_and(|layer| layer.has_shutdown)
    }

    pub(crate) fn trigger(&mut self, side: Side) {
        let found = if self.has_shutdown(side) {
            self.open()
        } else {
            0
        };
        let trigger = Trigger {
            at: self.now,
            found,
        };
        self.triggered[side as usize].get_or_insert(trigger);
    }

    /// Returns when the first shutdown began that ends the streams, if one has.
    pub(crate) fn shut_down_at(&self) -> Option<u64> {
        let sides = Side::BOTH
            .into_iter()
            .filter(|side| self.has_shutdown(*side));
        let at = |side| self.triggered[side as usize].map(|trigger| trigger.at);
        sides.filter_map(at).min()
    }

    pub(crate) fn start(&mut self, opening: Opening) -> Answer {
        let answer = match self.admit(opening) {
            Some(refused) => Answer::Refused(refused),
            None if opening.client.is_head() => Answer::Head,
            None => Answer::Stream,
        };
        let opts = self.setting.opts(opening.own, Side::Outer);
        self.streams.push(Opened {
            key: opening.key,
            answer: answer.clone(),
            stream: Stream::new(opening.kind, opening.client, opts, self.now),
        });
        answer
    }

    /// A request that is sure to want a stream comes to the outer layer first, the stream of any
    /// other to the inner one.
    fn admit(&mut self, opening: Opening) -> Option<Refused> {
        let is_sure = opening.client.expects_stream();
        let mut sides = Side::BOTH;
        if is_sure {
            sides.reverse();
        }
        for side in sides {
            let Some(layer) = self.setting.layer(side).copied() else {
                continue;
            };
            let Some(reason) = self.refusal(side, &layer, opening.key) else {
                continue;
            };
            if !opening.client.is_head() {
                // The layers around it are told too.
                let id = self.streams.len();
                self.tell_sides(side, |side| Told::Refused(side, id, reason));
            }
            let known = match is_sure {
                true => layer.opts,
                false => self.setting.opts(opening.own, side),
            };
            return Some(Self::refused(reason, &layer, opening.client, known));
        }
        None
    }

    /// Returns the answer, where so much is known of what is set for the stream.
    fn refused(reason: RefuseReason, layer: &LayerSetting, client: Client, known: Opts) -> Refused {
        let at_shutdown = reason == RefuseReason::ShutDown;
        let is_soft = (layer.softly || at_shutdown) && client.names_stream();
        let retry = match layer.opts.leave.retry {
            _ if !at_shutdown => Some(7_000..=7_000),
            Some(true) => Some(3_000..=3_000),
            Some(false) => None,
            None => Some(2_000..=10_000),
        };
        Refused {
            status: match layer.softly || at_shutdown {
                true if is_soft => 200,
                true => 503,
                false => 429,
            },
            retry: retry.filter(|_| !is_soft || known.final_retry.unwrap_or(true)),
            is_head: client.is_head(),
        }
    }

    fn refusal(
        &self,
        side: Side,
        layer: &LayerSetting,
        key: Option<usize>,
    ) -> Option<RefuseReason> {
        if layer.has_shutdown && self.triggered[side as usize].is_some() {
            return Some(RefuseReason::ShutDown);
        }
        if layer.most.is_some_and(|most| self.open() >= most) {
            return Some(RefuseReason::TooMany);
        }
        let of_key = self.open_with(|opened| opened.key == key);
        let too_many = key.is_some() && layer.most_per_key.is_some_and(|most| of_key >= most);
        too_many.then_some(RefuseReason::TooManyOfKey)
    }

    pub(crate) fn act(&mut self, id: usize, act: Act) {
        self.streams[id].stream.handler.acts.push_back(act);
    }

    pub(crate) fn poll(&mut self, id: usize) -> Polled {
        let sight = self.sight();
        self.change(id, |stream| stream.poll(sight))
    }

    pub(crate) fn drop(&mut self, id: usize) {
        self.change(id, Stream::drop);
    }

    fn sight(&self) -> Sight {
        Sight {
            now: self.now,
            shut_down_at: self.shut_down_at(),
            order: None,
        }
    }

    /// Returns `true` if a stream that waits is to be woken.
    pub(crate) fn is_due(&self, id: usize) -> bool {
        let stream = &self.streams[id].stream;
        let mut next = stream.clone();
        next.poll(self.sight()) != Polled::Pending || next != *stream
    }

    /// Changes a stream, and tells of it.
    fn change<T>(&mut self, id: usize, change: impl FnOnce(&mut Stream) -> T) -> T {
        let stream = &mut self.streams[id].stream;
        let (was_open, had_ended) = (stream.is_open, stream.ended.is_some());
        let changed = change(stream);
        let stream = stream.clone();
        if !was_open && stream.is_open {
            self.tell(|side| Told::Opened(side, id));
        }
        if let Some(end) = stream.ended.clone().filter(|_| !had_ended) {
            let bytes: usize = stream.sent.iter().map(Vec::len).sum();
            let sum = Sum {
                reason: end.reason,
                wire: end.wire,
                error: end.error,
                duration: Duration::from_millis(self.now - stream.since),
                events: matches!(stream.kind, Kind::Typed { .. }).then_some(stream.handler.events),
                frames: stream.sent.len() as u64,
                bytes: bytes as u64,
                heartbeats: stream.heartbeats,
                drain: None,
            };
            let drains = Side::BOTH.map(|side| self.drain(side));
            self.tell(|side| {
                let drain = drains[side as usize];
                Told::Closed(
                    side,
                    id,
                    Sum {
                        drain,
                        ..sum.clone()
                    },
                )
            });
        }
        changed
    }

    /// Returns how long ago a layer's shutdown began.
    fn drain(&self, side: Side) -> Option<Duration> {
        let trigger = self.triggered[side as usize].filter(|_| self.has_shutdown(side))?;
        Some(Duration::from_millis(self.now - trigger.at))
    }

    fn tell(&mut self, told: impl Fn(Side) -> Told) {
        self.tell_sides(Side::Inner, told);
    }

    /// Tells the observers of a layer and of those around it.
    fn tell_sides(&mut self, from: Side, told: impl Fn(Side) -> Told) {
        let watches = |side: &Side| self.setting.layer(*side).is_some_and(|layer| layer.watches);
        let sides = Side::BOTH.into_iter().skip(from as usize);
        self.told.extend(sides.filter(watches).map(told));
    }
}
