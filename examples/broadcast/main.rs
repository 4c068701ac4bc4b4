//! One feed for all clients, which stops with the last of them: axum and a `Channel`.

use std::{env, io, time::Duration};

use axum::{
    Router,
    extract::State,
    response::Html,
    routing::{get, post},
};
use serde::Serialize;
use tokio::{net::TcpListener, time::interval};
use tower_sse::{
    Channel, ChannelOptions, EventStream, LastEventId, PublishError, SseLayer, Subscription, Tagged,
};

/// All that the feed can say: `event: tick` or `event: message`, with JSON as data.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum News {
    Tick { second: u64, clients: usize },
    Message(String),
}

type Feed = Channel<Tagged<News>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let feed = Feed::new(ChannelOptions::new());
    tokio::spawn(tick(feed.clone()));
    let app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/sse", get(subscribe))
        .route("/publish", post(publish))
        .fallback(async || "ok")
        .layer(SseLayer::new())
        .with_state(feed);

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open it in several tabs, or: curl -N http://{address}/sse");
    println!("publish to all of them:      curl -d hello http://{address}/publish");
    axum::serve(listener, app).await
}

/// Goes on where the client was, or begins with what comes next.
async fn subscribe(
    State(feed): State<Feed>,
    last_event_id: Option<LastEventId>,
) -> EventStream<Subscription> {
    EventStream::new(feed.resume(last_event_id.as_ref()))
}

async fn publish(State(feed): State<Feed>, text: String) -> Result<String, PublishError> {
    let id = feed.publish(Tagged(News::Message(text)))?;
    Ok(format!("{id}\n"))
}

/// Ticks while somebody listens.
async fn tick(feed: Feed) {
    while feed.wait_for_subscriber().await {
        println!("the first client is here: the feed begins");
        tokio::select! {
            () = tick_on(&feed) => return,
            () = feed.wait_until_idle() => println!("the last client has left: the feed stops"),
        }
    }
}

async fn tick_on(feed: &Feed) {
    let mut seconds = interval(Duration::from_secs(1));
    for second in 0.. {
        seconds.tick().await;
        let clients = feed.subscriber_count();
        if feed
            .publish(Tagged(News::Tick { second, clients }))
            .is_err()
        {
            return;
        }
    }
}
