//! The server that the clients read: axum, a `Channel` and the layer.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::StreamExt;
use tokio::{net::TcpListener, sync::watch};
use tower_sse::{
    Channel, ChannelOptions, Event, EventStream, Heartbeat, LastEventId, Retry, SseLayer,
    stop_reconnecting,
};

use crate::{guard, wire::Wire};

const HEARTBEAT: Duration = Duration::from_millis(40);
const RETRY: Duration = Duration::from_millis(200);
/// The epoch of the ids that tests expect.
const EPOCH: &str = "k3Zp9A";

pub(crate) struct Feed {
    pub(crate) url: String,
    pub(crate) wire: Wire,
    app: App,
}

#[derive(Clone)]
struct App {
    channel: Channel,
    end: watch::Sender<()>,
    visits: Arc<Mutex<Vec<Visit>>>,
}

/// When a client came, and where it wanted to go on.
pub(crate) type Visit = (Instant, Option<String>);

impl Feed {
    pub(crate) async fn start() -> Self {
        let app = App {
            channel: Channel::new(ChannelOptions::new()),
            end: watch::Sender::default(),
            visits: Arc::default(),
        };
        let layer = SseLayer::new()
            .heartbeat(Heartbeat::every(HEARTBEAT))
            .retry(Retry::fixed(RETRY));
        let router = Router::new()
            .route("/sse", get(subscribe))
            .route("/sse/chat/completions", post(subscribe))
            .layer(layer)
            .with_state(app.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Wire::to(listener.local_addr().unwrap()).await;
        tokio::spawn(async { axum::serve(listener, router).await });
        let url = format!("http://{}/sse", wire.address);
        Self { url, wire, app }
    }

    /// Writes the epoch of the channel in place of the one that tests expect.
    pub(crate) fn with_epoch(&self, text: &str) -> String {
        let last_id = self.app.channel.last_id();
        let (epoch, _) = last_id.as_str().split_once('-').unwrap();
        text.replace(EPOCH, epoch)
    }

    pub(crate) fn publish(&self, event: Event) {
        self.app.channel.publish(event).unwrap();
    }

    /// Ends the streams, as a server does that wants its clients to come back.
    pub(crate) async fn end(&self) {
        self.app.end.send_replace(());
        guard(self.app.channel.wait_until_idle()).await;
    }

    /// Ends the streams for good.
    pub(crate) fn finish(&self) {
        self.publish(Event::close());
        self.app.channel.close();
    }

    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.app.visits.lock().unwrap().clone()
    }
}

async fn subscribe(State(app): State<App>, last_event_id: Option<LastEventId>) -> Response {
    let id = last_event_id.as_ref().map(|id| id.to_string());
    app.visits.lock().unwrap().push((Instant::now(), id));
    if app.channel.is_closed() {
        return stop_reconnecting();
    }
    let mut end = app.end.subscribe();
    let events = match &last_event_id {
        // Without the checkpoint, which not all scripts listen to.
        None => app.channel.subscribe(),
        id => app.channel.resume(id.as_ref()),
    };
    let events = events.take_until(async move { end.changed().await });
    EventStream::new(events).into_response()
}
