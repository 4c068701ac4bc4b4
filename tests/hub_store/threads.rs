//! Hubs and clients on several threads. The clock of the system runs, because tasks on threads cannot pause it.

use std::num::NonZeroUsize;

use tower_sse::{
    Hub, LastEventId, Stored,
    store::{MemoryStore, MemoryStoreOptions},
};

use crate::support::{id, open, publish, read};

const EVENTS: usize = 1_000;

/// Returns the texts that a client gets after an id.
async fn client(hub: Hub<Stored>, last: Option<LastEventId>) -> Vec<String> {
    let mut stream = hub.resume(["news"], last.as_ref()).await.unwrap();
    read(&mut stream, EVENTS).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_on_several_threads_get_every_event() {
    let entries = NonZeroUsize::new(2 * EVENTS).unwrap();
    let store = MemoryStore::new(MemoryStoreOptions::new().max_entries(entries));
    // In memory there are so few events that most come from the store.
    let hubs = [open(&store, 8).await, open(&store, 8).await];
    let first = publish(&hubs[0], "news", "first").await;
    let clients = (0..8).map(|number: usize| {
        let hub = hubs[number % hubs.len()].clone();
        tokio::spawn(client(hub, id(&first)))
    });
    let early: Vec<_> = clients.collect();
    let expected: Vec<_> = (0..EVENTS).map(|number| number.to_string()).collect();
    for text in &expected {
        publish(&hubs[0], "news", text).await;
    }
    for client in early {
        assert!(client.await.unwrap() == expected);
    }
    // This task is on no thread of the runtime: a page can arrive while it is polled.
    for hub in hubs {
        assert!(client(hub, id(&first)).await == expected);
    }
}
