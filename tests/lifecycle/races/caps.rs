use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use http::StatusCode;
use tower_sse::{RejectPolicy, SseLayer};

use super::streams::*;

const THREADS: usize = 6;
const TURNS: usize = 3_000;

fn reject() -> RejectPolicy {
    RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS)
}

fn per_key(most: usize) -> SseLayer {
    layer().max_streams_per(most, reject(), |head| head.headers().get("key").cloned())
}

/// Has all threads open streams and lose them in every way, and returns how many were rejected.
/// Asserts that no key ever has more than that many.
fn contend(layer: &SseLayer, keys: usize, most: usize) -> usize {
    let open_now: Vec<_> = (0..keys).map(|_| AtomicUsize::new(0)).collect();
    let (far, elsewhere) = mpsc::channel::<(usize, Stream)>();
    thread::scope(|scope| {
        let open_now = &open_now;
        scope.spawn(move || {
            for (key, stream) in elsewhere {
                open_now[key].fetch_sub(1, SeqCst);
                drop(stream);
            }
        });
        let threads = [(); THREADS].map(|()| far.clone());
        drop(far);
        let contend = |(thread, far): (usize, mpsc::Sender<_>)| {
            let key = thread % keys;
            let turn = move |turn: usize| {
                let handler = if turn % 4 == 0 {
                    Handler::Ends
                } else {
                    Handler::Waits
                };
                let Some(mut stream) = open(layer, key, handler) else {
                    thread::yield_now();
                    return 1;
                };
                assert!(open_now[key].fetch_add(1, SeqCst) < most);
                match turn % 4 {
                    // Its end makes room, before it is dropped.
                    0 => {
                        open_now[key].fetch_sub(1, SeqCst);
                        assert!(look(&mut stream).is_ready());
                    }
                    1 => assert!(look(&mut stream).is_pending()),
                    2 => return far.send((key, stream)).map(|()| 0).unwrap(),
                    _ => {}
                }
                if turn % 4 != 0 {
                    open_now[key].fetch_sub(1, SeqCst);
                }
                0
            };
            scope.spawn(move || (0..TURNS).map(turn).sum::<usize>())
        };
        let threads: Vec<_> = threads.into_iter().enumerate().map(contend).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

#[track_caller]
fn assert_has_places(layer: &SseLayer, key: usize, places: usize) {
    let open = || open(layer, key, Handler::Waits);
    let taken: Vec<_> = (0..places).map(|_| open().unwrap()).collect();
    assert!(open().is_none());
    drop(taken);
}

#[test]
fn never_more_are_open_than_may_be() {
    for most in [1, 2, 5] {
        let layer = layer().max_streams(most, reject());
        contend(&layer, 1, most);
        assert_has_places(&layer, 0, most);
    }
}

#[test]
fn never_more_of_a_key_are_open_than_may_be() {
    for most in [1, 2] {
        let layer = per_key(most);
        contend(&layer, 2, most);
        for key in 0..3 {
            assert_has_places(&layer, key, most);
        }
    }
}

#[test]
fn nobody_is_rejected_while_there_is_room() {
    // All that another thread is yet to drop is counted too.
    let most = THREADS * TURNS;
    assert_eq!(contend(&layer().max_streams(most, reject()), 1, most), 0);
    assert_eq!(contend(&per_key(most), 3, most), 0);
}

#[test]
fn a_place_is_given_back_when_another_cap_rejects() {
    let layer = per_key(1).max_streams(2, reject());
    contend(&layer, 3, 1);
    for key in 0..3 {
        assert_has_places(&layer, key, 1);
    }
    let [one, two] = [0, 1].map(|key| open(&layer, key, Handler::Waits).unwrap());
    assert!(open(&layer, 2, Handler::Waits).is_none());
    drop((one, two));
}

#[test]
fn nobody_is_rejected_for_a_place_that_is_given_back() {
    let layer = per_key(1).max_streams(2, reject());
    let _ada = open(&layer, 0, Handler::Waits).unwrap();
    thread::scope(|scope| {
        let hammer = || (0..TURNS).for_each(|_| assert!(open(&layer, 0, Handler::Waits).is_none()));
        scope.spawn(hammer);
        for _ in 0..TURNS {
            assert!(open(&layer, 1, Handler::Waits).is_some(), "there is room");
        }
    });
}

#[test]
fn nothing_is_kept_of_a_key_without_streams() {
    let key = Arc::new("ada");
    let kept = Arc::clone(&key);
    for most in 0..3 {
        let kept = Arc::clone(&kept);
        let layer = layer().max_streams_per(most, reject(), move |_| Some(Arc::clone(&kept)));
        let before = Arc::strong_count(&key);
        let streams: Vec<_> = (0..3).map(|_| open(&layer, 0, Handler::Waits)).collect();
        drop(streams);
        assert_eq!(Arc::strong_count(&key), before);
    }
}
