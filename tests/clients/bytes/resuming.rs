//! A channel and the layer, and clients that come back by themselves: each gets all events once.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use tokio::{net::TcpListener, sync::watch};
use tower_sse::{Channel, ChannelOptions, Event, EventStream, LastEventId, Retry, SseLayer};

use super::{
    check,
    clients::*,
    rust::{eventsource_client, reqwest_eventsource},
};
use crate::{
    ends::reader::{Reader, text},
    guard,
};

type Row = fn() -> Reader;

const NODE: &[Row] = &[
    event_source_of_node,
    eventsource,
    event_source_polyfill,
    reconnecting_eventsource,
    fetch_event_source,
];
// Without sseclient, which does not notice the end of a stream unless the connection ends with it.
const PYTHON: &[Row] = &[aiohttp_sse_client];
const RUST: &[Row] = &[reqwest_eventsource, eventsource_client];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_resume_without_loss() {
    read(NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_resume_without_loss() {
    read(PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_resume_without_loss() {
    read(RUST).await;
}

#[derive(Clone)]
struct App {
    channel: Channel,
    end: watch::Sender<()>,
}

async fn read(rows: &[Row]) {
    let read = async |start: &Row| {
        let reader = start();
        let (app, url) = serve().await;
        reader.read(&url);
        guard(app.channel.wait_for_subscriber()).await;
        app.publish("one");
        app.publish("two");
        reader.until(&url, |said| text(said) == "onetwo").await;
        app.end.send_replace(());
        guard(app.channel.wait_until_idle()).await;
        app.publish("three");
        guard(app.channel.wait_for_subscriber()).await;
        app.publish("four");
        let said = reader
            .until(&url, |said| text(said).ends_with("four"))
            .await;
        let wrong = (text(&said) != "onetwothreefour").then(|| format!("{said:?}"));
        wrong.into_iter().collect()
    };
    check(rows, read).await;
}

impl App {
    fn publish(&self, data: &'static str) {
        self.channel.publish(Event::new(data)).unwrap();
    }
}

async fn serve() -> (App, String) {
    let app = App {
        channel: Channel::new(ChannelOptions::new()),
        end: watch::Sender::default(),
    };
    let layer = SseLayer::new()
        .retry(Retry::fixed(Duration::from_millis(50)))
        // In which event-source-polyfill and reconnecting-eventsource have it.
        .last_event_id_query("lastEventId");
    let router = Router::new()
        .fallback(respond)
        .with_state(app.clone())
        .layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    (app, url)
}

async fn respond(State(app): State<App>, last_event_id: Option<LastEventId>) -> Response {
    let mut end = app.end.subscribe();
    let events = app.channel.resume(last_event_id.as_ref());
    let events = events.take_until(async move { end.changed().await });
    EventStream::new(events).into_response()
}
