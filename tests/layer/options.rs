use tower_sse::{Heartbeat, Preamble, Retry, SseOptions};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn of_the_handler_hold_for_its_response() {
    let (_feed, mut response) = adopted();
    response.extensions_mut().insert(
        SseOptions::new()
            .heartbeat(Heartbeat::every(SECOND).comment("own"))
            .keep_alive_header(false),
    );
    let layer = layer()
        .heartbeat(Heartbeat::off())
        .retry(Retry::fixed(SECOND));
    let mut response = send(&layer, get(), response).await;
    assert!(!response.headers().contains_key("connection"));
    assert_eq!(next(response.body_mut()).await.unwrap(), "retry: 1000\n");
    assert_eq!(next(response.body_mut()).await.unwrap(), ": own\n");
}

#[tokio::test(start_paused = true)]
async fn can_take_back_what_the_layer_has() {
    let (_feed, mut response) = adopted();
    let own = SseOptions::new().preamble(Preamble::off()).ignore_accept();
    response.extensions_mut().insert(own);
    let layer = layer().require_accept(true);
    let request = get().header("accept", "text/html");
    let mut response = send(&layer, request, response).await;
    assert_eq!(response.status(), 200);
    assert_eq!(next(response.body_mut()).await.unwrap(), ":\n");
}
