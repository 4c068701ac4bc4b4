use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use futures::executor::block_on;
use http_body_util::BodyExt;
use tower_sse::{LimitPolicy, OpenStreams, RejectPolicy, RevokePolicy, SseLayer};

use super::streams::*;

const THREADS: usize = 4;
const TURNS: usize = 1_000;

fn limited(policy: LimitPolicy) -> SseLayer {
    // As many requests wait as there are places, so none is rejected; the clock stands still.
    layer().max_streams(THREADS / 2, policy)
}

#[test]
fn every_request_that_waits_gets_a_place() {
    let layer = limited(LimitPolicy::reject(RejectPolicy::empty_stream()));
    let (open_now, polled) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..TURNS {
                    let stream = block_on(ask(&layer, &polled)).unwrap();
                    assert!(open_now.fetch_add(1, SeqCst) < THREADS / 2);
                    open_now.fetch_sub(1, SeqCst);
                    drop(stream);
                }
            });
        }
    });
    assert_eq!(polled.load(SeqCst), THREADS * TURNS);
}

#[test]
fn every_newer_stream_has_the_oldest_end() {
    let streams = OpenStreams::new();
    let layer = limited(LimitPolicy::evict_oldest()).open_streams(&streams);
    let polled = Arc::new(AtomicUsize::new(0));
    let left = thread::scope(|scope| {
        let readers = [(); THREADS].map(|()| {
            let (reader, opened) = mpsc::channel::<Stream>();
            scope.spawn(move || {
                for stream in opened {
                    assert!(block_on(stream.collect()).unwrap().to_bytes().is_empty());
                }
            });
            reader
        });
        let open = |turn: usize| {
            let stream = block_on(ask(&layer, &polled))?;
            readers[turn % THREADS].send(stream).ok()
        };
        let opened = (0..TURNS).filter_map(open).count();
        // The readers of the last streams, which have no order to end, wait for this.
        let left = streams.revoke(RevokePolicy::reconnect(), |_| true);
        (opened, left)
    });
    assert_eq!(streams.count(), 0);
    assert_eq!(left, (TURNS, THREADS / 2));
    assert_eq!(polled.load(SeqCst), TURNS);
}

#[test]
fn a_stream_that_is_revoked_while_it_is_polled_ends() {
    let streams = OpenStreams::new();
    let layer = layer().open_streams(&streams);
    for _ in 0..TURNS {
        let mut stream = open(&layer, 0, Handler::Waits).unwrap();
        thread::scope(|scope| {
            let ended = scope.spawn(move || {
                while look(&mut stream).is_pending() {
                    thread::yield_now();
                }
            });
            assert_eq!(
                streams.revoke(RevokePolicy::stop_reconnecting(), |_| true),
                1
            );
            ended.join().unwrap();
        });
        assert_eq!(streams.count(), 0);
    }
}
