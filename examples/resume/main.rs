//! Nothing is missed, however long a client was away and whenever the server is killed: the events are stored in
//! the transaction that stores what they are about.

mod application;
mod store;

use std::{env, num::NonZeroUsize, path::PathBuf};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::Html,
    routing::get,
};
use rusqlite::ErrorCode;
use serde::Deserialize;
use tokio::net::TcpListener;
use tower_sse::{
    BoxError, ChannelError, ChannelOptions, EventStream, Hub, HubOptions, LastEventId, SseLayer,
    Stored, Subscription,
};

use self::{
    application::{CHANNEL, Order, Orders},
    store::{SqliteError, SqliteOptions, SqliteStore},
};

/// How many events the hub holds in memory. What is older comes from the store.
const HELD: NonZeroUsize = NonZeroUsize::new(16).unwrap();

#[derive(Clone)]
struct App {
    hub: Hub<Stored>,
    orders: Orders,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let path = env::var_os("ORDERS").map(PathBuf::from);
    let path = path.unwrap_or_else(|| env::temp_dir().join("tower-sse-orders.sqlite"));
    println!("orders and events are kept in {}", path.display());
    let store = SqliteStore::open(path, SqliteOptions::default()).await?;

    let channels = ChannelOptions::new().max_events(HELD);
    let options = HubOptions::new().channel_options(channels);
    let app = App {
        hub: Hub::open(store.clone(), options).await?,
        orders: Orders::open(store).await?,
    };
    let app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/sse", get(subscribe))
        .route("/orders", get(list).post(place))
        // A page of the store has room in memory.
        .layer(DefaultBodyLimit::max(16 * 1024))
        .layer(SseLayer::new().last_event_id_query("lastEventId"))
        .with_state(app);

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open it in a browser, or: curl -N http://{address}/sse");
    axum::serve(listener, app).await?;
    Ok(())
}

async fn subscribe(
    State(app): State<App>,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, ChannelError> {
    let subscription = app.hub.resume([CHANNEL], last_event_id.as_ref()).await?;
    Ok(EventStream::new(subscription))
}

async fn list(State(app): State<App>) -> Result<Json<Vec<Order>>, StatusCode> {
    app.orders.all().await.map(Json).map_err(status)
}

#[derive(Deserialize)]
struct Place {
    items: Vec<String>,
}

/// Places an order. The hub publishes its event when it finds it in the store.
async fn place(
    State(app): State<App>,
    Json(Place { items }): Json<Place>,
) -> Result<String, StatusCode> {
    let number = app.orders.place(items).await.map_err(status)?;
    Ok(format!("order {number}\n"))
}

fn status(error: SqliteError) -> StatusCode {
    if error.code() == Some(ErrorCode::ConstraintViolation) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    eprintln!("{error}: {error:?}");
    StatusCode::INTERNAL_SERVER_ERROR
}
