use std::sync::Arc;

use loom::{
    future::block_on,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
};

use super::threads::{look, shutdown, wait};
use crate::loom_tests::in_every_order;

#[test]
fn a_stream_is_rejected_or_ends() {
    in_every_order(2, || {
        let shutdown = shutdown();
        let streams = [(); 2].map(|()| {
            let shutdown = shutdown.clone();
            thread::spawn(move || {
                let Some(mut member) = shutdown.join(false) else {
                    assert!(shutdown.is_triggered());
                    return 0;
                };
                wait(&mut member);
                1
            })
        });
        shutdown.trigger();
        let found = block_on(shutdown.drained());
        let opened: usize = streams.map(|stream| stream.join().unwrap()).iter().sum();
        assert_eq!(found, opened);
        assert_eq!(shutdown.open_stream_count(), 0);
    });
}

#[test]
fn a_stream_that_is_polled_anew_by_another_task_ends() {
    in_every_order(3, || {
        let shutdown = shutdown();
        let mut member = shutdown.join(false).unwrap();
        let stream = thread::spawn(move || {
            look(&mut member);
            look(&mut member);
            wait(&mut member);
        });
        shutdown.trigger();
        stream.join().unwrap();
    });
}

#[test]
fn a_stream_that_goes_to_another_thread_ends() {
    in_every_order(3, || {
        let shutdown = shutdown();
        let mut member = shutdown.join(false).unwrap();
        let first = thread::spawn(move || {
            look(&mut member);
            member
        });
        let trigger = thread::spawn({
            let shutdown = shutdown.clone();
            move || shutdown.trigger()
        });
        wait(&mut first.join().unwrap());
        trigger.join().unwrap();
    });
}

#[test]
fn it_is_drained_when_the_last_is_gone_and_not_before() {
    in_every_order(2, || {
        let shutdown = shutdown();
        let open = Arc::new(AtomicUsize::new(2));
        let streams = [(); 2].map(|()| {
            let (member, open) = (shutdown.join(false).unwrap(), Arc::clone(&open));
            thread::spawn(move || {
                open.fetch_sub(1, Relaxed);
                drop(member);
            })
        });
        let trigger = thread::spawn({
            let shutdown = shutdown.clone();
            move || shutdown.trigger()
        });
        let found = block_on(shutdown.drained());
        assert_eq!(open.load(Relaxed), 0);
        assert!(found <= 2);
        assert_eq!(block_on(shutdown.drained()), found, "it stays so");
        for stream in streams {
            stream.join().unwrap();
        }
        trigger.join().unwrap();
    });
}

#[test]
fn all_tasks_that_wait_for_it_get_the_same_count() {
    in_every_order(2, || {
        let shutdown = shutdown();
        let member = shutdown.join(false).unwrap();
        let drained = thread::spawn({
            let shutdown = shutdown.clone();
            move || block_on(shutdown.drained())
        });
        let triggers = [(); 2].map(|()| {
            let shutdown = shutdown.clone();
            thread::spawn(move || shutdown.trigger())
        });
        for trigger in triggers {
            trigger.join().unwrap();
        }
        assert_eq!(shutdown.open_stream_count(), 1);
        drop(member);
        assert_eq!(block_on(shutdown.drained()), 1);
        assert_eq!(drained.join().unwrap(), 1);
    });
}

#[test]
fn a_task_that_waits_for_the_trigger_sees_what_was_before_it() {
    in_every_order(3, || {
        let shutdown = shutdown();
        let said = Arc::new(AtomicBool::new(false));
        let waiting = [true, false].map(|waits| {
            let (shutdown, said) = (shutdown.clone(), Arc::clone(&said));
            thread::spawn(move || {
                if waits {
                    block_on(shutdown.triggered());
                }
                assert!(!shutdown.is_triggered() || said.load(Relaxed));
            })
        });
        said.store(true, Relaxed);
        shutdown.trigger();
        for waiting in waiting {
            waiting.join().unwrap();
        }
    });
}

#[test]
fn a_stream_whose_request_came_before_the_shutdown_opens_and_ends() {
    in_every_order(3, || {
        let shutdown = shutdown();
        let stream = thread::spawn({
            let shutdown = shutdown.clone();
            move || {
                let came_before = !shutdown.is_triggered();
                let member = shutdown.join(came_before);
                assert_eq!(member.is_some(), came_before);
                if let Some(mut member) = member {
                    wait(&mut member);
                }
            }
        });
        shutdown.trigger();
        let found = block_on(shutdown.drained());
        assert!(found <= 1);
        stream.join().unwrap();
        assert_eq!(shutdown.open_stream_count(), 0);
        assert_eq!(block_on(shutdown.drained()), found);
    });
}

#[test]
fn a_stream_that_opens_late_does_not_change_what_was_found() {
    in_every_order(3, || {
        let shutdown = shutdown();
        let member = shutdown.join(false).unwrap();
        let drained = thread::spawn({
            let shutdown = shutdown.clone();
            move || block_on(shutdown.drained())
        });
        shutdown.trigger();
        drop(member);
        drop(shutdown.join(true).unwrap());
        assert_eq!(drained.join().unwrap(), 1);
    });
}
