use std::time::Duration;

use tower_sse::RefuseReason;

use super::{
    handler::Polled,
    inner::Act,
    setting::{Kind, LayerSetting, Opening, Setting},
    stream::Stream,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Stream,
    Head,
    /// With the status, and whether it says when to come back.
    Refused(u16, bool),
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
        let answer = match opening.method {
            "HEAD" => Answer::Head,
            _ => self.admit(opening),
        };
        let opts = opening.own.or(self.setting.inner.opts);
        let outer = self.setting.outer.map(|outer| outer.opts);
        let opts = opts.or(outer.unwrap_or_default());
        self.streams.push(Opened {
            key: opening.key,
            answer,
            stream: Stream::new(opening.kind, opts, self.now),
        });
        answer
    }

    fn admit(&mut self, opening: Opening) -> Answer {
        for side in Side::BOTH {
            let Some(layer) = self.setting.layer(side).copied() else {
                continue;
            };
            if let Some(reason) = self.refusal(side, &layer, opening.key) {
                // The layers around it are told too.
                let id = self.streams.len();
                self.tell_sides(side, |side| Told::Refused(side, id, reason));
                let at_shutdown = reason == RefuseReason::ShutDown;
                let leave = layer.opts.leave.filter(|_| at_shutdown);
                let status = match layer.softly || at_shutdown {
                    true if opening.method == "GET" && opening.accepts => 200,
                    true => 503,
                    false => 429,
                };
                return Answer::Refused(status, leave.is_none_or(|leave| leave.retry));
            }
        }
        Answer::Stream
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
        let (now, shut_down_at) = (self.now, self.shut_down_at());
        self.change(id, |stream| stream.poll(now, shut_down_at))
    }

    pub(crate) fn drop(&mut self, id: usize) {
        self.change(id, Stream::drop);
    }

    /// Tells whether a stream that waits is to be woken.
    pub(crate) fn is_due(&self, id: usize) -> bool {
        let stream = &self.streams[id].stream;
        let mut next = stream.clone();
        next.poll(self.now, self.shut_down_at()) != Polled::Pending || next != *stream
    }

    /// Changes a stream, and tells of it.
    fn change<T>(&mut self, id: usize, change: impl FnOnce(&mut Stream) -> T) -> T {
        let stream = &mut self.streams[id].stream;
        let before = (stream.is_open, stream.ended);
        let changed = change(stream);
        let stream = stream.clone();
        if !before.0 && stream.is_open {
            self.tell(|side| Told::Opened(side, id));
        }
        if let (None, Some(reason)) = (before.1, stream.ended) {
            let bytes: usize = stream.sent.iter().map(Vec::len).sum();
            let sum = Sum {
                reason,
                duration: Duration::from_millis(self.now - stream.since),
                events: (stream.kind == Kind::Typed).then_some(stream.handler.events),
                frames: stream.sent.len() as u64,
                bytes: bytes as u64,
                heartbeats: stream.heartbeats,
            };
            self.tell(|side| Told::Closed(side, id, sum.clone()));
        }
        changed
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
