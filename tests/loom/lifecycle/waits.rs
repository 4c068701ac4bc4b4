use std::sync::Arc;

use loom::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

use super::requests::{Request, Stream};
use crate::{
    LimitPolicy, RejectPolicy, RejectReason, layer::MaxStreams, loom_tests::in_every_order,
};

fn limit(most: usize) -> MaxStreams {
    MaxStreams::new(most, LimitPolicy::reject(RejectPolicy::empty_stream()))
}

/// Takes all places of a limit for two streams, for which two requests then wait.
fn two_that_wait(limit: &MaxStreams) -> ([Stream; 2], [Request; 2]) {
    let streams = [(); 2].map(|()| Request::new(limit).decide().ok().unwrap());
    let requests = [(); 2].map(|()| {
        let mut request = Request::new(limit);
        assert!(request.look().is_pending());
        request
    });
    (streams, requests)
}

fn assert_has_places(limit: &MaxStreams, places: usize) {
    let open = || Request::new(limit).decide();
    let taken: Vec<_> = (0..places).map(|_| open().ok().unwrap()).collect();
    assert_eq!(open().err(), Some(RejectReason::TooMany));
    drop(taken);
}

#[test]
fn a_place_that_is_given_back_goes_to_the_request_that_waits() {
    in_every_order(3, || {
        let limit = limit(1);
        let stream = Request::new(&limit).decide().ok().unwrap();
        let waiting = thread::spawn({
            let request = Request::new(&limit);
            move || request.wait().is_ok()
        });
        let late = thread::spawn({
            let request = Request::new(&limit);
            move || drop(request.decide())
        });
        drop(stream);
        assert!(waiting.join().unwrap());
        late.join().unwrap();
        assert_has_places(&limit, 1);
    });
}

#[test]
fn requests_get_places_in_the_order_in_which_they_came() {
    in_every_order(3, || {
        let limit = limit(2);
        let ([one, _other], [first, mut second]) = two_that_wait(&limit);
        let gone = thread::spawn(move || drop(one));
        let late = thread::spawn({
            let request = Request::new(&limit);
            move || assert!(request.decide().is_err())
        });
        assert!(second.look().is_pending());
        let first = first.wait().ok().unwrap();
        assert!(second.look().is_pending());
        gone.join().unwrap();
        late.join().unwrap();
        drop(first);
        assert!(second.wait().is_ok());
    });
}

#[test]
fn a_request_that_is_dropped_passes_its_place_on() {
    in_every_order(3, || {
        let limit = limit(2);
        let ([one, other], [first, second]) = two_that_wait(&limit);
        let gone = thread::spawn(move || drop(one));
        let dropped = thread::spawn(move || drop(first));
        let second = second.wait().ok().unwrap();
        gone.join().unwrap();
        dropped.join().unwrap();
        drop((second, other));
        assert_has_places(&limit, 2);
    });
}

#[test]
fn a_place_of_which_nobody_knows_is_not_lost() {
    in_every_order(3, || {
        let limit = limit(1);
        let stream = Request::new(&limit).decide().ok().unwrap();
        let dropped = thread::spawn({
            let mut request = Request::new(&limit);
            move || drop(request.look())
        });
        drop(stream);
        dropped.join().unwrap();
        assert_has_places(&limit, 1);
    });
}

#[test]
fn no_more_are_open_than_may_be_where_all_wait() {
    in_every_order(2, || {
        let limit = limit(1);
        let open = Arc::new(AtomicUsize::new(0));
        let contend = || {
            let (request, open) = (Request::new(&limit), Arc::clone(&open));
            move || {
                let Ok(stream) = request.wait() else {
                    return false;
                };
                assert_eq!(open.fetch_add(1, SeqCst), 0);
                open.fetch_sub(1, SeqCst);
                drop(stream);
                true
            }
        };
        let others = [(); 2].map(|()| thread::spawn(contend()));
        let first = contend()();
        let others = others.map(|other| other.join().unwrap());
        // One has the place, one waits, and a third may be one too many.
        assert!(usize::from(first) + others.map(usize::from).iter().sum::<usize>() >= 2);
        assert_has_places(&limit, 1);
    });
}
