use std::time::Duration;

use futures::FutureExt;
use tower_sse::Shutdown;

use super::{
    model::Model,
    system::{System, Waiter},
};

/// The deadline that is given to each shutdown, in milliseconds.
const DEADLINE: u64 = 50;

/// Tasks that wait for the shutdowns.
pub(crate) struct Shutdowns([Waits; 2]);

struct Waits {
    triggered: Waiter,
    drained: Waiter,
    deadline: Waiter,
    /// The expected output of `drained`.
    was_open: Option<usize>,
    /// The expected output of `deadline`.
    still_open: Option<usize>,
}

impl Shutdowns {
    pub(crate) fn new(shutdowns: &[Shutdown; 2]) -> Self {
        let deadline = Duration::from_millis(DEADLINE);
        Self(shutdowns.each_ref().map(|shutdown| Waits {
            triggered: Waiter::new(shutdown.triggered().map(|()| 0)),
            drained: Waiter::new(shutdown.drained()),
            deadline: Waiter::new(shutdown.deadline(deadline)),
            was_open: None,
            still_open: None,
        }))
    }

    pub(crate) fn check(&mut self, model: &Model, system: &System) {
        for (number, waits) in self.0.iter_mut().enumerate() {
            waits.check(number, model, &system.shutdowns[number]);
        }
    }
}

impl Waits {
    fn check(&mut self, number: usize, model: &Model, shutdown: &Shutdown) {
        let open = model.open_streams(number);
        assert_eq!(shutdown.open_stream_count(), open);
        let trigger = model.triggered[number];
        assert_eq!(shutdown.is_triggered(), trigger.is_some());
        assert_eq!(self.triggered.output(), trigger.map(|_| 0));

        let drained = trigger.filter(|_| open == 0).map(|trigger| trigger.open);
        assert_eq!(shutdown.drained().now_or_never(), drained);
        // A request that arrived before the shutdown may open a stream later.
        self.was_open = self.was_open.or(drained);
        assert_eq!(self.drained.output(), self.was_open);

        if trigger.is_some_and(|trigger| trigger.at + DEADLINE <= model.now) {
            self.still_open.get_or_insert(open);
        }
        assert_eq!(self.deadline.output(), self.still_open);
    }
}
