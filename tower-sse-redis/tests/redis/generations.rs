//! Generations over two nodes and one Redis.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::{runtime::Runtime, sync::oneshot, time::timeout};
use tower_sse::{
    Event, GenerationEnd, GenerationOptions, GenerationStream, Hub, HubOptions, LastEventId,
    StoredGenerations,
};
use tower_sse_redis::RedisStore;

use crate::server::Server;

const LEASE: Duration = Duration::from_secs(1);

/// Opens a node, as another process does.
async fn open(server: &Server) -> StoredGenerations {
    let store = RedisStore::connect(server.options()).await.unwrap();
    let options = HubOptions::new().presence_lease(LEASE);
    let hub = Hub::open(store, options).await.unwrap();
    StoredGenerations::new(&hub, GenerationOptions::new()).unwrap()
}

fn last_events(end: GenerationEnd) -> Vec<Event> {
    vec![Event::new(format!("end: {end}"))]
}

/// Reads the next event: its data and its id. `None` at a clean end.
async fn next(stream: &mut GenerationStream) -> Option<(String, LastEventId)> {
    let next = timeout(Duration::from_secs(60), stream.next()).await;
    let event = next.expect("nothing comes")?.unwrap();
    let text = std::str::from_utf8(event.as_bytes()).unwrap();
    let field = |name| {
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
    };
    let id = field("id: ").to_owned().try_into().unwrap();
    Some((field("data: ").to_owned(), LastEventId::new(id).unwrap()))
}

async fn read<const N: usize>(stream: &mut GenerationStream) -> [(String, LastEventId); N] {
    let mut read = Vec::new();
    for _ in 0..N {
        read.push(next(stream).await.expect("it has ended"));
    }
    read.try_into().unwrap()
}

#[tokio::test]
async fn it_is_resumed_and_stopped_at_another_node() {
    let server = Server::start();
    let (here, there) = (open(&server).await, open(&server).await);
    let words = stream::iter(["one", "two"]).chain(stream::pending());
    let (_, driver) = here.start("chat/7", words, last_events).await.unwrap();
    let driver = tokio::spawn(driver);
    let generation = here.get("chat/7").await.unwrap().unwrap();
    let mut first = generation.attach(None).await.unwrap();
    let [(one, id), (two, _)] = read(&mut first).await;
    assert_eq!([&*one, &*two], ["one", "two"]);

    let generation = there.get("chat/7").await.unwrap().unwrap();
    let mut resumed = generation.attach(Some(&id)).await.unwrap();
    let [(two, _)] = read(&mut resumed).await;
    assert_eq!(two, "two");
    generation.stop().await.unwrap();
    assert_eq!(driver.await.unwrap(), GenerationEnd::Stopped);
    for stream in [&mut first, &mut resumed] {
        let [(end, _)] = read(stream).await;
        assert_eq!(end, "end: stopped");
        assert!(next(stream).await.is_none());
    }
    assert_eq!(
        generation.end().await.unwrap(),
        Some(GenerationEnd::Stopped)
    );
}

#[tokio::test]
async fn a_node_that_is_killed_leaves_an_end() {
    let server = std::sync::Arc::new(Server::start());
    let there = open(&server).await;
    // With a runtime of its own, all of whose tasks go at once: nothing says goodbye.
    let runtime = Runtime::new().unwrap();
    let (started, has_started) = oneshot::channel();
    let at = std::sync::Arc::clone(&server);
    runtime.spawn(async move {
        let dying = open(&at).await;
        let words = stream::iter(["half"]).chain(stream::pending());
        let (_, driver) = dying.start("chat/7", words, last_events).await.unwrap();
        started.send(()).unwrap();
        driver.await
    });
    has_started.await.unwrap();
    let generation = there.get("chat/7").await.unwrap().unwrap();
    let mut stream = generation.attach(None).await.unwrap();
    let [(half, id)] = read(&mut stream).await;
    assert_eq!(half, "half");
    tokio::time::sleep(3 * LEASE).await;
    assert_eq!(generation.end().await.unwrap(), None, "it lives");
    runtime.shutdown_background();

    let [(end, _)] = read(&mut stream).await;
    assert_eq!(end, "end: failed");
    assert!(next(&mut stream).await.is_none());
    let mut resumed = generation.attach(Some(&id)).await.unwrap();
    let [(end, _)] = read(&mut resumed).await;
    assert_eq!(end, "end: failed");
    let (_, driver) = there
        .start("chat/7", stream::iter(["whole"]), last_events)
        .await
        .unwrap();
    assert_eq!(driver.await, GenerationEnd::Completed);
}
