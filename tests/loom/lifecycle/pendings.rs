//! A source that wakes a body between its frame and the `Pending` that the server is to see.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use loom::{
    future::block_on,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

use crate::{loom_tests::in_every_order, stream::OwedPending, sync::AtomicWaker};

/// A source of items that another thread adds.
#[derive(Default)]
struct Source {
    items: AtomicUsize,
    waker: AtomicWaker,
}

impl Source {
    fn add(&self) {
        self.items.fetch_add(1, SeqCst);
        self.waker.wake();
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        match self.items.load(SeqCst) {
            0 => Poll::Pending,
            _ => {
                self.items.fetch_sub(1, SeqCst);
                Poll::Ready(())
            }
        }
    }
}

/// Polls a body to the end of a frame by a task that does not poll it again.
fn gather(owed: &mut OwedPending, source: &Source) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(owed.poll(&mut cx).is_ready());
    assert!(owed.poll_source(&mut cx, |cx| source.poll(cx)).is_pending());
    owed.owe();
}

/// Waits for the next item. If nothing wakes the task, loom reports a deadlock.
fn wait(owed: &mut OwedPending, source: &Source) {
    block_on(poll_fn(|cx| {
        ready!(owed.poll(cx));
        owed.poll_source(cx, |cx| source.poll(cx))
    }));
}

/// Makes an `OwedPending` that has its waker already.
fn owed() -> OwedPending {
    let mut owed = OwedPending::default();
    owed.owe();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(owed.poll(&mut cx).is_pending());
    owed
}

/// Waits for an event that another thread adds after a frame.
fn add_after_a_frame(owed: fn() -> OwedPending) {
    in_every_order(3, move || {
        let mut owed = owed();
        let source = Arc::new(Source::default());
        gather(&mut owed, &source);
        let adder = thread::spawn({
            let source = Arc::clone(&source);
            move || source.add()
        });
        wait(&mut owed, &source);
        adder.join().unwrap();
    });
}

#[test]
fn a_wake_up_between_frame_and_pending_is_not_lost() {
    add_after_a_frame(owed);
}

#[test]
fn nor_is_one_before_there_is_a_waker() {
    add_after_a_frame(OwedPending::default);
}

#[test]
fn nor_is_one_during_the_poll_that_ends_a_frame() {
    in_every_order(3, || {
        let mut owed = owed();
        let source = Arc::new(Source::default());
        let adder = thread::spawn({
            let source = Arc::clone(&source);
            move || (0..2).for_each(|_| source.add())
        });
        wait(&mut owed, &source);
        let mut cx = Context::from_waker(Waker::noop());
        match owed.poll_source(&mut cx, |cx| source.poll(cx)) {
            Poll::Ready(()) => {}
            Poll::Pending => {
                owed.owe();
                wait(&mut owed, &source);
            }
        }
        adder.join().unwrap();
    });
}
