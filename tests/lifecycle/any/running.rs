use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Response, response::Parts};
use http_body::Body;

use super::{
    answer::{BoxBody, Coming},
    gate::Gate,
    handler::Polled,
    inner::Script,
    waking::Woken,
};

/// A request, and what has become of it.
pub(crate) struct Running {
    pub(crate) at: At,
    pub(crate) script: Script,
    pub(crate) gate: Gate,
    pub(crate) woken: Woken,
    /// Whether it was pending when it was last polled.
    pub(crate) waits: bool,
}

pub(crate) enum At {
    Coming(Coming),
    Body(BoxBody),
    Gone,
}

impl Running {
    pub(crate) fn new(coming: Coming, script: Script, gate: Gate) -> Self {
        Self {
            at: At::Coming(coming),
            script,
            gate,
            woken: Woken::default(),
            waits: false,
        }
    }

    /// Polls for the answer. Its body is the next to be polled.
    pub(crate) fn ask(&mut self, same_task: bool) -> Option<Parts> {
        let waker = self.waker(same_task);
        let At::Coming(coming) = &mut self.at else {
            panic!("it was answered before");
        };
        let polled = coming.as_mut().poll(&mut Context::from_waker(&waker));
        self.waits = polled.is_pending();
        let Poll::Ready(Ok(response)) = polled else {
            return None;
        };
        let (head, body) = Response::into_parts(response);
        self.at = At::Body(body);
        Some(head)
    }

    pub(crate) fn poll(&mut self, same_task: bool) -> Polled {
        let waker = self.waker(same_task);
        let At::Body(body) = &mut self.at else {
            panic!("there is no body");
        };
        let polled = Pin::new(body).poll_frame(&mut Context::from_waker(&waker));
        self.waits = polled.is_pending();
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

    fn waker(&mut self, same_task: bool) -> std::task::Waker {
        if !same_task {
            self.woken = Woken::default();
        }
        self.woken.waker()
    }
}

/// Returns the text of an error and of its causes.
fn text(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", text(source)),
        None => error.to_string(),
    }
}
