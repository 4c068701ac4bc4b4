//! A vote: results that are live, and kept when the server is killed.

use std::{
    env, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{Html, Redirect},
    routing::{get, post},
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_sse::{
    BoxError, ChannelOptions, EventStream, KeyedChannel, LastEventId, Retry, SseLayer,
    Subscription, Tagged,
};

/// The only key of the channel: a client needs nothing but the newest results.
const KEY: &str = "votes";

/// The results: `event: votes`, with JSON such as `{"yes":2,"no":1}` as data.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Results {
    Votes { yes: u32, no: u32 },
}

impl Results {
    fn count(store: &Connection) -> rusqlite::Result<Self> {
        let sql = "select count(*) filter (where yes), count(*) filter (where not yes) from vote";
        store.query_row(sql, [], |row| {
            let (yes, no) = (row.get(0)?, row.get(1)?);
            Ok(Self::Votes { yes, no })
        })
    }
}

/// The newest results, and the database of the votes.
#[derive(Clone)]
struct Poll {
    live: KeyedChannel<Tagged<Results>>,
    store: Arc<Mutex<Connection>>,
}

impl Poll {
    fn open(path: PathBuf) -> Result<Self, BoxError> {
        let store = Connection::open(path)?;
        store.execute_batch("create table if not exists vote (yes boolean not null)")?;
        let live = KeyedChannel::new(ChannelOptions::new());
        live.publish(KEY, Tagged(Results::count(&store)?))?;
        let store = Arc::new(Mutex::new(store));
        Ok(Self { live, store })
    }

    /// Stores a vote, and then publishes the results.
    fn add(&self, yes: bool) -> Result<(), BoxError> {
        // Held until all is done: results are published in the order in which votes are stored.
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.execute("insert into vote (yes) values (?)", [yes])?;
        self.live.publish(KEY, Tagged(Results::count(&store)?))?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let path = env::var_os("VOTES").map(PathBuf::from);
    let path = path.unwrap_or_else(|| env::temp_dir().join("tower-sse-votes.sqlite"));
    println!("votes are kept in {}", path.display());
    let poll = Poll::open(path)?;
    let page = |page: &'static str| get(async move || Html(page));
    let app = Router::new()
        .route("/", page(include_str!("vote.html")))
        .route("/vote", post(vote))
        .route("/thanks", page(include_str!("thanks.html")))
        .route("/result", page(include_str!("result.html")))
        .route("/stream", get(stream))
        .layer(SseLayer::new().retry(Retry::fixed(Duration::from_secs(1))))
        .with_state(poll);
    Ok(serve(app).await?)
}

async fn serve(app: Router) -> io::Result<()> {
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("vote there, and watch http://{address}/result");
    axum::serve(listener, app).await
}

#[derive(Deserialize)]
struct Choice {
    yes: bool,
}

async fn vote(
    State(poll): State<Poll>,
    Form(choice): Form<Choice>,
) -> Result<Redirect, StatusCode> {
    // Writing to the disk blocks, so it has a thread of its own.
    match spawn_blocking(move || poll.add(choice.yes)).await {
        // A page that is reloaded after the redirect does not vote again.
        Ok(Ok(())) => Ok(Redirect::to("/thanks")),
        failed => {
            eprintln!("a vote was not stored: {failed:?}");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Sends the results so far, and again after each vote.
async fn stream(
    State(poll): State<Poll>,
    last_event_id: Option<LastEventId>,
) -> EventStream<Subscription> {
    EventStream::new(poll.live.resume(last_event_id.as_ref()))
}
