use std::{mem, time::Duration};

use futures::FutureExt;
use http_body::Body;
use http_body_util::BodyExt;

use super::{
    answer::BoxBody,
    model::{Answer, Model},
    setting::{Opening, Setting, Step},
    told::Side,
    waiting::Waiting,
    world::World,
};

/// After how long the deadline of a shutdown is, in milliseconds.
const DEADLINE: u64 = 50;

/// What should be, what is, and who waits for it.
pub(crate) struct Test {
    pub(crate) model: Model,
    pub(crate) world: World,
    triggered: [Waiting; 2],
    drained: [Waiting; 2],
    deadline: [Waiting; 2],
    left: [Option<usize>; 2],
}

impl Test {
    pub(crate) fn new(setting: Setting) -> Self {
        let world = World::new(&setting);
        let of = |side: Side| &world.shutdowns[side as usize];
        let deadline = Duration::from_millis(DEADLINE);
        Self {
            triggered: Side::BOTH.map(|side| Waiting::new(of(side).triggered().map(|()| 0))),
            drained: Side::BOTH.map(|side| Waiting::new(of(side).drained())),
            deadline: Side::BOTH.map(|side| Waiting::new(of(side).deadline(deadline))),
            left: [None; 2],
            model: Model::new(setting),
            world,
        }
    }

    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Open(opening) => self.open(opening),
            Step::Act(id, act) if id < self.world.streams.len() => {
                self.model.act(id, act);
                self.world.streams[id].script.push(act);
            }
            Step::Poll(id, same_task) if self.is_there(id) => self.poll(id, same_task),
            Step::Drop(id) if self.is_there(id) => self.drop(id),
            Step::Advance(millis) => {
                self.model.now += millis;
                self.world.clock.advance(millis);
            }
            Step::Trigger(side) => {
                self.model.trigger(side);
                self.world.shutdowns[side as usize].trigger();
            }
            Step::Act(..) | Step::Poll(..) | Step::Drop(..) => {}
        }
        self.check();
    }

    fn open(&mut self, opening: Opening) {
        let answer = self.model.start(opening);
        let head = self.world.start(opening);
        let body = &mut self.world.streams.last_mut().unwrap().body;
        match answer {
            Answer::Stream => assert_eq!(head.status, 200),
            Answer::Head => {
                assert_eq!(head.status, 200);
                assert_eq!(whole(body), "");
            }
            Answer::Refused(refused) => refused.assert_is(&head, &whole(body)),
        }
    }

    fn poll(&mut self, id: usize, same_task: bool) {
        let expected = self.model.poll(id);
        assert_eq!(self.world.streams[id].poll(same_task), expected);
    }

    fn drop(&mut self, id: usize) {
        self.model.drop(id);
        self.world.streams[id].body = None;
    }

    fn is_there(&self, id: usize) -> bool {
        let running = self.world.streams.get(id);
        running.is_some_and(|running| running.body.is_some())
    }

    fn check(&mut self) {
        let told = mem::take(&mut *self.world.told.lock().unwrap());
        assert_eq!(told, mem::take(&mut self.model.told));
        for (id, running) in self.world.streams.iter().enumerate() {
            let Some(body) = &running.body else { continue };
            let stream = &self.model.streams[id].stream;
            assert_eq!(body.is_end_stream(), stream.is_end());
            let waits = running.waits && self.model.is_due(id);
            assert!(!waits || running.woken.is(), "nobody woke the stream");
        }
        Side::BOTH
            .into_iter()
            .for_each(|side| self.check_shutdown(side));
    }

    fn check_shutdown(&mut self, side: Side) {
        let shutdown = &self.world.shutdowns[side as usize];
        let open = match self.model.has_shutdown(side) {
            true => self.model.open(),
            false => 0,
        };
        assert_eq!(shutdown.open(), open);
        let trigger = self.model.triggered[side as usize];
        assert_eq!(shutdown.is_triggered(), trigger.is_some());

        let triggered = self.triggered[side as usize].look();
        assert_eq!(triggered, trigger.map(|_| 0));
        let drained = self.drained[side as usize].look();
        assert_eq!(
            drained,
            trigger.filter(|_| open == 0).map(|trigger| trigger.found)
        );
        assert_eq!(shutdown.drained().now_or_never(), drained);

        if trigger.is_some_and(|trigger| trigger.at + DEADLINE <= self.model.now) {
            self.left[side as usize].get_or_insert(open);
        }
        assert_eq!(
            self.deadline[side as usize].look(),
            self.left[side as usize]
        );
    }

    /// Drops what is left.
    pub(crate) fn end(&mut self) {
        for id in 0..self.world.streams.len() {
            self.step(Step::Drop(id));
        }
    }
}

/// Takes a body that is all there.
fn whole(body: &mut Option<BoxBody>) -> String {
    let whole = body.take().unwrap().collect().now_or_never().unwrap();
    String::from_utf8(whole.unwrap().to_bytes().to_vec()).unwrap()
}
