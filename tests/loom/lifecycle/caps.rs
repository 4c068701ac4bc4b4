use std::sync::Arc;

use http::Request;
use loom::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

use crate::{
    LimitPolicy, RejectPolicy, RejectReason, RequestHead,
    layer::{Claim, Claims, KeyedLimit, Limit, MaxStreams, Permit},
    loom_tests::in_every_order,
    sync::Mutex,
};

/// Rejects at once.
fn reject() -> LimitPolicy {
    LimitPolicy::reject(RejectPolicy::empty_stream())
}

/// Claims a place at once, as for a request that was not sure to want a stream.
fn claim(claim: Box<dyn Claim>) -> Result<Permit, RejectReason> {
    let decided = Claims::new(vec![claim]).take(&Mutex::default(), &Arc::default());
    let mut permits = decided.map_err(|rejection| rejection.reason)?;
    Ok(permits.pop().unwrap())
}

/// Claims a place on each of three threads, and returns which had one. The places are given back.
fn contend(
    most: usize,
    claim: impl Fn(usize) -> Result<Permit, RejectReason> + Send + Sync + 'static,
) -> [bool; 3] {
    let (claim, open) = (Arc::new(claim), Arc::new(AtomicUsize::new(0)));
    let contend = |id| {
        let (claim, open) = (Arc::clone(&claim), Arc::clone(&open));
        move || {
            let permit = claim(id).ok();
            if permit.is_some() {
                assert!(open.fetch_add(1, SeqCst) < most);
                open.fetch_sub(1, SeqCst);
            }
            permit.is_some()
        }
    };
    let others = [1, 2].map(|id| thread::spawn(contend(id)));
    let first = contend(0)();
    let [second, third] = others.map(|other| other.join().unwrap());
    [first, second, third]
}

#[test]
fn no_more_are_open_than_may_be_and_all_places_come_back() {
    for most in 0..=3 {
        in_every_order(3, move || {
            let limit = MaxStreams::new(most, reject());
            let had = contend(most, {
                let limit = limit.clone();
                move |_| claim(limit.claim())
            });
            assert!(had.iter().filter(|had| **had).count() >= most);
            let again: Vec<_> = (0..most).map(|_| claim(limit.claim()).ok()).collect();
            assert!(again.iter().all(Option::is_some));
            assert_eq!(claim(limit.claim()).err(), Some(RejectReason::TooMany));
        });
    }
}

#[test]
fn a_key_is_counted_by_itself() {
    in_every_order(3, || {
        let key = |head: RequestHead<'_>| Some(head.uri().path().to_owned());
        let limit = Arc::new(KeyedLimit::new(key, 1, reject()));
        let of = move |id: usize| {
            let request = Request::get(["/ada", "/bob", "/ada"][id]).body(()).unwrap();
            claim(limit.claim(RequestHead::of(&request)).unwrap())
        };
        let [ada, bob, also_ada] = contend(2, of.clone());
        assert!(bob && (ada || also_ada));
        for id in 0..2 {
            let _place = of(id).ok().unwrap();
            assert_eq!(of(id).err(), Some(RejectReason::TooManyOfKey));
        }
    });
}
