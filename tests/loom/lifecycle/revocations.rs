use std::sync::Arc;

use loom::thread;

use super::{requests::wait_for_order, threads::Never};
use crate::{
    OpenStreams, RevokePolicy, StreamInfo,
    layer::{Control, EndOrder},
    loom_tests::in_every_order,
    time::SharedTimer,
};

fn open(streams: &OpenStreams) -> (impl Drop + Send + use<>, Arc<Control>) {
    let control = Arc::default();
    let info = StreamInfo::default();
    let registered = streams.add(&info, &control, None, &SharedTimer::new(Never));
    (registered, control)
}

fn revoke(streams: &OpenStreams) -> usize {
    streams.revoke(RevokePolicy::stop_reconnecting(), |_| true)
}

#[test]
fn a_stream_that_is_revoked_is_woken() {
    in_every_order(3, || {
        let streams = OpenStreams::new();
        let (registered, control) = open(&streams);
        let stream = thread::spawn(move || {
            wait_for_order(&control);
            drop(registered);
        });
        assert_eq!(revoke(&streams), 1);
        stream.join().unwrap();
        assert_eq!(streams.count(), 0);
    });
}

#[test]
fn a_stream_that_closes_meanwhile_has_the_order_or_is_not_revoked() {
    in_every_order(3, || {
        let streams = OpenStreams::new();
        let (registered, control) = open(&streams);
        let stream = thread::spawn(move || drop(registered));
        let revoked = revoke(&streams);
        stream.join().unwrap();
        assert_eq!(control.order().is_some(), revoked == 1);
        assert_eq!((streams.count(), revoke(&streams)), (0, 0));
    });
}

#[test]
fn a_stream_ends_for_one_reason() {
    in_every_order(3, || {
        let streams = OpenStreams::new();
        let (_registered, control) = open(&streams);
        let revoked = thread::spawn({
            let streams = streams.clone();
            move || revoke(&streams) == 1
        });
        let evicted = control.end(EndOrder::Evict);
        let revoked = revoked.join().unwrap();
        assert_ne!(evicted, revoked);
        let is_evicted = matches!(control.order(), Some(EndOrder::Evict));
        assert_eq!(is_evicted, evicted);
    });
}
