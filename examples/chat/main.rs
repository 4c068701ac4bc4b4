//! A chat: who is here, and what is said. A page that was away gets what it has missed, or the last
//! hundred messages, and says so where older ones are missing.

use std::{
    collections::{BTreeMap, VecDeque},
    env, io,
    time::Duration,
};

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
    ChannelOptions, Event, EventId, EventName, EventStream, LastEventId, MakeServiceWithSocket,
    PublishError, SocketListener, SseLayer, StateChannel, Subscription, Tagged, TcpOptions,
};
use uuid::Uuid;

/// How many messages a page gets that comes for the first time, or was away for too long.
const KEPT: usize = 100;
const ROOM: EventName = EventName::from_static("room");

/// All that happens here: `event: joined`, `left` or `message`.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Joined { name: String },
    Left { name: String },
    Message(Message),
}

#[derive(Clone, Serialize)]
struct Message {
    /// From 1 on, so that a page knows which it has, and whether some are missing.
    number: u64,
    name: String,
    message: String,
}

/// What a page shows: sent first, as `event: room`.
#[derive(Default, Serialize)]
struct Room {
    /// Another when the server has been started again.
    id: String,
    /// With the number of pages that each has open.
    here: BTreeMap<String, usize>,
    messages: VecDeque<Message>,
}

type Chat = StateChannel<Room, Tagged<Change>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let room = Room {
        id: Uuid::new_v4().to_string(),
        ..Room::default()
    };
    let chat = Chat::new(room, ChannelOptions::new());
    // Without these, a guest whose connection vanishes is listed for many minutes more.
    let layer = SseLayer::new()
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
        let name: String = name.chars().take(20).collect();
        if name.is_empty() {
            "guest".to_owned()
        } else {
            name
        }
    }
}

/// Sends the room as it is and what changes, or what a page has missed that was here before.
async fn join(
    State(chat): State<Chat>,
    Query(guest): Query<Guest>,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, StatusCode> {
    let name = guest.name();
    let room = |room: &Room| Event::json(room).map(|event| event.name(ROOM));
    let subscription = chat.resume(last_event_id.as_ref(), room);
    let subscription = subscription.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    enter(&chat, &name).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(EventStream::new(subscription).on_drop(move || leave(&chat, name)))
}

/// Answers HEAD, which axum would give to `join`: a HEAD request does not join the room.
async fn look() -> EventStream<stream::Empty<Event>> {
    EventStream::new(stream::empty())
}

fn enter(chat: &Chat, name: &str) -> Result<EventId, PublishError> {
    chat.update(|room| {
        *room.here.entry(name.to_owned()).or_default() += 1;
        let name = name.to_owned();
        Tagged(Change::Joined { name })
    })
}

/// Runs when the page is gone.
fn leave(chat: &Chat, name: String) {
    let left = chat.update(|room| {
        if let Some(pages) = room.here.get_mut(&name) {
            *pages -= 1;
            if *pages == 0 {
                room.here.remove(&name);
            }
        }
        Tagged(Change::Left { name })
    });
    if let Err(error) = left {
        eprintln!("{error}");
    }
}

#[derive(Deserialize)]
struct Said {
    name: Option<String>,
    message: String,
}

async fn say(State(chat): State<Chat>, Json(said): Json<Said>) -> Result<StatusCode, PublishError> {
    let guest = Guest { name: said.name };
    let published = chat.update(|room| {
        let message = Message {
            number: room.messages.back().map_or(1, |last| last.number + 1),
            name: guest.name(),
            message: said.message.chars().take(1000).collect(),
        };
        room.messages.push_back(message.clone());
        if room.messages.len() > KEPT {
            room.messages.pop_front();
        }
        Tagged(Change::Message(message))
    });
    published.map(|_| StatusCode::NO_CONTENT)
}
