//! Ten thousand clients of one channel, and some that do not read.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures::StreamExt;
use tokio::{io::AsyncWriteExt, time::interval};
use tower_sse::{Channel, ChannelOptions, Event};

use crate::{
    alone, descriptors, guard,
    readers::{ADDRESS, ENDED, EPOCH, EVENTS, OPEN, READ, READING, STUCK, data},
    rerun::Rerun,
    server::{Server, frugal, quiet, small_socket},
};

const EVERY: Duration = Duration::from_millis(10);

/// The longest that publishing may take. It wakes all waiting tasks, which takes some
/// milliseconds unoptimized; if it waited for a client that does not read, it would not end.
const AT_MOST: Duration = Duration::from_millis(250);

/// The most KiB by which the server may grow for each stream: a frame, in memory that may be twice as
/// long, and what hyper holds beside. All events are three times as much.
const GROWTH: usize = 2 * 16 + 8;

#[test]
#[ignore = "takes a quarter of a minute; `tests/all` runs it"]
fn ten_thousand_get_every_event_in_order_and_clients_that_do_not_read_delay_none() {
    alone(async {
        descriptors::allow(READING + STUCK);
        let channel = Channel::new(ChannelOptions::new());
        let taken = Arc::new(AtomicUsize::new(0));
        let server = serve(&channel, &taken);
        let before = channel.publish(Event::new("before all")).unwrap();
        let epoch = before.as_str().strip_suffix("-1").unwrap();
        let address = server.address.to_string();
        let clients = [(ADDRESS, &*address), (EPOCH, epoch)];
        let mut clients = Rerun::start("readers::the_clients", clients);
        clients.until(OPEN).await;
        assert_eq!(channel.subscriber_count(), READING + STUCK);

        let (memory, start) = (resident(), Instant::now());
        let publishing = tokio::spawn(publish(channel.clone()));
        let (times, most) = guard(publishing).await.unwrap();
        let published = start.elapsed();
        clients.until(READ).await;
        let read = start.elapsed();
        let growth = most.max(resident()).saturating_sub(memory);
        report(published, read, &times);
        println!("grown by {growth} KiB, from {memory}");
        assert!(times[EVENTS - 1] < AT_MOST);
        assert!(growth < GROWTH * (READING + STUCK));
        assert!(
            taken.load(Relaxed) < STUCK * EVENTS / 2,
            "no client was stuck"
        );

        channel.close();
        let stdin = clients.child.stdin.as_mut().unwrap();
        stdin.write_all(b"\n").await.unwrap();
        clients.until(ENDED).await;
        clients.succeeds().await;
        guard(channel.wait_until_idle()).await;
        server.end().await;
    });
}

/// Serves the channel, and counts what is taken from it for the clients that do not read.
fn serve(channel: &Channel, taken: &Arc<AtomicUsize>) -> Server {
    let (channel, taken) = (channel.clone(), Arc::clone(taken));
    let subscribe = move |path: &str, _: Option<&_>| {
        let (is_stuck, taken) = (path == "/stuck", Arc::clone(&taken));
        channel.subscribe().inspect(move |_| {
            taken.fetch_add(usize::from(is_stuck), Relaxed);
        })
    };
    Server::start(frugal(), quiet(), small_socket(), subscribe)
}

/// Publishes all events. Returns how long each took, the longest last, and the most memory that the
/// process had.
async fn publish(channel: Channel) -> (Vec<Duration>, usize) {
    let (mut times, mut most) = (Vec::new(), 0);
    let mut ticks = interval(EVERY);
    for number in 2..EVENTS + 2 {
        ticks.tick().await;
        let event = Event::new(data(number));
        times.push(time(|| channel.publish(event).unwrap()));
        most = most.max(resident());
    }
    times.sort_unstable();
    (times, most)
}

/// Returns how long something takes, without the time that this thread waits for a processor.
fn time<R>(run: impl FnOnce() -> R) -> Duration {
    let (waited, start) = (waited(), Instant::now());
    run();
    let took = start.elapsed();
    took.saturating_sub(self::waited() - waited)
}

/// Returns how long this thread has waited for a processor. None where the system does not say.
fn waited() -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = statistics.split(' ').nth(1);
    Duration::from_nanos(nanos.map_or(0, |nanos| nanos.parse().unwrap()))
}

/// Returns how much memory this process has, in KiB.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let (_, rest) = status.split_once("\nVmRSS:").unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

fn report(published: Duration, read: Duration, times: &[Duration]) {
    let deliveries = (READING * EVENTS) as f64 / read.as_secs_f64();
    println!("published in {published:.1?}, read after {read:.1?}: {deliveries:.0} a second");
    let at = |share| times[(times.len() - 1) * share / 1000];
    let (median, most, longest) = (at(500), at(990), at(1000));
    println!("publishing takes {median:?}, in one of a hundred {most:?}, at most {longest:?}");
}
