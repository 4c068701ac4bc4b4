//! What the nodes send, and messages that they do not know.

use tower_sse::store::{Batch, Entry, PublisherId};

use super::*;
use crate::support::{open, pause, plain};

#[tokio::test(start_paused = true)]
async fn a_hub_without_a_presence_sends_nothing() {
    let store = plain();
    let (one, other) = (open(&store, 8).await, node(&store).await);
    let _ada = enter(&one, "ada").await;
    let _bob = other.subscriber("bob").subscribe(["news"]).await.unwrap();
    sleep(60.0).await;
    assert_eq!(kinds(&store), "");
}

#[tokio::test(start_paused = true)]
async fn a_node_with_names_sends_a_lease_every_five_seconds() {
    let store = plain();
    let one = node(&store).await;
    let _ada = enter(&one, "ada").await;
    sleep(61.0).await;
    assert_eq!(
        kinds(&store),
        ["hello changes", &" lease".repeat(12)].concat()
    );
}

#[tokio::test(start_paused = true)]
async fn a_reload_sends_nothing() {
    let store = plain();
    let one = node(&store).await;
    let before = enter(&one, "ada").await;
    pause().await;
    drop(before);
    sleep(2.0).await;
    let _after = enter(&one, "ada").await;
    sleep(2.9).await;
    assert_eq!(kinds(&store), "hello changes");
}

#[tokio::test(start_paused = true)]
async fn names_that_come_at_once_are_one_message() {
    let store = plain();
    let one = node(&store).await;
    names(&one);
    pause().await;
    let mut streams = Vec::new();
    for name in ["ada", "bob", "eve"] {
        streams.push(enter(&one, name).await);
    }
    pause().await;
    let message = messages(&store).pop().unwrap();
    assert!(
        message.ends_with("7:=room/74:+ada4:+bob4:+eve"),
        "{message}"
    );
}

/// A node that is written by hand.
struct OtherNode {
    store: PlainStore,
    publisher: PublisherId,
    counter: u64,
}

impl OtherNode {
    fn new(store: &PlainStore) -> Self {
        Self {
            store: store.clone(),
            publisher: PublisherId::draw(),
            counter: 0,
        }
    }

    async fn send(&mut self, bytes: &'static [u8]) {
        self.counter += 1;
        let entries = [Entry::ephemeral("tower-sse:presence", bytes)];
        let batch = Batch::new(self.publisher, self.counter, &entries);
        self.store.append(batch).await.unwrap();
        pause().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_understands_these_bytes() {
    let store = plain();
    let one = node(&store).await;
    let mut watching = watch(&one).await;
    let mut other = OtherNode::new(&store);
    other.send(b"1:17:changes1:77:=room/74:+ada4:+bob").await;
    assert_eq!(names(&one), "ada bob");
    assert_eq!(ready(&mut watching), ["joined ada", "joined bob"]);
    other.send(b"1:17:changes1:77:=room/74:-ada4:+eve").await;
    assert_eq!(names(&one), "bob eve");
    assert_eq!(ready(&mut watching), ["left ada", "joined eve"]);
    other
        .send(b"1:15:state1:71:11:04:more7:=room/74:+dan")
        .await;
    assert_eq!(names(&one), "bob eve");
    other
        .send(b"1:15:state1:71:11:14:last7:=room/74:+eve")
        .await;
    assert_eq!(names(&one), "dan eve");
    // A part without the one before it.
    other
        .send(b"1:15:state1:71:21:14:last7:=room/74:+bob")
        .await;
    assert_eq!(names(&one), "dan eve");
    // A state whose second part is missing, and one whose second part is of another.
    for parts in [
        [
            &b"1:15:state1:71:31:04:more"[..],
            b"1:15:state1:71:31:24:last",
        ],
        [b"1:15:state1:71:41:04:more", b"1:15:state1:71:51:14:last"],
    ] {
        for part in parts {
            other.send(part).await;
        }
        assert_eq!(names(&one), "dan eve");
    }
    // It has other names than these, and says so.
    other.send(b"1:15:lease1:71:21:0").await;
    assert!(messages(&store).pop().unwrap().ends_with("1:7"));
    assert!(kinds(&store).ends_with("lease ask"), "{}", kinds(&store));
    assert_eq!(ready(&mut watching), ["left bob", "joined dan"]);
    other.send(b"1:13:bye1:7").await;
    assert_eq!(names(&one), "dan eve");
    sleep(4.1).await;
    assert_eq!(names(&one), "");
    assert_eq!(ready(&mut watching), ["left dan", "left eve"]);
}

#[tokio::test(start_paused = true)]
async fn a_node_ignores_what_it_does_not_know() {
    let store = plain();
    let one = node(&store).await;
    let mut watching = watch(&one).await;
    pause().await;
    let mut other = OtherNode::new(&store);
    let unknown: [&'static [u8]; 6] = [
        b"1:27:changes1:77:=room/74:+ada",
        b"1:16:rename1:77:=room/74:+ada",
        b"1:17:changes1:77:=room/74:*ada",
        b"1:17:changes1:77:=room/74:+ad",
        b"event: joined\ndata: ada\n\n",
        b"1:17:changes1:77:=room/74:+ad\xff",
    ];
    for bytes in unknown {
        other.send(bytes).await;
    }
    assert_eq!(names(&one), "");
    assert_eq!(ready(&mut watching), [] as [&str; 0]);
    other.send(b"1:17:changes1:77:=room/74:+ada").await;
    assert_eq!(names(&one), "ada");
}
