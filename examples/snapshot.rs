//! The state first, then each change: axum and a `StateChannel`.

use std::{collections::BTreeMap, env, io};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Serialize;
use tokio::net::TcpListener;
use tower_sse::{
    ChannelOptions, Error, Event, EventName, EventStream, LastEventId, PublishError, SseLayer,
    StateChannel, Subscription, Tagged,
};

const SCORES: EventName = EventName::from_static("scores");

/// A change: `event: score`, with its JSON as data.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Score { name: String, points: u64 },
}

type Scores = StateChannel<BTreeMap<String, u64>, Tagged<Change>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let scores = Scores::new(BTreeMap::new(), ChannelOptions::new());
    let app = Router::new()
        .route("/sse", get(watch))
        .route("/score/{name}", post(score))
        .layer(SseLayer::new())
        .with_state(scores);

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("a point for ada: curl -X POST http://{address}/score/ada");
    println!("watch, early and late: curl -N http://{address}/sse");
    axum::serve(listener, app).await
}

/// Sends all scores, and then each change. A client that comes back gets the changes that it has
/// missed, or all scores once more where they are not held any longer.
async fn watch(
    State(scores): State<Scores>,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, Error> {
    let all = |scores: &BTreeMap<_, _>| Event::json(scores).map(|event| event.name(SCORES));
    let subscription = scores.resume(last_event_id.as_ref(), all)?;
    Ok(EventStream::new(subscription))
}

/// Gives a point, and publishes the change in the same step.
async fn score(
    State(scores): State<Scores>,
    Path(name): Path<String>,
) -> Result<StatusCode, PublishError> {
    scores.update(|scores| {
        let points = scores.entry(name.clone()).or_default();
        *points += 1;
        let points = *points;
        Tagged(Change::Score { name, points })
    })?;
    Ok(StatusCode::NO_CONTENT)
}
