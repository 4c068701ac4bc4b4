//! What should happen: the layers of a case as plain values, which every command changes.

mod end_order;
mod handler;
mod limits;
mod place_queue;
mod position;
mod registry;
mod request;
mod response;
mod stream;

use std::time::Duration;

use tower_sse::RejectReason;

pub(crate) use self::stream::Stream;
use self::{
    end_order::EndOrder,
    limits::Limits,
    registry::Registry,
    request::{Outcome, Request, Surroundings},
    response::Response,
    stream::Signals,
};
use super::{
    commands::{Action, Opening, Revocation},
    config::Config,
    polled::Polled,
    report::{Report, Side, Summary},
};

/// All requests and streams of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    config: Config,
    pub(crate) now: u64,
    pub(crate) triggered: [Option<Trigger>; 2],
    pub(crate) limits: Limits,
    pub(crate) registries: [Registry; 2],
    /// The first order to end the stream of each request, from any layer.
    end_orders: Vec<Option<EndOrder>>,
    pub(crate) requests: Vec<Stage>,
    pub(crate) reports: Vec<Report>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) at: u64,
    /// How many streams were open.
    pub(crate) open: usize,
}

/// How far a request has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It has no response.
    Request(Request),
    /// Its response is a stream, which may have ended.
    Stream(Opening, Box<Stream>),
    /// Its response is no stream, or it was dropped without one.
    Over(Option<Outcome>),
}

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            now: 0,
            triggered: [None; 2],
            limits: Limits::default(),
            registries: Default::default(),
            end_orders: Vec::new(),
            requests: Vec::new(),
            reports: Vec::new(),
        }
    }

    pub(crate) fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.requests.iter().filter_map(|stage| match stage {
            Stage::Stream(_, stream) => Some(&**stream),
            _ => None,
        })
    }

    /// Returns how many open streams a shutdown has to end.
    pub(crate) fn open_streams(&self, shutdown: usize) -> usize {
        let counts = self.config.ends_by(shutdown);
        let open = self.streams().filter(|stream| stream.ended.is_none());
        if counts { open.count() } else { 0 }
    }

    pub(crate) fn trigger(&mut self, shutdown: usize) {
        let trigger = Trigger {
            at: self.now,
            open: self.open_streams(shutdown),
        };
        self.triggered[shutdown].get_or_insert(trigger);
    }

    /// Returns when a layer's shutdown began.
    fn shut_down_at(&self, side: Side) -> Option<u64> {
        let shutdown = self.config.layer(side)?.shutdown?;
        self.triggered[shutdown].map(|trigger| trigger.at)
    }

    /// Receives a request, which has to be polled then.
    pub(crate) fn receive(&mut self, opening: Opening) {
        let id = self.requests.len();
        let (mut at, ..) = self.surroundings();
        let request = Request::new(id, opening, &mut at);
        self.requests.push(Stage::Request(request));
        self.end_orders.push(None);
    }

    fn surroundings(&mut self) -> (Surroundings<'_>, &mut Vec<Stage>) {
        let is_shut_down = Side::BOTH.map(|side| self.shut_down_at(side).is_some());
        let surroundings = Surroundings {
            config: &self.config,
            now: self.now,
            is_shut_down,
            limits: &mut self.limits,
        };
        (surroundings, &mut self.requests)
    }

    /// Polls a request, and returns the response if it is ready.
    pub(crate) fn poll_response(&mut self, id: usize) -> Option<Response> {
        let (mut at, requests) = self.surroundings();
        let Stage::Request(request) = &mut requests[id] else {
            return None;
        };
        let outcome = request.poll(&mut at);
        let request = request.clone();
        if outcome.is_some_and(|outcome| outcome != Outcome::Stream) {
            self.limits.release(id);
        }
        self.order_evicted();
        let outcome = outcome?;
        self.requests[id] = match outcome {
            Outcome::Stream => self.open_stream(&request),
            _ => Stage::Over(Some(outcome)),
        };
        if let Outcome::Rejected(by, reason) = outcome {
            if !request.opening.client.is_head() {
                self.report_from(by, |side| Report::Rejected(side, id, reason));
            }
        }
        Some(Response::new(outcome, &request, &self.config))
    }

    fn open_stream(&mut self, request: &Request) -> Stage {
        let opening = request.opening;
        for side in self.config.sides() {
            if let Some(registry) = self.config.layer(side).unwrap().registry {
                self.registries[registry].add(request.id);
            }
        }
        let options = self.config.options(opening.options, Side::Outer);
        Stage::Stream(opening, Box::new(Stream::new(opening, options, self.now)))
    }

    /// Orders the streams to end that have lost their places to new ones.
    fn order_evicted(&mut self) {
        for id in self.limits.take_evicted() {
            self.end_orders[id].get_or_insert(EndOrder::Evict);
        }
    }

    /// Revokes the streams of a registry, or those of a key. Returns how many end for that reason.
    pub(crate) fn revoke(
        &mut self,
        registry: usize,
        key: Option<usize>,
        revocation: Revocation,
    ) -> usize {
        let matches = |id: usize| match &self.requests[id] {
            Stage::Stream(opening, _) => key.is_none() || opening.key == key,
            _ => false,
        };
        self.registries[registry].revoke(&mut self.end_orders, revocation, matches)
    }

    /// Has the handler respond.
    pub(crate) fn respond(&mut self, id: usize) {
        if let Stage::Request(request) = &mut self.requests[id] {
            request.is_ready = true;
        }
    }

    pub(crate) fn act(&mut self, id: usize, action: Action) {
        if let Stage::Stream(_, stream) = &mut self.requests[id] {
            stream.handler.actions.push_back(action);
        }
    }

    /// Polls the body of a stream.
    pub(crate) fn poll_body(&mut self, id: usize) -> Polled {
        let shut_down_at = Side::BOTH.map(|side| self.shut_down_at(side));
        let signals = Signals {
            now: self.now,
            shut_down_at: shut_down_at.into_iter().flatten().min(),
            end_order: self.end_orders[id],
        };
        self.change(id, |stream| stream.poll(signals))
    }

    pub(crate) fn drop(&mut self, id: usize) {
        match self.requests[id] {
            Stage::Stream(..) => self.change(id, Stream::drop),
            _ => self.limits.release(id),
        }
        if let Stage::Request(_) = self.requests[id] {
            self.requests[id] = Stage::Over(None);
        }
    }

    /// Returns `true` if a poll of a request or stream would change something, so that its task has to
    /// be woken.
    pub(crate) fn is_due(&self, id: usize) -> bool {
        let mut next = self.clone();
        match &self.requests[id] {
            Stage::Request(before) => {
                let _response = next.poll_response(id);
                match &next.requests[id] {
                    Stage::Request(after) => after.progress() != before.progress(),
                    // The other limit may be full, with too many requests that wait.
                    Stage::Over(Some(Outcome::Rejected(_, reason)))
                        if *reason != RejectReason::ShutDown =>
                    {
                        before.is_late(self.now)
                    }
                    _ => true,
                }
            }
            Stage::Stream(..) => next.poll_body(id) != Polled::Pending || next != *self,
            Stage::Over(_) => false,
        }
    }

    /// Changes a stream, and reports that it has opened or closed.
    fn change<T>(&mut self, id: usize, change: impl FnOnce(&mut Stream) -> T) -> T {
        let Stage::Stream(_, stream) = &mut self.requests[id] else {
            panic!("it is no stream");
        };
        let (was_open, had_ended) = (stream.is_open, stream.ended.is_some());
        let changed = change(stream);
        let stream = stream.clone();
        if !was_open && stream.is_open {
            self.report_from(Side::Inner, |side| Report::Opened(side, id));
        }
        if stream.ended.is_some() && !had_ended {
            self.close(id, &stream);
        }
        changed
    }

    fn close(&mut self, id: usize, stream: &Stream) {
        self.limits.release(id);
        self.registries.iter_mut().for_each(|it| it.remove(id));
        let end = stream.ended.clone().unwrap();
        let summary = Summary {
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
        self.report_from(Side::Inner, |side| {
            let began = began[side as usize];
            let drain = began.map(|at| Duration::from_millis(now - at));
            let summary = summary.clone();
            Report::Closed(side, id, Summary { drain, ..summary })
        });
    }

    /// Reports to the callbacks of a layer and of the layers around it.
    fn report_from(&mut self, from: Side, report: impl Fn(Side) -> Report) {
        let has_callbacks = |side: &Side| {
            self.config
                .layer(*side)
                .is_some_and(|layer| layer.has_callbacks)
        };
        let sides = Side::BOTH.into_iter().skip(from as usize);
        self.reports.extend(sides.filter(has_callbacks).map(report));
    }
}
