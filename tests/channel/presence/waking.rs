//! A task that is woken by a feed may use the hub: nothing is locked then.

use super::*;

/// Looks at the hub each time it is woken.
struct Looking {
    hub: Hub,
    seen: Mutex<Vec<Vec<String>>>,
    is_done: AtomicUsize,
}

impl Wake for Looking {
    fn wake(self: Arc<Self>) {
        let mut others = watch(&self.hub);
        seen(&mut others);
        // Only once: it would wake itself.
        if self.is_done.fetch_add(1, SeqCst) == 0 {
            drop(enter(&self.hub, "eve", &[ROOM]));
        }
        self.seen.lock().unwrap().push(names(&self.hub));
    }
}

/// Returns what a task sees that uses the hub when it is woken, first by this.
fn look(clock: Clock, hub: Hub, ready: fn(&Hub, &Clock), wake: fn(&Hub, &Clock)) {
    in_time(move || {
        ready(&hub, &clock);
        let looking = Arc::new(Looking {
            hub: hub.clone(),
            seen: Mutex::default(),
            is_done: AtomicUsize::new(0),
        });
        let waker = Waker::from(Arc::clone(&looking));
        let mut watching = watch(&hub);
        while watching
            .poll_next_unpin(&mut Context::from_waker(&waker))
            .is_ready()
        {}
        wake(&hub, &clock);
        let seen = looking.seen.lock().unwrap().clone();
        assert!(!seen.is_empty());
        // The hub and the waker have each other.
        drop(watching);
    });
}

#[test]
fn a_task_woken_by_a_name_that_joins_may_use_the_hub() {
    let (hub, clock) = hub();
    look(
        clock,
        hub,
        |_, _| {},
        |hub, _| drop(enter(hub, "ada", &[ROOM])),
    );
}

#[test]
fn a_task_woken_by_a_name_that_leaves_may_use_the_hub() {
    let (hub, clock) = hub();
    let ready = |hub: &Hub, _: &Clock| drop(enter(hub, "ada", &[ROOM]));
    look(clock, hub, ready, |_, clock| clock.advance(GRACE));
}

#[test]
fn a_task_woken_by_a_call_that_finds_that_a_name_has_left_may_use_the_hub() {
    let clock = Clock::new();
    let options = hub_options(&clock).each(|_, options| options.presence(Duration::ZERO));
    let ready = |hub: &Hub, _: &Clock| {
        hub.channel::<Event>(ROOM).unwrap();
    };
    look(clock, Hub::new(options), ready, |hub, _| {
        drop(enter(hub, "ada", &[ROOM]));
    });
}

#[test]
fn a_task_woken_by_the_close_may_use_the_hub() {
    let (hub, clock) = hub();
    let ready = |hub: &Hub, _: &Clock| drop(enter(hub, "ada", &[ROOM]));
    look(clock, hub, ready, |hub, _| crate::hub::close(hub, ROOM));
}
