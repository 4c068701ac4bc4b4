use std::time::Duration;

use tower_sse::RejectReason;

use super::{
    answered::Answer,
    handler::Polled,
    inner::Act,
    limits::Limits,
    order::{Order, Revocation},
    registry::Registry,
    request::{Outcome, Request, Surroundings},
    setting::{Opening, Setting},
    stream::{Sight, Stream},
    told::{Side, Sum, Told},
};

/// What should be, of all requests and streams together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    setting: Setting,
    pub(crate) now: u64,
    pub(crate) triggered: [Option<Trigger>; 2],
    pub(crate) limits: Limits,
    pub(crate) registries: [Registry; 2],
    /// The first order from outside to each request's stream, by way of any layer.
    orders: Vec<Option<Order>>,
    pub(crate) requests: Vec<Running>,
    pub(crate) told: Vec<Told>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) at: u64,
    pub(crate) found: usize,
}

/// What has become of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Running {
    Asking(Request),
    /// It may have ended.
    Stream(Opening, Box<Stream>),
    /// It was answered by something else, or dropped.
    Over(Option<Outcome>),
}

impl Model {
    pub(crate) fn new(setting: Setting) -> Self {
        Self {
            setting,
            now: 0,
            triggered: [None; 2],
            limits: Limits::default(),
            registries: Default::default(),
            orders: Vec::new(),
            requests: Vec::new(),
            told: Vec::new(),
        }
    }

    pub(crate) fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.requests.iter().filter_map(|running| match running {
            Running::Stream(_, stream) => Some(&**stream),
            _ => None,
        })
    }

    /// Returns how many streams a shutdown is to end.
    pub(crate) fn open(&self, shutdown: usize) -> usize {
        let counts = self.setting.ends_by(shutdown);
        let open = self.streams().filter(|stream| stream.ended.is_none());
        if counts { open.count() } else { 0 }
    }

    pub(crate) fn trigger(&mut self, shutdown: usize) {
        let trigger = Trigger {
            at: self.now,
            found: self.open(shutdown),
        };
        self.triggered[shutdown].get_or_insert(trigger);
    }

    /// Returns when a layer's shutdown began.
    fn shut_down_at(&self, side: Side) -> Option<u64> {
        let shutdown = self.setting.layer(side)?.shutdown?;
        self.triggered[shutdown].map(|trigger| trigger.at)
    }

    /// Takes a request, which is then to be polled.
    pub(crate) fn start(&mut self, opening: Opening) {
        let id = self.requests.len();
        let (mut at, ..) = self.surroundings();
        let request = Request::new(id, opening, &mut at);
        self.requests.push(Running::Asking(request));
        self.orders.push(None);
    }

    fn surroundings(&mut self) -> (Surroundings<'_>, &mut Vec<Running>) {
        let is_shut_down = Side::BOTH.map(|side| self.shut_down_at(side).is_some());
        let surroundings = Surroundings {
            setting: &self.setting,
            now: self.now,
            is_shut_down,
            limits: &mut self.limits,
        };
        (surroundings, &mut self.requests)
    }

    /// Polls a request, and returns the answer if it has come.
    pub(crate) fn ask(&mut self, id: usize) -> Option<Answer> {
        let (mut at, requests) = self.surroundings();
        let Running::Asking(request) = &mut requests[id] else {
            return None;
        };
        let outcome = request.poll(&mut at);
        let request = request.clone();
        if outcome.is_some_and(|outcome| outcome != Outcome::Stream) {
            self.limits.leave(id);
        }
        self.see_evicted();
        let outcome = outcome?;
        self.requests[id] = match outcome {
            Outcome::Stream => self.open_stream(&request),
            _ => Running::Over(Some(outcome)),
        };
        if let Outcome::Refused(by, reason) = outcome {
            if !request.opening.client.is_head() {
                self.tell_from(by, |side| Told::Refused(side, id, reason));
            }
        }
        Some(Answer::new(outcome, &request, &self.setting))
    }

    fn open_stream(&mut self, request: &Request) -> Running {
        let opening = request.opening;
        for side in self.setting.sides() {
            if let Some(registry) = self.setting.layer(side).unwrap().registry {
                self.registries[registry].add(request.id);
            }
        }
        let opts = self.setting.opts(opening.own, Side::Outer);
        Running::Stream(opening, Box::new(Stream::new(opening, opts, self.now)))
    }

    /// Has the streams end that others wait for, or whose places were taken.
    fn see_evicted(&mut self) {
        for id in self.limits.take_evicted() {
            self.orders[id].get_or_insert(Order::Evict);
        }
    }

    /// Revokes the streams of a registry, or those of a key, and returns how many end by that.
    pub(crate) fn revoke(
        &mut self,
        registry: usize,
        key: Option<usize>,
        revocation: Revocation,
    ) -> usize {
        let matches = |id: usize| match &self.requests[id] {
            Running::Stream(opening, _) => key.is_none() || opening.key == key,
            _ => false,
        };
        self.registries[registry].revoke(&mut self.orders, revocation, matches)
    }

    pub(crate) fn answer(&mut self, id: usize) {
        if let Running::Asking(request) = &mut self.requests[id] {
            request.is_answered = true;
        }
    }

    pub(crate) fn act(&mut self, id: usize, act: Act) {
        if let Running::Stream(_, stream) = &mut self.requests[id] {
            stream.handler.acts.push_back(act);
        }
    }

    pub(crate) fn poll(&mut self, id: usize) -> Polled {
        let shut_down_at = Side::BOTH.map(|side| self.shut_down_at(side));
        let sight = Sight {
            now: self.now,
            shut_down_at: shut_down_at.into_iter().flatten().min(),
            order: self.orders[id],
        };
        self.change(id, |stream| stream.poll(sight))
    }

    pub(crate) fn drop(&mut self, id: usize) {
        match self.requests[id] {
            Running::Stream(..) => self.change(id, Stream::drop),
            _ => self.limits.leave(id),
        }
        if let Running::Asking(_) = self.requests[id] {
            self.requests[id] = Running::Over(None);
        }
    }

    /// Returns `true` if a request or stream that waits has something to do.
    pub(crate) fn is_due(&self, id: usize) -> bool {
        let mut next = self.clone();
        match &self.requests[id] {
            Running::Asking(before) => {
                let _answer = next.ask(id);
                match &next.requests[id] {
                    Running::Asking(after) => after.progress() != before.progress(),
                    // It may find the other limit full, and too many that wait there.
                    Running::Over(Some(Outcome::Refused(_, reason)))
                        if *reason != RejectReason::ShutDown =>
                    {
                        before.is_late(self.now)
                    }
                    _ => true,
                }
            }
            Running::Stream(..) => next.poll(id) != Polled::Pending || next != *self,
            Running::Over(_) => false,
        }
    }

    /// Changes a stream, and tells of it.
    fn change<T>(&mut self, id: usize, change: impl FnOnce(&mut Stream) -> T) -> T {
        let Running::Stream(_, stream) = &mut self.requests[id] else {
            panic!("it is no stream");
        };
        let (was_open, had_ended) = (stream.is_open, stream.ended.is_some());
        let changed = change(stream);
        let stream = stream.clone();
        if !was_open && stream.is_open {
            self.tell_from(Side::Inner, |side| Told::Opened(side, id));
        }
        if stream.ended.is_some() && !had_ended {
            self.close(id, &stream);
        }
        changed
    }

    fn close(&mut self, id: usize, stream: &Stream) {
        self.limits.leave(id);
        self.registries.iter_mut().for_each(|it| it.remove(id));
        let end = stream.ended.clone().unwrap();
        let sum = Sum {
            reason: end.reason,
            wire: end.wire,
            error: end.error,
            duration: Duration::from_millis(self.now - stream.since),
            events: stream.events(),
            frames: stream.sent.len() as u64,
            bytes: stream.bytes(),
            heartbeats: stream.heartbeats,
            drain: None,
        };
        let now = self.now;
        let began = Side::BOTH.map(|side| self.shut_down_at(side));
        self.tell_from(Side::Inner, |side| {
            let began = began[side as usize];
            let drain = began.map(|at| Duration::from_millis(now - at));
            let sum = sum.clone();
            Told::Closed(side, id, Sum { drain, ..sum })
        });
    }

    /// Tells the callbacks of a layer and of those around it.
    fn tell_from(&mut self, from: Side, told: impl Fn(Side) -> Told) {
        let watches = |side: &Side| self.setting.layer(*side).is_some_and(|layer| layer.watches);
        let sides = Side::BOTH.into_iter().skip(from as usize);
        self.told.extend(sides.filter(watches).map(told));
    }
}
