use hyper_util::rt::TokioTimer;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tower_sse::{Channel, EventStream, LagPolicy};

use crate::{
    served::{Served, silent},
    support::*,
};

#[test]
fn count_events_that_were_missed() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let channel = Channel::new(holding(2).lag_policy(LagPolicy::notify()));
        let layer = silent(TokioTimer::new()).metrics();
        let mut served = Served::new(layer, EventStream::new(channel.subscribe()));
        publish_numbers(&channel, 1..=5);
        assert_eq!(served.read().0.len(), 3);
        publish_numbers(&channel, 6..=9);
        assert_eq!(served.read().0.len(), 3);
        served.leave();
    });
    let metrics = snapshotter.snapshot().into_vec();
    let value = |name| {
        let found = metrics.iter().find(|(key, ..)| key.key().name() == name);
        &found.unwrap().3
    };
    let DebugValue::Counter(5) = value("sse_events_missed_total") else {
        panic!("3 and 2 were missed: {metrics:?}");
    };
    let DebugValue::Counter(6) = value("sse_events_total") else {
        panic!("4 were sent, and 2 notices: {metrics:?}");
    };
}
