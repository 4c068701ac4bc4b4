//! A vote: results that are live, and kept when the server is killed.

use std::{
    env, io,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{Html, Redirect},
    routing::get,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_sse::{
    BoxError, ChannelOptions, Error, Event, EventName, EventStream, LagPolicy, LastEventId, Retry,
    SseLayer, StateChannel, Subscription,
};

const VOTES: EventName = EventName::from_static("votes");

/// The data of each event: `{"yes": 2, "no": 1}`.
#[derive(Serialize)]
struct Votes {
    yes: u32,
    no: u32,
}

impl Votes {
    fn event(&self) -> Result<Event, BoxError> {
        Ok(Event::json(self)?.name(VOTES))
    }
}

/// The votes as they are, and where they are kept.
#[derive(Clone)]
struct Poll {
    live: StateChannel<Votes>,
    store: Arc<Mutex<Connection>>,
}

impl Poll {
    fn open(path: PathBuf, options: ChannelOptions) -> rusqlite::Result<Self> {
        let store = Connection::open(path)?;
        store.execute_batch("create table if not exists vote (yes boolean not null)")?;
        let count = |yes| {
            let sql = "select count(*) from vote where yes = ?";
            store.query_row(sql, [yes], |row| row.get(0))
        };
        let votes = Votes {
            yes: count(true)?,
            no: count(false)?,
        };
        let live = StateChannel::new(votes, options);
        let store = Arc::new(Mutex::new(store));
        Ok(Self { live, store })
    }

    /// Stores a vote, and then publishes it.
    fn add(&self, yes: bool) -> Result<(), BoxError> {
        // Held until all is done: votes are published in the order in which they are stored.
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.execute("insert into vote (yes) values (?)", [yes])?;
        self.live.update(|votes| {
            match yes {
                true => votes.yes += 1,
                false => votes.no += 1,
            }
            votes.event()
        })?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = env::var_os("VOTES").map(PathBuf::from);
    let path = path.unwrap_or_else(|| env::temp_dir().join("tower-sse-votes.sqlite"));
    println!("votes are kept in {}", path.display());
    // Of results the newest are all that counts.
    let options = ChannelOptions::new()
        .max_events(NonZeroUsize::MIN)
        .lag_policy(LagPolicy::newest());
    let poll = Poll::open(path, options)?;
    let page = |page: &'static str| get(async move || Html(page));
    let app = Router::new()
        .route("/", page(include_str!("vote.html")))
        .route(
            "/vote",
            get(vote).head(async || StatusCode::METHOD_NOT_ALLOWED),
        )
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
    Query(choice): Query<Choice>,
) -> Result<Redirect, StatusCode> {
    // The disk is waited for elsewhere.
    match spawn_blocking(move || poll.add(choice.yes)).await {
        // Reloading does not vote again.
        Ok(Ok(())) => Ok(Redirect::to("/thanks")),
        failed => {
            eprintln!("a vote is not kept: {failed:?}");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Sends the results so far, and again after each vote.
async fn stream(
    State(poll): State<Poll>,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, Error> {
    let subscription = poll.live.resume(last_event_id.as_ref(), Votes::event)?;
    Ok(EventStream::new(subscription))
}
