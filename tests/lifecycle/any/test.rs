use std::mem;

use futures::FutureExt;
use http_body::Body;
use http_body_util::BodyExt;
use tower_sse::{Event, EventName, RevokePolicy};

use super::{
    answer::BoxBody,
    model::{Model, Running as Should},
    order::Revocation,
    running::At,
    setting::{Setting, Step},
    shutdowns::Shutdowns,
    world::World,
};

const LAST: EventName = EventName::from_static("last");

/// What should be, what is, and who waits for it.
pub(crate) struct Test {
    pub(crate) model: Model,
    pub(crate) world: World,
    shutdowns: Shutdowns,
}

impl Test {
    pub(crate) fn new(setting: Setting) -> Self {
        let world = World::new(&setting);
        Self {
            shutdowns: Shutdowns::new(&world.shutdowns),
            model: Model::new(setting),
            world,
        }
    }

    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Open(opening) => {
                self.model.start(opening);
                self.world.start(opening);
                self.ask(self.world.requests.len() - 1, true);
            }
            Step::Answer(id) if self.is_there(id) => {
                self.model.answer(id);
                self.world.requests[id].gate.open();
            }
            Step::Act(id, act) if self.is_stream(id) => {
                self.model.act(id, act);
                self.world.requests[id].script.push(act);
            }
            Step::Poll(id, same_task) if self.is_there(id) => self.poll(id, same_task),
            Step::Drop(id) if self.is_there(id) => self.drop(id),
            Step::Advance(millis) => {
                self.model.now += millis;
                self.world.clock.advance(millis);
            }
            Step::Trigger(shutdown) => {
                self.model.trigger(shutdown);
                self.world.shutdowns[shutdown].trigger();
            }
            Step::Revoke(registry, key, how) => self.revoke(registry, key, how),
            Step::Answer(_) | Step::Act(..) | Step::Poll(..) | Step::Drop(..) => {}
        }
        self.check();
    }

    fn ask(&mut self, id: usize, same_task: bool) {
        let expected = self.model.ask(id);
        let running = &mut self.world.requests[id];
        let head = running.ask(same_task);
        assert_eq!(head.is_some(), expected.is_some());
        let Some((expected, head)) = expected.zip(head) else {
            return;
        };
        let body = match self.model.requests[id] {
            Should::Stream(..) => None,
            _ => Some(whole(mem::replace(&mut running.at, At::Gone))),
        };
        expected.assert_is(&head, body.as_deref());
    }

    fn poll(&mut self, id: usize, same_task: bool) {
        if let Should::Asking(_) = self.model.requests[id] {
            return self.ask(id, same_task);
        }
        let expected = self.model.poll(id);
        assert_eq!(self.world.requests[id].poll(same_task), expected);
    }

    fn drop(&mut self, id: usize) {
        self.model.drop(id);
        self.world.requests[id].at = At::Gone;
    }

    fn revoke(&mut self, registry: usize, key: Option<usize>, how: Revocation) {
        let expected = self.model.revoke(registry, key, how);
        let policy = match how.stops {
            true => RevokePolicy::stop_reconnecting(),
            false => RevokePolicy::reconnect(),
        };
        let policy = match how.speaks {
            true => policy.final_event(Event::new("revoked").name(LAST)),
            false => policy,
        };
        let key = key.map(|key| key.to_string());
        let revoked = self.world.registries[registry].revoke(policy, |stream| {
            key.is_none() || stream.tags.get("key") == key.as_deref()
        });
        assert_eq!(revoked, expected);
    }

    fn is_there(&self, id: usize) -> bool {
        let running = self.world.requests.get(id);
        running.is_some_and(|running| !matches!(running.at, At::Gone))
    }

    fn is_stream(&self, id: usize) -> bool {
        self.is_there(id) && matches!(self.model.requests[id], Should::Stream(..))
    }

    fn check(&mut self) {
        let told = mem::take(&mut *self.world.told.lock().unwrap());
        assert_eq!(told, mem::take(&mut self.model.told));
        for (id, running) in self.world.requests.iter().enumerate() {
            match (&self.model.requests[id], &running.at) {
                (Should::Asking(request), _) => {
                    assert_eq!(running.gate.was_reached(), request.is_handled);
                }
                (Should::Stream(_, stream), At::Body(body)) => {
                    assert_eq!(body.is_end_stream(), stream.is_end());
                }
                _ => continue,
            }
            let waits = running.waits && !running.woken.is();
            assert!(!waits || !self.model.is_due(id), "nobody woke {id}");
        }
        self.shutdowns.check(&self.model, &self.world);
        for (should, is) in self.model.registries.iter().zip(&self.world.registries) {
            should.assert_is(is, &self.model);
        }
    }

    /// Drops what is left.
    pub(crate) fn end(&mut self) {
        for id in 0..self.world.requests.len() {
            self.step(Step::Drop(id));
        }
        assert!(self.model.limits.are_unused());
    }
}

/// Reads a body that is all there.
fn whole(at: At) -> String {
    let At::Body(body): At = at else {
        panic!("there is no body");
    };
    let whole = BoxBody::collect(body).now_or_never().unwrap();
    String::from_utf8(whole.unwrap().to_bytes().to_vec()).unwrap()
}
