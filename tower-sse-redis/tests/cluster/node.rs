//! A node: a server of one hub, in a process of its own.

use std::{env, num::NonZeroUsize, time::Duration};

use axum::{
    Router,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, stdin},
    net::TcpListener,
};
use tower_sse::{
    ChannelOptions, Event, EventStream, Heartbeat, Hub, HubOptions, LagPolicy, LastEventId,
    PublishError, SseLayer, Stored,
};
use tower_sse_redis::{RedisStore, RedisStoreOptions};

pub(crate) const URL: &str = "CLUSTER_NODE_URL";
/// The numbers that [`NodeOptions`] has.
pub(crate) const OPTIONS: &str = "CLUSTER_NODE_OPTIONS";
/// What a node prints when it serves, before its address.
pub(crate) const LISTENS: &str = "listening on ";
/// What a node prints when it cannot be opened.
pub(crate) const FAILS: &str = "cannot be opened: ";

pub(crate) const HEARTBEAT: Duration = Duration::from_millis(250);
/// The time after which a publication fails.
pub(crate) const PUBLISH_TIMEOUT: Duration = Duration::from_secs(3);
/// Events of a channel in the memory of a node: so few that clients are often served from the store.
const MEMORY: usize = 100;

/// What tests set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeOptions {
    pub(crate) max_records: usize,
    pub(crate) max_entries: usize,
}

impl NodeOptions {
    pub(crate) fn to_text(self) -> String {
        format!("{},{}", self.max_records, self.max_entries)
    }

    fn parse(text: &str) -> Self {
        let (max_records, max_entries) = text.split_once(',').unwrap();
        Self {
            max_records: max_records.parse().unwrap(),
            max_entries: max_entries.parse().unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a node of other tests, which run it"]
async fn a_node() {
    let (Ok(url), Ok(options)) = (env::var(URL), env::var(OPTIONS)) else {
        return;
    };
    let hub = match open(&url, NodeOptions::parse(&options)).await {
        Ok(hub) => hub,
        Err(error) => return eprintln!("{FAILS}{error}: {:?}", std::error::Error::source(&error)),
    };
    let app = Router::new()
        .route("/events/{channels}", get(events))
        .layer(SseLayer::new().heartbeat(Heartbeat::every(HEARTBEAT)))
        .route("/publish", post(publish))
        .route("/outage", get(outage))
        .with_state(hub);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    eprintln!("{LISTENS}{}", listener.local_addr().unwrap());
    let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
    let serving = async { axum::serve(listener, app).await };
    tokio::select! {
        served = serving => served.unwrap(),
        // The test has ended.
        _ = async { stdin().read_u8().await } => {}
    }
}

async fn open(
    url: &str,
    options: NodeOptions,
) -> Result<Hub<Stored>, tower_sse::store::StoreError> {
    let count = |number| NonZeroUsize::new(number).unwrap();
    let time = Duration::from_millis(800);
    let redis = RedisStoreOptions::new(url).unwrap();
    let redis = redis.max_records(count(options.max_records));
    let redis = redis.max_entries(count(options.max_entries));
    let redis = redis
        .connect_timeout(time)
        .response_timeout(time)
        .block_timeout(time);
    let store = RedisStore::connect(redis).await?;
    let channels = ChannelOptions::new().max_events(count(MEMORY));
    let options = HubOptions::new()
        .channel_options(channels)
        .publish_timeout(PUBLISH_TIMEOUT)
        .backfill_timeout(Duration::from_secs(40))
        // Streams that go on after a lag, and those that end, in turn.
        .each(|name, options| match name.bytes().last() {
            Some(last) if last % 2 == 1 => options.lag_policy(LagPolicy::notify()),
            _ => options,
        });
    Hub::open(store, options).await
}

/// Sends the events of the channels in the path, which commas separate.
async fn events(State(hub): State<Hub<Stored>>, uri: Uri, id: Option<LastEventId>) -> Response {
    let names = uri.path().rsplit('/').next().unwrap();
    let names: Vec<_> = names.split(',').map(str::to_owned).collect();
    let subscription = hub.resume(names, id.as_ref()).await.unwrap();
    EventStream::new(subscription).into_response()
}

/// Publishes an event for each line, "channels data", and answers with their ids or errors in lines.
async fn publish(State(hub): State<Hub<Stored>>, body: String) -> String {
    let publications = body.lines().map(|line| {
        let (channels, data) = line.split_once(' ').unwrap();
        hub.publish(channels.split(','), &Event::new(data.to_owned()))
    });
    let answers = join_all(publications).await;
    let lines = answers.into_iter().map(|answer| match answer {
        Ok(id) => format!("{id}\n"),
        Err(PublishError::Store(error)) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let source = source.unwrap_or_default().replace('\n', " ");
            format!("!{:?} {source}\n", error.kind())
        }
        Err(error) => panic!("{error}"),
    });
    lines.collect()
}

async fn outage(State(hub): State<Hub<Stored>>) -> String {
    hub.outage()
        .map(|outage| format!("{outage:?}"))
        .unwrap_or_default()
}
