//! A vote: results that are live, and kept when the server is killed.

use std::{env, io, num::NonZeroUsize, path::PathBuf, time::Duration};

use axum::{
    Router,
    extract::{Query, State},
    response::{Html, Redirect},
    routing::get,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_sse::{
    BoxError, ChannelOptions, Error, Event, EventName, EventStream, Lag, LastEventId, PublishError,
    Retry, SseLayer, StateChannel, Subscription,
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
struct Poll {
    votes: Votes,
    store: Connection,
}

impl Poll {
    fn open(path: PathBuf) -> rusqlite::Result<Self> {
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
        Ok(Self { votes, store })
    }

    /// Keeps a vote, and makes the event of it.
    fn add(&mut self, yes: bool) -> Result<Event, BoxError> {
        self.store
            .execute("insert into vote (yes) values (?)", [yes])?;
        match yes {
            true => self.votes.yes += 1,
            false => self.votes.no += 1,
        }
        self.votes.event()
    }
}

type Live = StateChannel<Poll>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = env::var_os("VOTES").map(PathBuf::from);
    let path = path.unwrap_or_else(|| env::temp_dir().join("tower-sse-votes.sqlite"));
    println!("votes are kept in {}", path.display());
    // Of results the newest are all that counts.
    let options = ChannelOptions::new()
        .max_events(NonZeroUsize::MIN)
        .lag(Lag::newest());
    let live = Live::new(Poll::open(path)?, options);
    let page = |page: &'static str| get(async move || Html(page));
    let app = Router::new()
        .route("/", page(include_str!("vote.html")))
        .route("/vote", get(vote))
        .route("/thanks", page(include_str!("thanks.html")))
        .route("/result", page(include_str!("result.html")))
        .route("/stream", get(stream))
        .layer(SseLayer::new().retry(Retry::fixed(Duration::from_secs(1))))
        .with_state(live);
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
    State(live): State<Live>,
    Query(choice): Query<Choice>,
) -> Result<Redirect, PublishError> {
    // The disk is waited for elsewhere.
    let kept = spawn_blocking(move || live.update(|poll| poll.add(choice.yes)));
    kept.await.unwrap_or(Err(PublishError::Closed))?;
    // Reloading does not vote again.
    Ok(Redirect::to("/thanks"))
}

/// Sends the results so far, and again after each vote.
async fn stream(
    State(live): State<Live>,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, Error> {
    let so_far = |poll: &Poll| poll.votes.event();
    let subscription = live.resume(last_event_id.as_ref(), so_far)?;
    Ok(EventStream::new(subscription))
}
