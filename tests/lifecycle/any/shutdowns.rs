use std::time::Duration;

use futures::FutureExt;
use tower_sse::Shutdown;

use super::{model::Model, waiting::Waiting, world::World};

/// After how long the deadline of a shutdown is, in milliseconds.
const DEADLINE: u64 = 50;

/// Who waits for the shutdowns, and what has come.
pub(crate) struct Shutdowns([Waits; 2]);

struct Waits {
    triggered: Waiting,
    drained: Waiting,
    deadline: Waiting,
    found: Option<usize>,
    left: Option<usize>,
}

impl Shutdowns {
    pub(crate) fn new(shutdowns: &[Shutdown; 2]) -> Self {
        let deadline = Duration::from_millis(DEADLINE);
        Self(shutdowns.each_ref().map(|shutdown| Waits {
            triggered: Waiting::new(shutdown.triggered().map(|()| 0)),
            drained: Waiting::new(shutdown.drained()),
            deadline: Waiting::new(shutdown.deadline(deadline)),
            found: None,
            left: None,
        }))
    }

    pub(crate) fn check(&mut self, model: &Model, world: &World) {
        for (number, waits) in self.0.iter_mut().enumerate() {
            waits.check(number, model, &world.shutdowns[number]);
        }
    }
}

impl Waits {
    fn check(&mut self, number: usize, model: &Model, shutdown: &Shutdown) {
        let open = model.open(number);
        assert_eq!(shutdown.open_stream_count(), open);
        let trigger = model.triggered[number];
        assert_eq!(shutdown.is_triggered(), trigger.is_some());
        assert_eq!(self.triggered.look(), trigger.map(|_| 0));

        let drained = trigger.filter(|_| open == 0).map(|trigger| trigger.found);
        assert_eq!(shutdown.drained().now_or_never(), drained);
        // A stream may open later, of a request from before.
        self.found = self.found.or(drained);
        assert_eq!(self.drained.look(), self.found);

        if trigger.is_some_and(|trigger| trigger.at + DEADLINE <= model.now) {
            self.left.get_or_insert(open);
        }
        assert_eq!(self.deadline.look(), self.left);
    }
}
