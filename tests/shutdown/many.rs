//! Ten thousand streams, of which nothing is left.

use std::{
    env, fs,
    time::{Duration, Instant},
};

use allocation_counter::measure;
use axum::Router;
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Builder;
use tower_sse::Shutdown;

use crate::{
    AT_ONCE, alone,
    clients::{assert_spread, ends, open},
    descriptors, guard,
    rerun::Rerun,
    server::{Server, app},
    turn,
};

const STREAMS: usize = 10_000;

/// The most CPU time that the server may take, which depends little on other programs. An unoptimized
/// build takes 1.0 to 1.6 s.
const AT_MOST: Duration = Duration::from_secs(4);

/// The clients run in another process, for not every system lets one hold both ends.
const ADDRESS: &str = "TOWER_SSE_TEST_ADDRESS";
const COUNT: &str = "TOWER_SSE_TEST_COUNT";
const OPEN: &str = "all are open";
const ENDED: &str = "all have ended";

#[test]
fn ten_thousand_streams_end_at_once_and_leave_no_descriptor_open() {
    alone(async {
        descriptors::allow(STREAMS);
        // What is made once for a process is made now.
        serve_and_shut_down(10).await;
        let before = held();
        let (open, [took, cpu_time]) = serve_and_shut_down(STREAMS).await;
        println!(
            "ended {took:?} after the trigger, with {STREAMS} streams and {cpu_time:?} of CPU time"
        );
        assert!(cpu_time < AT_MOST, "{cpu_time:?}");
        assert!(took < 2 * AT_ONCE, "{took:?}");
        assert!(open >= before + STREAMS);
        assert_eq!(held(), before);
    });
}

/// Counts what is allocated, in one thread: what the system has given to the process, the allocator
/// keeps for later.
#[test]
fn ten_thousand_streams_leave_no_memory_allocated() {
    let _turn = turn();
    descriptors::allow(STREAMS);
    let run = |streams| {
        measure(|| {
            let mut runtime = Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(serve_and_shut_down(streams));
        })
    };
    run(10);
    let counted = run(STREAMS);
    println!(
        "{} bytes for each of {STREAMS} streams, hyper's buffers included, {} in all after",
        counted.bytes_max / STREAMS as u64,
        counted.bytes_current,
    );
    assert_eq!(counted.bytes_current, 0, "{counted:?}");
}

/// Returns how many descriptors were open with the streams, how long these took to end, and the CPU time
/// of this process until then.
async fn serve_and_shut_down(streams: usize) -> (usize, [Duration; 2]) {
    let shutdown = Shutdown::new();
    let server = Server::hyper(app(Router::new(), &shutdown), &shutdown).await;
    let environment = [
        (ADDRESS, &*server.address.to_string()),
        (COUNT, &streams.to_string()),
    ];
    let mut clients = Rerun::start("many::the_clients", environment);
    clients.until(OPEN).await;
    assert_eq!(shutdown.open_stream_count(), streams);
    let open = held();

    let (start, before) = (Instant::now(), cpu_time());
    shutdown.trigger();
    guard(server.serving).await.unwrap();
    let took = [start.elapsed(), cpu_time() - before];
    clients.until(ENDED).await;
    clients.succeeds().await;
    assert_eq!(guard(shutdown.drained()).await, streams);
    (open, took)
}

/// Returns the CPU time of this process.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

/// Returns how many descriptors this process holds.
fn held() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
#[ignore = "the clients of the tests above, which run it"]
fn the_clients() {
    let (Ok(address), Ok(count)) = (env::var(ADDRESS), env::var(COUNT)) else {
        return;
    };
    alone(async {
        let count = count.parse().unwrap();
        descriptors::allow(count);
        let clients = open(count, address.parse().unwrap()).await;
        eprintln!("{OPEN}");
        assert_spread(&ends(clients).await);
        eprintln!("{ENDED}");
    });
}
