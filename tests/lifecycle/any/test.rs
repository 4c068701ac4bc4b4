use std::{mem, time::Duration};

use futures::FutureExt;
use http_body::Body;
use http_body_util::BodyExt;
use tower_sse::{Event, EventName, OpenStreams, RevokePolicy};

use super::{
    commands::{Command, Revocation},
    config::Config,
    model::{self, Model},
    shutdowns::Shutdowns,
    system::{Stage, System, number},
};

const LAST: EventName = EventName::from_static("last");

/// Runs commands on the model and on the system, and compares the two after each.
pub(crate) struct Test {
    pub(crate) model: Model,
    pub(crate) system: System,
    shutdowns: Shutdowns,
}

impl Test {
    pub(crate) fn new(config: Config) -> Self {
        let system = System::new(&config);
        Self {
            shutdowns: Shutdowns::new(&system.shutdowns),
            model: Model::new(config),
            system,
        }
    }

    pub(crate) fn run(&mut self, command: Command) {
        match command {
            Command::Open(opening) => {
                self.model.receive(opening);
                self.system.send(opening);
                self.poll_response(self.system.requests.len() - 1, true);
            }
            Command::Respond(id) if self.is_there(id) => {
                self.model.respond(id);
                self.system.requests[id].gate.open();
            }
            Command::Act(id, action) if self.is_stream(id) => {
                self.model.act(id, action);
                self.system.requests[id].script.push(action);
            }
            Command::Poll(id, same_task) if self.is_there(id) => self.poll(id, same_task),
            Command::Drop(id) if self.is_there(id) => self.drop(id),
            Command::Advance(millis) => {
                self.model.now += millis;
                self.system.clock.advance(millis);
            }
            Command::TriggerShutdown(shutdown) => {
                self.model.trigger(shutdown);
                self.system.shutdowns[shutdown].trigger();
            }
            Command::Revoke(registry, key, revocation) => self.revoke(registry, key, revocation),
            Command::Respond(_) | Command::Act(..) | Command::Poll(..) | Command::Drop(..) => {}
        }
        self.check();
    }

    fn poll_response(&mut self, id: usize, same_task: bool) {
        let expected = self.model.poll_response(id);
        let request = &mut self.system.requests[id];
        let head = request.poll_response(same_task);
        assert_eq!(head.is_some(), expected.is_some());
        let Some((expected, head)) = expected.zip(head) else {
            return;
        };
        let body = match self.model.requests[id] {
            model::Stage::Stream(..) => None,
            _ => Some(whole(mem::replace(&mut request.stage, Stage::Dropped))),
        };
        expected.assert_eq(&head, body.as_deref());
    }

    fn poll(&mut self, id: usize, same_task: bool) {
        if let model::Stage::Request(_) = self.model.requests[id] {
            return self.poll_response(id, same_task);
        }
        let expected = self.model.poll_body(id);
        assert_eq!(self.system.requests[id].poll_body(same_task), expected);
    }

    fn drop(&mut self, id: usize) {
        self.model.drop(id);
        self.system.requests[id].stage = Stage::Dropped;
    }

    fn revoke(&mut self, registry: usize, key: Option<usize>, revocation: Revocation) {
        let expected = self.model.revoke(registry, key, revocation);
        let policy = match revocation.stops {
            true => RevokePolicy::stop_reconnecting(),
            false => RevokePolicy::reconnect(),
        };
        let policy = match revocation.has_final_event {
            true => policy.final_event(Event::new("revoked").name(LAST)),
            false => policy,
        };
        let key = key.map(|key| key.to_string());
        let revoked = self.system.registries[registry].revoke(policy, |stream| {
            key.is_none() || stream.tags.get("key") == key.as_deref()
        });
        assert_eq!(revoked, expected);
    }

    fn is_there(&self, id: usize) -> bool {
        let request = self.system.requests.get(id);
        request.is_some_and(|request| !matches!(request.stage, Stage::Dropped))
    }

    fn is_stream(&self, id: usize) -> bool {
        self.is_there(id) && matches!(self.model.requests[id], model::Stage::Stream(..))
    }

    fn check(&mut self) {
        let reports = mem::take(&mut *self.system.reports.lock().unwrap());
        assert_eq!(reports, mem::take(&mut self.model.reports));
        for (id, request) in self.system.requests.iter_mut().enumerate() {
            match (&self.model.requests[id], &request.stage) {
                (model::Stage::Request(expected), _) => {
                    assert_eq!(request.gate.was_reached(), expected.is_handled);
                }
                (model::Stage::Stream(_, stream), Stage::Body(body)) => {
                    assert_eq!(body.is_end_stream(), stream.is_end());
                }
                _ => continue,
            }
            let is_waiting = request.is_waiting();
            assert!(
                !is_waiting || !self.model.is_due(id),
                "nothing woke the task of request {id}"
            );
        }
        self.shutdowns.check(&self.model, &self.system);
        for (ids, registry) in self.model.registries.iter().zip(&self.system.registries) {
            self.check_registry(ids.ids(), registry);
        }
    }

    /// Asserts that a registry lists these streams, and what they have sent.
    fn check_registry(&self, ids: &[usize], registry: &OpenStreams) {
        assert_eq!(registry.count(), ids.len());
        let listed = registry.list().into_iter().map(|stream| {
            let id = number(&stream.tags);
            (id, stream.age, stream.events, stream.bytes)
        });
        let expected = ids.iter().map(|id| {
            let model::Stage::Stream(_, stream) = &self.model.requests[*id] else {
                panic!("it is no stream");
            };
            let age = Duration::from_millis(self.model.now - stream.since);
            (*id, age, stream.events(), stream.bytes())
        });
        assert_eq!(listed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    /// Drops all that is left.
    pub(crate) fn end(&mut self) {
        for id in 0..self.system.requests.len() {
            self.run(Command::Drop(id));
        }
        assert!(self.model.limits.are_unused());
    }
}

/// Reads a body that is complete.
fn whole(stage: Stage) -> String {
    let Stage::Body(body) = stage else {
        panic!("there is no body");
    };
    let whole = body.collect().now_or_never().unwrap();
    String::from_utf8(whole.unwrap().to_bytes().to_vec()).unwrap()
}
