//! Channels that are added to and removed from open subscriptions on all nodes.

use tower_sse::{ChannelError, PublishError};

use crate::support::{id, open, publish, read, rest, store};

#[tokio::test(start_paused = true)]
async fn a_channel_is_added_and_removed_on_all_nodes() {
    let store = store();
    let (one, other) = (open(&store, 8).await, open(&store, 8).await);
    let mut here = one.subscriber("ada").subscribe(["news"]).await.unwrap();
    let mut there = other.subscriber("ada").subscribe(["news"]).await.unwrap();

    let added_at = one.subscribers("ada").add("sport").await.unwrap();
    assert_eq!(one.last_id(), added_at);
    publish(&other, "sport", "one").await;
    for stream in [&mut here, &mut there] {
        let got = rest(stream).await;
        let checkpoint = format!("checkpoint {added_at}");
        assert_eq!(got[0], "channel-added sport");
        assert!(got.contains(&"one".to_owned()), "{got:?} {checkpoint}");
    }

    one.subscribers("ada").remove("sport").await.unwrap();
    publish(&other, "sport", "two").await;
    publish(&other, "news", "three").await;
    for stream in [&mut here, &mut there] {
        assert_eq!(rest(stream).await, ["channel-removed sport", "three"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_takes_what_was_read_from_the_store_of_its_channel() {
    let store = store();
    let hub = open(&store, 2).await;
    let first = publish(&hub, "news", "zero").await;
    for text in ["one", "two", "three", "four", "five"] {
        publish(&hub, "news", text).await;
    }
    let ada = hub.subscriber("ada");
    let mut stream = ada.resume(["news"], id(&first).as_ref()).await.unwrap();
    assert_eq!(read(&mut stream, 1).await, ["one"]);
    hub.subscribers("ada").remove("news").await.unwrap();
    assert_eq!(rest(&mut stream).await, ["channel-removed news"]);
}

#[tokio::test(start_paused = true)]
async fn no_channel_can_be_added_that_nobody_can_have() {
    let store = store();
    let hub = open(&store, 8).await;
    let refused = hub.subscribers("ada").add("tower-sse:changes").await;
    assert!(
        matches!(refused, Err(PublishError::Channel(ChannelError::Reserved))),
        "{refused:?}"
    );
}
