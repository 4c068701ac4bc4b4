//! The metrics of a hub over a store.

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::runtime::Builder;
use tower_sse::Hub;

use crate::support::{cut, heal, options, plain, settle, way_to};

/// Returns what the metrics of outages have recorded since the last call, by their names.
fn recorded(snapshotter: &Snapshotter) -> Vec<(String, DebugValue)> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    let mut all: Vec<_> = all
        .map(|(key, _, _, value)| (key.key().name().to_owned(), value))
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn gauge(value: f64) -> DebugValue {
    DebugValue::Gauge(value.into())
}

/// Runs a test on a paused clock, with a recorder that its thread alone has.
fn with_recorder<F: Future<Output = ()>>(test: impl FnOnce(Snapshotter) -> F) {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(test(snapshotter)));
}

#[test]
fn record_each_outage_of_the_store() {
    with_recorder(async |snapshotter| {
        let store = plain();
        let way = way_to(&store);
        let hub = Hub::open(way.clone(), options(8).metrics()).await.unwrap();
        settle().await;
        let none = [("sse_store_outages_open".into(), gauge(0.0))];
        assert_eq!(recorded(&snapshotter), none);

        cut(&way).await;
        let begun = [
            ("sse_store_outages_open".into(), gauge(1.0)),
            ("sse_store_outages_total".into(), DebugValue::Counter(1)),
        ];
        assert_eq!(recorded(&snapshotter), begun);

        let since = hub.outage().unwrap().since;
        heal(&way);
        settle().await;
        let mut recorded = recorded(&snapshotter);
        let (name, DebugValue::Histogram(durations)) = recorded.remove(0) else {
            panic!("a duration is a histogram");
        };
        assert_eq!(name, "sse_store_outage_duration_seconds");
        let most = tokio::time::Instant::now().into_std() - since;
        let durations: Vec<_> = durations.iter().map(|one| one.into_inner()).collect();
        // The test waits for longer than the outage takes.
        let is_within = |one: &f64| *one > 0.0 && *one < most.as_secs_f64();
        assert!(
            durations.len() == 1 && durations.iter().all(is_within),
            "{durations:?}"
        );
        assert_eq!(recorded[0].1, gauge(-1.0));
    });
}

#[test]
fn a_hub_that_is_dropped_has_no_outage_any_more() {
    with_recorder(async |snapshotter| {
        let store = plain();
        let way = way_to(&store);
        let hub = Hub::open(way.clone(), options(8).metrics()).await.unwrap();
        cut(&way).await;
        recorded(&snapshotter);
        drop(hub);
        settle().await;
        let gauges = recorded(&snapshotter);
        assert_eq!(gauges[0], ("sse_store_outages_open".into(), gauge(-1.0)));
    });
}
