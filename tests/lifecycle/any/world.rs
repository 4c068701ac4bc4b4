use std::sync::{Arc, Mutex};

use tower_sse::{OpenStreams, Shutdown, SseLayer};

use super::{
    answer::{answer, request, through},
    clock::Clock,
    gate::Gate,
    inner::Script,
    layers::{Shared, capped, layer},
    running::Running,
    setting::{Opening, Setting},
    told::{Side, Told},
};

/// What is.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) shutdowns: [Shutdown; 2],
    pub(crate) registries: [OpenStreams; 2],
    /// With nothing but their caps.
    pub(crate) capped: [Option<SseLayer>; 2],
    layers: [Option<SseLayer>; 2],
    pub(crate) told: Arc<Mutex<Vec<Told>>>,
    pub(crate) requests: Vec<Running>,
}

impl World {
    pub(crate) fn new(setting: &Setting) -> Self {
        let clock = Clock::new();
        let shutdowns = [(); 2].map(|()| Shutdown::with_timer(clock.clone()));
        let registries = [(); 2].map(|()| OpenStreams::new());
        let told = Arc::default();
        let mut capped = Side::BOTH.map(|side| Some(capped(&clock, setting.layer(side)?)));
        if setting.shares_limits && setting.outer.is_some() {
            capped[1] = capped[0].clone();
        }
        let shared = Shared {
            shutdowns: &shutdowns,
            registries: &registries,
            told: &told,
        };
        let mut layers = Side::BOTH.map(|side| {
            let capped = capped[side as usize].clone()?;
            Some(layer(capped, setting.layer(side)?, side, &shared))
        });
        if setting.is_twice && setting.outer.is_none() {
            layers[1] = layers[0].clone();
        }
        Self {
            clock,
            shutdowns,
            registries,
            capped,
            layers,
            told,
            requests: Vec::new(),
        }
    }

    /// Sends a request, which is then to be polled.
    pub(crate) fn start(&mut self, opening: Opening) {
        let (script, gate) = (Script::default(), Gate::default());
        if !opening.is_slow {
            gate.open();
        }
        let request = request(self.requests.len(), opening);
        let answer = answer(&script, opening);
        let handler = {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                answer
            }
        };
        let [inner, outer] = &self.layers;
        let coming = through(inner.as_ref().unwrap(), outer.as_ref(), request, handler);
        self.requests.push(Running::new(coming, script, gate));
    }
}
