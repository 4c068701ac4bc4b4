use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use loom::thread;

use crate::{
    Refuse, RefuseReason, RequestHead,
    limit::{KeyedLimit, Limit, MaxStreams, Permit},
    threads::in_every_order,
};

/// Claims a place on each of three threads, and returns who had one. The places are given back.
fn contend(
    most: usize,
    claim: impl Fn(usize) -> Result<Permit, RefuseReason> + Send + Sync + 'static,
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
            let limit = MaxStreams::new(most, Refuse);
            let claim = limit.clone();
            let claim = move |_| claim.claim().map_err(|(reason, _)| reason);
            let had = contend(most, claim);
            assert!(had.iter().filter(|had| **had).count() >= most);
            let again: Vec<_> = (0..most).map(|_| limit.claim().ok().unwrap()).collect();
            let Err((reason, _)) = limit.claim() else {
                panic!("{most} are open already");
            };
            assert_eq!(reason, RefuseReason::TooMany);
            drop(again);
        });
    }
}

#[test]
fn a_key_is_counted_by_itself() {
    in_every_order(3, || {
        let limit = KeyedLimit::new(|head: RequestHead<'_>| Some(head.key.to_owned()), 1, Refuse);
        let limit = Arc::new(limit);
        let claim = {
            let limit = Arc::clone(&limit);
            move |id| {
                let key = ["ada", "bob", "ada"][id];
                let claim = limit.of(RequestHead { key }).unwrap();
                claim.claim().map_err(|(reason, _)| reason)
            }
        };
        let [ada, bob, also_ada] = contend(2, claim.clone());
        assert!(bob && (ada || also_ada));
        for id in 0..2 {
            let _place = claim(id).ok().unwrap();
            assert_eq!(claim(id).err(), Some(RefuseReason::TooManyOfKey));
        }
    });
}
