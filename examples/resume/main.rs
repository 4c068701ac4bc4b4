//! Nothing is missed, however long a client was away: a channel, and a store behind it.

use std::{
    env,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    response::Html,
    routing::{get, post},
};
use futures::{Stream, TryStreamExt, stream};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_sse::{
    BoxError, Channel, ChannelOptions, Event, EventId, EventStream, Gap, GapPolicy, LastEventId,
    PublishError, SseLayer, Subscription,
};

/// How many events the channel holds. What is older comes from the store.
const HELD: NonZeroUsize = NonZeroUsize::new(16).unwrap();
/// How many events are read from the store at once.
const PAGE: u32 = 100;

/// All events that there ever were, in the order of their publication.
#[derive(Clone)]
struct Store(Arc<Mutex<Connection>>);

impl Store {
    fn open(path: PathBuf) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        let table =
            "create table if not exists event (id text unique not null, data text not null)";
        connection.execute_batch(table)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    fn last_id(&self) -> Result<Option<EventId>, BoxError> {
        let sql = "select id from event order by rowid desc limit 1";
        let id = self
            .lock()
            .query_row(sql, [], |row| row.get(0))
            .optional()?;
        Ok(id.map(|id: String| EventId::try_from(id)).transpose()?)
    }

    fn add(&self, id: &EventId, data: &str) -> rusqlite::Result<()> {
        let sql = "insert into event (id, data) values (?, ?)";
        self.lock().execute(sql, [id.as_str(), data]).map(drop)
    }

    /// Reads some of the events that come after one, or after the start. `None` if it knows neither.
    fn fetch(&self, after: &EventId) -> Result<Option<Vec<(EventId, Event)>>, BoxError> {
        let store = self.lock();
        let place = "select rowid from event where id = ?";
        let place = store.query_row(place, [after.as_str()], |row| row.get::<_, i64>(0));
        let Some(place) = place.optional()? else {
            return Ok(None);
        };
        let mut events =
            store.prepare("select id, data from event where rowid > ? order by rowid limit ?")?;
        let mut rows = events.query((place, PAGE))?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            let id = EventId::try_from(row.get::<_, String>(0)?)?;
            events.push((id.clone(), Event::new(row.get::<_, String>(1)?).id(id)));
        }
        Ok(Some(events))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds what a client has missed that the channel does not hold any more.
fn backfill(store: Store, gap: Gap) -> impl Stream<Item = Result<Event, BoxError>> {
    let (first, until) = (gap.last_event_id.clone(), gap.until.clone());
    let pages = stream::try_unfold(Some(first), move |after| {
        let (store, gap, until) = (store.clone(), gap.clone(), until.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let Some(page) = spawn_blocking(move || store.fetch(&after)).await?? else {
                // Not even the store knows that id.
                return Ok(Some((vec![gap.notice_event()], None)));
            };
            let missed = page.iter().take_while(|(id, _)| *id != until);
            let missed: Vec<_> = missed.cloned().collect();
            let is_more = missed.len() == PAGE as usize;
            let last = missed.last().filter(|_| is_more).map(|(id, _)| id.clone());
            let events = missed.into_iter().map(|(_, event)| event).collect();
            Ok::<_, BoxError>(Some((events, last)))
        }
    });
    pages
        .map_ok(|events: Vec<Event>| stream::iter(events.into_iter().map(Ok)))
        .try_flatten()
}

#[derive(Clone)]
struct App {
    channel: Channel,
    store: Store,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let path = env::var_os("EVENTS").map(PathBuf::from);
    let path = path.unwrap_or_else(|| env::temp_dir().join("tower-sse-events.sqlite"));
    println!("events are kept in {}", path.display());
    let store = Store::open(path)?;

    let backfill_store = store.clone();
    let options = ChannelOptions::new()
        .max_events(HELD)
        .gap_policy(GapPolicy::backfill(move |gap| {
            backfill(backfill_store.clone(), gap).inspect_err(|error| eprintln!("{error}"))
        }));
    let channel = match store.last_id()? {
        Some(last) => Channel::new(options.after(&last)),
        None => {
            // The start is no event, but a client that has seen none comes back with its id.
            let channel = Channel::new(options);
            store.add(&channel.last_id(), "")?;
            channel
        }
    };
    let app = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/sse", get(subscribe))
        .route("/events", post(publish))
        // A page of the store has room in memory.
        .layer(DefaultBodyLimit::max(16 * 1024))
        .layer(SseLayer::new().last_event_id_query("lastEventId"))
        .with_state(App { channel, store });

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
) -> EventStream<Subscription> {
    EventStream::new(app.channel.resume(last_event_id.as_ref()))
}

/// The data of an event: a text, or its lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Text(String),
    Lines(Vec<String>),
}

#[derive(Deserialize)]
struct Publish {
    data: Data,
}

async fn publish(
    State(App { channel, store }): State<App>,
    Json(Publish { data }): Json<Publish>,
) -> Result<String, PublishError> {
    let text = match data {
        Data::Text(text) => text,
        Data::Lines(lines) => lines.join("\n"),
    };
    let published = spawn_blocking(move || {
        channel.publish_with(Event::new(text.clone()), |id| store.add(id, &text))
    });
    let published = published.await.unwrap_or(Err(PublishError::Closed));
    let id = published.inspect_err(|error| eprintln!("{error:?}"))?;
    Ok(format!("{id}\n"))
}
