//! Stores that are slow, break, or contradict themselves.

use crate::support::{cut, open, pause, plain, publish, read, way_to};

#[tokio::test(start_paused = true)]
async fn a_replay_that_cannot_be_read_in_time_has_a_gap() {
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 2).await;
    let mut third = None;
    for text in ["1", "2", "3", "4"] {
        let id = publish(&hub, "news", text).await;
        third = third.or(Some(id).filter(|_| text == "3"));
    }
    pause().await;
    let mut replay = hub.replay(["news"]).await.unwrap();
    cut(&way).await;
    let gap = format!("gap {}", third.unwrap());
    assert_eq!(read(&mut replay, 3).await, [&*gap, "3", "4"]);
}
