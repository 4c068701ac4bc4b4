//! Stores that are emptied, and hubs that are closed.

use futures_util::StreamExt;
use tower_sse::CloseReason;

use crate::support::{open, publish, read, store};

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_closed_ends_its_streams() {
    let store = store();
    let hub = open(&store, 8).await;
    let mut stream = hub.subscribe(["news"]).await.unwrap();
    publish(&hub, "news", "one").await;
    assert_eq!(read(&mut stream, 1).await, ["one"]);
    drop(hub);
    assert!(stream.next().await.is_none());
    assert_eq!(stream.close_reason(), Some(CloseReason::Completed));
}
