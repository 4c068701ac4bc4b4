use std::{
    error::Error,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use http::response::Parts;
use http_body::Body;
use tower_sse::{Shutdown, SseLayer};

use super::{
    answer::{BoxBody, answer, request, through},
    clock::Clock,
    handler::Polled,
    inner::Script,
    layers::{capped, layer},
    setting::{Opening, Setting},
    told::{Side, Told},
    waking::Woken,
};

/// What is.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) shutdowns: [Shutdown; 2],
    /// With nothing but their caps.
    pub(crate) capped: [Option<SseLayer>; 2],
    layers: [Option<SseLayer>; 2],
    pub(crate) told: Arc<Mutex<Vec<Told>>>,
    pub(crate) streams: Vec<Running>,
}

pub(crate) struct Running {
    pub(crate) body: Option<BoxBody>,
    pub(crate) script: Script,
    pub(crate) woken: Woken,
    /// Whether it was pending when it was last polled.
    pub(crate) waits: bool,
}

impl World {
    pub(crate) fn new(setting: &Setting) -> Self {
        let clock = Clock::new();
        let shutdowns = [(); 2].map(|()| Shutdown::with_timer(clock.clone()));
        let told = Arc::default();
        let capped = Side::BOTH.map(|side| setting.layer(side).map(|layer| capped(&clock, layer)));
        let layers = Side::BOTH.map(|side| {
            let capped = capped[side as usize].clone()?;
            let shutdown = &shutdowns[side as usize];
            Some(layer(capped, setting.layer(side)?, side, shutdown, &told))
        });
        Self {
            clock,
            shutdowns,
            capped,
            layers,
            told,
            streams: Vec::new(),
        }
    }

    /// Sends a request, and returns the head of the answer.
    pub(crate) fn start(&mut self, opening: Opening) -> Parts {
        let script = Script::default();
        let request = request(self.streams.len(), opening);
        let [inner, outer] = &self.layers;
        let inner = inner.as_ref().unwrap();
        let response = through(inner, outer.as_ref(), request, answer(&script, opening));
        let (head, body) = response.into_parts();
        self.streams.push(Running {
            body: Some(body),
            script,
            woken: Woken::default(),
            waits: false,
        });
        head
    }
}

impl Running {
    pub(crate) fn poll(&mut self, same_task: bool) -> Polled {
        if !same_task {
            self.woken = Woken::default();
        }
        let waker = self.woken.waker();
        let body = Pin::new(self.body.as_mut().unwrap());
        let polled = body.poll_frame(&mut Context::from_waker(&waker));
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
}

/// Returns the text of an error and of its causes.
fn text(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", text(source)),
        None => error.to_string(),
    }
}
