//! One node: a page, its stream, and what the page says.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Html,
    routing::{get, post},
};
use serde::Deserialize;
use tokio::{net::TcpListener, time::sleep};
use tower_http::cors::CorsLayer;
use tower_sse::{
    BoxError, ChannelError, ChannelStart, Event, EventName, EventStream, Hub, HubOptions,
    LastEventId, PublishError, Retry, SseLayer, Stored, Subscription,
};
use tower_sse_redis::{RedisStore, RedisStoreOptions};

/// The channel of the messages.
const ROOM: &str = "room";
/// The first event of each stream: the name of the node that serves it.
const NODE: EventName = EventName::from_static("node");

#[derive(Clone)]
struct Node {
    name: String,
    hub: Hub<Stored>,
}

/// Serves one node at this address, whose page also knows the address of the other one.
pub(crate) async fn serve(
    name: &str,
    address: &str,
    other: &str,
    redis: &str,
) -> Result<(), BoxError> {
    let hub = open(redis).await;
    let node = Node {
        name: name.to_owned(),
        hub,
    };
    let page = include_str!("page.html").replace("OTHER", other);
    let layer = SseLayer::new()
        .last_event_id_query("lastEventId")
        .retry(Retry::fixed(Duration::from_secs(1)));
    let app = Router::new()
        .route("/", get(async || Html(page)))
        .route("/sse", get(stream))
        .route("/api/message", post(say))
        .layer(layer)
        // The page comes from one node, and reads and writes at the other when that one is gone.
        .layer(cors(other)?)
        .with_state(node);
    let listener = TcpListener::bind(address).await?;
    println!("{name} listens");
    axum::serve(listener, app).await?;
    Ok(())
}

fn cors(other: &str) -> Result<CorsLayer, BoxError> {
    Ok(CorsLayer::new()
        .allow_origin(format!("http://{other}").parse::<HeaderValue>()?)
        .allow_headers([CONTENT_TYPE]))
}

/// Opens the hub. A node that starts while Redis is away tries again.
async fn open(redis: &str) -> Hub<Stored> {
    loop {
        let opened = async {
            let store = RedisStore::connect(RedisStoreOptions::new(redis)?).await?;
            Ok::<_, BoxError>(Hub::open(store, HubOptions::new()).await?)
        };
        match opened.await {
            Ok(hub) => return hub,
            Err(error) => match error.source() {
                Some(cause) => eprintln!("{error}: {cause}"),
                None => eprintln!("{error}"),
            },
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Sends the messages that this page does not have; all that are kept to a page without an id.
async fn stream(
    State(node): State<Node>,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, ChannelError> {
    let start = match last_event_id {
        Some(_) => ChannelStart::resume(ROOM),
        None => ChannelStart::replay(ROOM),
    };
    let subscription = node.hub.resume([start], last_event_id.as_ref()).await?;
    let served_by = Event::new(node.name).name(NODE);
    Ok(EventStream::new(subscription.start_with(served_by)))
}

#[derive(Deserialize)]
struct Said {
    message: String,
}

async fn say(State(node): State<Node>, Json(said): Json<Said>) -> Result<StatusCode, PublishError> {
    let message = format!("{}: {}", node.name, said.message);
    node.hub.publish([ROOM], &Event::new(message)).await?;
    Ok(StatusCode::NO_CONTENT)
}
