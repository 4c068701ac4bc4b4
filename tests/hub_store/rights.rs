//! Clients whose right begins at a position that the store has no more.

use std::num::NonZeroUsize;

use tower_sse::{ChannelStart, Event, EventId, Hub, KeyPolicy, Stored};

use crate::{
    stores::{Damage, PlainStore},
    support::{
        cut, heal, id, open, options, pause, plain, publish, read, rest, settle, store, way_to,
    },
};

/// Opens a hub over a store that is of another epoch than the position. It may be a backup, so that the text was
/// published before the position.
async fn restored(text: &str) -> (Hub<Stored>, EventId) {
    let before = open(&store(), 8).await;
    let given_at = publish(&before, "team", "0").await;
    let hub = open(&plain(), 8).await;
    publish(&hub, "team", text).await;
    pause().await;
    (hub, given_at)
}

#[tokio::test(start_paused = true)]
async fn a_right_of_another_epoch_shows_nothing_from_before() {
    let (hub, given_at) = restored("secret").await;
    let start = [ChannelStart::since("team", given_at)];
    let mut first = hub.resume(start, None).await.unwrap();
    assert!(!first.gaps()[0].is_known);
    publish(&hub, "team", "welcome").await;
    assert_eq!(rest(&mut first).await, ["gap ", "welcome"]);
}

#[tokio::test(start_paused = true)]
async fn a_right_of_another_epoch_holds_for_a_client_that_comes_back() {
    let (hub, given_at) = restored("one").await;
    let last = publish(&hub, "team", "two").await;
    publish(&hub, "team", "three").await;
    pause().await;
    let start = [ChannelStart::since("team", given_at)];
    let mut resumed = hub.resume(start, id(&last).as_ref()).await.unwrap();
    assert!(resumed.gaps().is_empty());
    assert_eq!(rest(&mut resumed).await, ["three"]);
}

#[tokio::test(start_paused = true)]
async fn no_id_precedes_what_a_right_of_another_epoch_does_not_show() {
    let (hub, given_at) = restored("secret").await;
    for text in ["1", "2"] {
        publish(&hub, "news", text).await;
    }
    pause().await;
    let starts = || {
        let team = ChannelStart::since("team", given_at.clone());
        [ChannelStart::replay("news"), team]
    };
    let mut first = hub.resume(starts(), None).await.unwrap();
    assert_eq!(read(&mut first, 1).await, ["gap "]);
    for text in ["1", "2"] {
        let event = futures_util::StreamExt::next(&mut first).await.unwrap();
        assert_eq!(
            (crate::support::short(&event), event.id()),
            (text.into(), None)
        );
    }
    let unknown = EventId::from_static("zz99-7");
    let mut other = hub.resume(starts(), id(&unknown).as_ref()).await.unwrap();
    assert_eq!(read(&mut other, 1).await, ["gap "]);
    let event = futures_util::StreamExt::next(&mut other).await.unwrap();
    assert_eq!(
        (crate::support::short(&event), event.id()),
        ("1".into(), None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_right_of_another_epoch_that_is_given_now_shows_nothing_from_before() {
    let (hub, given_at) = restored("secret").await;
    let mut stream = hub.subscriber("ada").subscribe(["news"]).await.unwrap();
    let start = ChannelStart::since("team", given_at);
    hub.subscribers("ada").add(start).await.unwrap();
    publish(&hub, "team", "welcome").await;
    let got = rest(&mut stream).await;
    assert_eq!(got[..2], ["channel-added team", "gap "]);
    assert!(!got.contains(&"secret".to_owned()), "{got:?}");
    assert!(got.contains(&"welcome".to_owned()), "{got:?}");
}

/// A node that has not noticed that its store was emptied, and cannot ask it.
async fn behind(store: &PlainStore) -> (Hub<Stored>, EventId, EventId) {
    let way = way_to(store);
    let (one, other) = (open(store, 8).await, open(&way, 8).await);
    let last = publish(&one, "news", "0").await;
    publish(&one, "team", "secret").await;
    settle().await;
    cut(&way).await;
    store.wipe("cd34".parse().unwrap());
    settle().await;
    let given_at = one.subscribers("ada").add("team").await.unwrap();
    assert!(given_at.as_str().starts_with("cd34-"));
    (other, last, given_at)
}

#[tokio::test(start_paused = true)]
async fn a_right_of_an_epoch_that_the_node_has_not_begun_shows_nothing_from_before() {
    let store = plain();
    let (hub, last, given_at) = behind(&store).await;
    for last in [None, id(&last)] {
        let start = [ChannelStart::since("team", given_at.clone())];
        let mut stream = hub.resume(start, last.as_ref()).await.unwrap();
        let got = rest(&mut stream).await;
        assert!(!got.contains(&"secret".to_owned()), "{got:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_right_of_another_epoch_shows_no_older_keys() {
    let before = open(&store(), 8).await;
    let given_at = publish(&before, "team", "0").await;
    let keys = NonZeroUsize::new(8).unwrap();
    let options = options(8).each(move |_, options| options.keyed(keys, KeyPolicy::reject()));
    let way = way_to(&plain());
    heal(&way);
    let hub = Hub::open(way, options).await.unwrap();
    let prices = hub.keyed_channel("prices").unwrap();
    prices.publish("tea", Event::new("tea 3")).await.unwrap();
    pause().await;
    let start = [ChannelStart::since("prices", given_at)];
    let mut stream = hub.resume(start, None).await.unwrap();
    prices.publish("oil", Event::new("oil 7")).await.unwrap();
    assert_eq!(rest(&mut stream).await, ["snapshot prices", "oil 7"]);
}
