//! A chat: the guests of a room and their messages. A page that was away gets the messages that it has
//! missed. At most the last hundred are kept, and the page shows where older ones are missing.

use std::{env, io, num::NonZeroUsize, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::Html,
    routing::{get, post},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower_sse::{
    ChannelError, ChannelOptions, ChannelStart, Event, EventId, EventStream, Hub, HubOptions,
    LastEventId, MakeServiceWithSocket, PublishError, SocketListener, SseLayer, Subscription,
    TcpOptions,
};

/// The channel of the messages.
const ROOM: &str = "room";
/// The feed of the room's guests: `event: joined` and `event: left`.
const HERE: &str = "presence:room";
/// The number of messages that are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(100).unwrap();
/// How long a guest stays in the list after the last page has closed: longer than a reload takes.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Message {
    name: String,
    message: String,
}

#[derive(Clone)]
struct Chat {
    hub: Hub,
    /// The position before the first message.
    beginning: EventId,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let options = ChannelOptions::new().max_events(KEPT).presence(GRACE);
    let hub = Hub::new(HubOptions::new().channel_options(options));
    let beginning = hub.last_id();
    let chat = Chat { hub, beginning };
    // Without these, a guest whose connection vanishes is listed for many minutes more.
    let layer = SseLayer::new()
        .last_event_id_query("lastEventId")
        .socket(TcpOptions::new())
        .stall_timeout(Duration::from_secs(30));
    let app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/sse", get(join).head(look))
        .route("/api/message", post(say))
        .layer(layer)
        .with_state(chat);

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open it in two tabs, or: curl -N 'http://{address}/sse?name=ada'");
    let listener = SocketListener::new(listener);
    axum::serve(listener, MakeServiceWithSocket(app.into_make_service())).await
}

#[derive(Deserialize)]
struct Guest {
    name: Option<String>,
}

impl Guest {
    fn name(&self) -> String {
        let name = self.name.as_deref().unwrap_or_default().trim();
        let name = name.chars().filter(|letter| !letter.is_control());
        let name: String = name.take(20).collect();
        if name.is_empty() {
            "guest".to_owned()
        } else {
            name
        }
    }
}

/// Sends the guests of the room, and the messages that this page does not have.
async fn join(
    State(chat): State<Chat>,
    Query(guest): Query<Guest>,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, ChannelError> {
    let messages = match last_event_id {
        Some(_) => ChannelStart::resume(ROOM),
        // Unlike a replay, it reports a gap if the first messages are no longer kept.
        None => ChannelStart::since(ROOM, chat.beginning),
    };
    let subscriber = chat.hub.subscriber(guest.name());
    let subscription = subscriber.resume([messages, HERE.into()], last_event_id.as_ref())?;
    Ok(EventStream::new(subscription))
}

/// Answers HEAD, which axum would otherwise route to `join`: a HEAD request does not join the room.
async fn look() -> EventStream<stream::Empty<Event>> {
    EventStream::new(stream::empty())
}

#[derive(Deserialize)]
struct Said {
    name: Option<String>,
    message: String,
}

async fn say(State(chat): State<Chat>, Json(said): Json<Said>) -> Result<StatusCode, PublishError> {
    let guest = Guest { name: said.name };
    let message = Message {
        name: guest.name(),
        message: said.message.chars().take(1000).collect(),
    };
    chat.hub.publish([ROOM], &tower_sse::Json(message))?;
    Ok(StatusCode::NO_CONTENT)
}
