use loom::thread;

use super::requests::{Request, Stream};
use crate::{LimitPolicy, layer::MaxStreams, loom_tests::in_every_order};

fn limit(most: usize) -> MaxStreams {
    MaxStreams::new(most, LimitPolicy::evict_oldest())
}

fn open(limit: &MaxStreams) -> Stream {
    Request::new(limit).decide().ok().unwrap()
}

/// Asserts that one stream has one place: the first evicts no other, the second evicts the first.
fn assert_has_one_place(limit: &MaxStreams) {
    let first = open(limit);
    assert!(!first.is_to_end());
    let _second = open(limit);
    assert!(first.is_to_end());
}

#[test]
fn a_stream_that_is_to_end_for_another_is_woken() {
    in_every_order(3, || {
        let limit = limit(1);
        let old = open(&limit);
        let old = thread::spawn(move || old.wait_for_order());
        let new = open(&limit);
        assert!(!new.is_to_end());
        old.join().unwrap();
        drop(new);
        assert_has_one_place(&limit);
    });
}

#[test]
fn a_stream_that_leaves_while_it_is_evicted_gives_one_place_back() {
    in_every_order(3, || {
        let limit = limit(1);
        let old = open(&limit);
        let gone = thread::spawn(move || drop(old));
        let new = open(&limit);
        gone.join().unwrap();
        let _newest = open(&limit);
        assert!(new.is_to_end(), "it has the place");
        drop(new);
    });
}

#[test]
fn a_stream_that_leaves_is_handed_over_once() {
    in_every_order(3, || {
        let limit = limit(1);
        let old = open(&limit);
        let gone = thread::spawn(move || drop(old));
        let at_once = thread::spawn({
            let request = Request::new(&limit);
            move || drop(request.decide().ok())
        });
        drop(Request::new(&limit).decide().ok());
        gone.join().unwrap();
        at_once.join().unwrap();
        assert_has_one_place(&limit);
    });
}

#[test]
fn a_displaced_stream_takes_no_place_from_a_later_one() {
    in_every_order(2, || {
        let limit = limit(1);
        let displaced = open(&limit);
        drop(open(&limit));
        let gone = thread::spawn(move || drop(displaced));
        let new = open(&limit);
        gone.join().unwrap();
        let _newest = open(&limit);
        assert!(new.is_to_end(), "it has the place");
    });
}
