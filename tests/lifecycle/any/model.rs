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
    /// With the status.
    Refused(u16),
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

    pub(crate) fn is_shut_down(&self) -> bool {
        let is = |side: &Side| self.has_shutdown(*side) && self.triggered[*side as usize].is_some();
        Side::BOTH.iter().any(is)
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
                if layer.watches {
                    let refused = Told::Refused(side, self.streams.len(), reason);
                    self.told.push(refused);
                }
                let softly = layer.softly || reason == RefuseReason::ShutDown;
                return Answer::Refused(match softly {
                    true if opening.method == "GET" && opening.accepts => 200,
                    true => 503,
                    false => 429,
                });
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
        let (now, is_shut_down) = (self.now, self.is_shut_down());
        self.change(id, |stream| stream.poll(now, is_shut_down))
    }

    pub(crate) fn drop(&mut self, id: usize) {
        self.change(id, Stream::drop);
    }

    /// Tells whether a stream that waits is to be woken.
    pub(crate) fn is_due(&self, id: usize) -> bool {
        let stream = &self.streams[id].stream;
        let mut next = stream.clone();
        next.poll(self.now, self.is_shut_down()) != Polled::Pending || next != *stream
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
        let watches = |side: &Side| self.setting.layer(*side).is_some_and(|layer| layer.watches);
        let told = Side::BOTH.into_iter().filter(watches).map(told);
        self.told.extend(told);
    }
}
