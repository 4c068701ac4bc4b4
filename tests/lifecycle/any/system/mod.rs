//! The crate under test: real layers, driven by hand.

mod gate;
mod http;
mod layers;
mod request;
mod script;
mod waiter;

use std::sync::{Arc, Mutex};

use tower_sse::{OpenStreams, Shutdown, SseLayer};

use self::{
    gate::Gate,
    layers::{Shared, layer, limited},
};
pub(crate) use self::{
    http::{request, response, through},
    layers::number,
    request::{Request, Stage},
    script::Script,
    waiter::Waiter,
};
use super::{
    commands::Opening,
    config::Config,
    report::{Report, Side},
};
use crate::clock::Clock;

/// The real layers, and all requests that were sent through them.
pub(crate) struct System {
    pub(crate) clock: Clock,
    pub(crate) shutdowns: [Shutdown; 2],
    pub(crate) registries: [OpenStreams; 2],
    /// The layers with their limits and nothing else.
    pub(crate) limited: [Option<SseLayer>; 2],
    layers: [Option<SseLayer>; 2],
    pub(crate) reports: Arc<Mutex<Vec<Report>>>,
    pub(crate) requests: Vec<Request>,
}

impl System {
    pub(crate) fn new(config: &Config) -> Self {
        let clock = Clock::new();
        let shutdowns = [(); 2].map(|()| Shutdown::with_timer(clock.clone()));
        let registries = [(); 2].map(|()| OpenStreams::new());
        let reports = Arc::default();
        let mut limited = Side::BOTH.map(|side| Some(limited(&clock, config.layer(side)?)));
        if config.shares_limits && config.outer.is_some() {
            limited[1] = limited[0].clone();
        }
        let shared = Shared {
            shutdowns: &shutdowns,
            registries: &registries,
            reports: &reports,
        };
        let mut layers = Side::BOTH.map(|side| {
            let limited = limited[side as usize].clone()?;
            Some(layer(limited, config.layer(side)?, side, &shared))
        });
        if config.is_twice && config.outer.is_none() {
            layers[1] = layers[0].clone();
        }
        Self {
            clock,
            shutdowns,
            registries,
            limited,
            layers,
            reports,
            requests: Vec::new(),
        }
    }

    /// Sends a request, which has to be polled then.
    pub(crate) fn send(&mut self, opening: Opening) {
        let (script, gate) = (Script::default(), Gate::default());
        if !opening.is_slow {
            gate.open();
        }
        let request = request(self.requests.len(), opening);
        let response = response(&script, opening);
        let handler = {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                response
            }
        };
        let [inner, outer] = &self.layers;
        let future = through(inner.as_ref().unwrap(), outer.as_ref(), request, handler);
        self.requests.push(Request::new(future, script, gate));
    }
}
