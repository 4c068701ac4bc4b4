use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use loom::future::block_on;

use super::threads::Never;
use crate::{
    RejectReason,
    layer::{Claims, Control, MaxStreams, Permit, Rejection},
    sync::Mutex,
    time::SharedTimer,
};

/// A request that is sure to want a stream.
pub(crate) struct Request {
    claims: Claims,
    turn: Arc<Mutex<()>>,
    control: Arc<Control>,
}

/// A stream that has a place.
pub(crate) struct Stream {
    pub(crate) control: Arc<Control>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.control.release();
    }
}

impl Request {
    pub(crate) fn new(limit: &MaxStreams) -> Self {
        Self {
            claims: Claims::new(vec![limit.claim()]),
            turn: Arc::default(),
            control: Arc::default(),
        }
    }

    /// Waits for a place. If nothing wakes the task, loom reports a deadlock.
    pub(crate) fn wait(mut self) -> Result<Stream, RejectReason> {
        block_on(poll_fn(|cx| self.poll(cx)))
    }

    /// Looks for a place by a task that does not wait for it.
    pub(crate) fn look(&mut self) -> Poll<Result<Stream, RejectReason>> {
        self.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Takes a place at once, as a request does whose handler has answered.
    pub(crate) fn decide(mut self) -> Result<Stream, RejectReason> {
        let decided = self.claims.take(&self.turn, &self.control);
        self.stream(decided)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Stream, RejectReason>> {
        let timer = SharedTimer::new(Never);
        let polled = self.claims.poll_take(&self.turn, &timer, &self.control, cx);
        polled.map(|decided| self.stream(decided))
    }

    fn stream(&self, decided: Result<Vec<Permit>, Rejection>) -> Result<Stream, RejectReason> {
        let control = Arc::clone(&self.control);
        control.hold(decided.map_err(|rejection| rejection.reason)?);
        Ok(Stream { control })
    }
}

impl Stream {
    /// Waits for the order to end. If nothing wakes the task, loom reports a deadlock.
    pub(crate) fn wait_for_order(self) {
        wait_for_order(&self.control);
    }

    pub(crate) fn is_to_end(&self) -> bool {
        self.control.order().is_some()
    }
}

pub(crate) fn wait_for_order(control: &Control) {
    block_on(poll_fn(|cx| {
        control.register(cx);
        match control.order() {
            Some(_) => Poll::Ready(()),
            None => Poll::Pending,
        }
    }));
}
