//! What a layer and a handler say of a stream to callbacks.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use futures::{StreamExt, stream};
use tower_sse::{Event, EventStream, SseOptions};

use crate::{closing::Closes, support::*};

#[derive(Debug, Default)]
struct Usage {
    tokens: AtomicU64,
}

#[tokio::test(start_paused = true)]
async fn come_from_the_layer_and_from_the_handler() {
    let (closes, opened) = (Closes::default(), Arc::<Mutex<Vec<String>>>::default());
    let opens = Arc::clone(&opened);
    let layer = closes
        .watch(bare())
        .label("model", |_| Some("any".to_owned()))
        .label("side", |_| Some("layer".to_owned()))
        .tag("user", |_| Some("ada".to_owned()))
        .on_open(move |info| {
            let all = format!("{} {}", info.labels, info.tags);
            opens.lock().unwrap().push(all);
        });
    let usage = Arc::new(Usage::default());
    let counter = Arc::clone(&usage);
    let tokens = stream::iter(["one", "two"]).map(move |token| {
        counter.tokens.fetch_add(1, Ordering::Relaxed);
        Event::new(token)
    });
    let mut response = http::Response::from(EventStream::new(tokens));
    let own = SseOptions::new()
        .label("model", "toy")
        .tag("chat", "7")
        .data(usage);
    response.extensions_mut().insert(own);
    text(send(&layer, get(), response).await.into_body()).await;

    let summary = closes.summaries().pop().unwrap();
    assert_eq!(summary.labels.to_string(), "model=toy,side=layer");
    assert_eq!(summary.tags.to_string(), "user=ada,chat=7");
    assert_eq!(
        *opened.lock().unwrap(),
        ["model=toy,side=layer user=ada,chat=7"]
    );
    let usage = summary.data.get::<Usage>().unwrap();
    assert_eq!(usage.tokens.load(Ordering::Relaxed), 2);
    assert_eq!(
        summary.to_string(),
        "completed after 0.0ns, 2 events, 1 frames, 22 bytes, 0 heartbeats, \
         [Usage { tokens: 2 }]"
    );
}
