use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use http::{Response, response::Parts};
use http_body::Body;

use super::{
    gate::Gate,
    http::{BoxBody, ResponseFuture},
    script::Script,
};
use crate::{any::polled::Polled, task::Task};

/// A request, then the body of its response.
pub(crate) struct Request {
    pub(crate) stage: Stage,
    pub(crate) script: Script,
    pub(crate) gate: Gate,
    task: Task,
    /// Whether the last poll was pending, and its task has not been woken since.
    is_waiting: bool,
}

pub(crate) enum Stage {
    Future(ResponseFuture),
    Body(BoxBody),
    Dropped,
}

impl Request {
    pub(crate) fn new(future: ResponseFuture, script: Script, gate: Gate) -> Self {
        Self {
            stage: Stage::Future(future),
            script,
            gate,
            task: Task::default(),
            is_waiting: false,
        }
    }

    /// Polls for the response, and returns its head. The next to be polled is its body.
    pub(crate) fn poll_response(&mut self, same_task: bool) -> Option<Parts> {
        let waker = self.waker(same_task);
        let Stage::Future(future) = &mut self.stage else {
            panic!("it has a response");
        };
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        self.is_waiting = polled.is_pending();
        let Poll::Ready(Ok(response)) = polled else {
            return None;
        };
        let (head, body) = Response::into_parts(response);
        self.stage = Stage::Body(body);
        Some(head)
    }

    pub(crate) fn poll_body(&mut self, same_task: bool) -> Polled {
        let waker = self.waker(same_task);
        let Stage::Body(body) = &mut self.stage else {
            panic!("there is no body");
        };
        let polled = Pin::new(body).poll_frame(&mut Context::from_waker(&waker));
        self.is_waiting = polled.is_pending();
        match polled {
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => Polled::Data(data.to_vec()),
                Err(_) => Polled::Trailers,
            },
            Poll::Ready(Some(Err(error))) => Polled::Failed(text(&*error)),
            Poll::Ready(None) => Polled::End,
            Poll::Pending => Polled::Pending,
        }
    }

    /// Returns `true` if the task waits, and nothing has woken it.
    pub(crate) fn is_waiting(&mut self) -> bool {
        self.is_waiting &= self.task.wakes() == 0;
        self.is_waiting
    }

    fn waker(&mut self, same_task: bool) -> Waker {
        if !same_task {
            self.task = Task::default();
        }
        self.task.wakes();
        self.task.waker()
    }
}

/// Returns the texts of an error and of its sources.
fn text(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", text(source)),
        None => error.to_string(),
    }
}
