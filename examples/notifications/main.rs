//! Notifications: a user's own feed, the team's and the global one, in one stream that resumes all three
//! by one id. The right to read the team's feed is granted and revoked while the stream is open.

use std::{
    env, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Form, Json, Router,
    extract::{FromRequestParts, Path, State},
    http::{
        StatusCode,
        header::{COOKIE, SET_COOKIE},
        request::Parts,
    },
    response::{Html, IntoResponse, Redirect},
    routing::{get, post, put},
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_sse::{
    BoxError, ChannelStart, EventId, EventStream, Hub, HubOptions, LastEventId,
    MakeServiceWithSocket, SocketListener, SseLayer, Subscription, Tagged, TcpOptions,
};

const GLOBAL: &str = "global";
const TEAM: &str = "team";
/// The feed of the team's members that have a page open.
const TEAM_PRESENCE: &str = "presence:team";

const TABLES: &str = "
    create table if not exists member (user text primary key, position text not null);
    create table if not exists notification (
        number integer primary key, channel text not null, sender text not null, text text not null
    );
    create table if not exists seen (user text, number integer, primary key (user, number));
";
const UNREAD: &str = "
    select number, channel, sender, text from notification
    where (channel in ('global', 'user/' || ?1)
        or channel = 'team' and exists (select 1 from member where user = ?1))
    and number not in (select number from seen where user = ?1)
    order by number
";

/// The events of the stream: `event: notification` or `event: read`, with JSON as data.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum News {
    Notification(Notification),
    Read { number: i64 },
}

#[derive(Serialize)]
struct Notification {
    number: i64,
    channel: String,
    sender: String,
    text: String,
}

impl Notification {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            channel: row.get(1)?,
            sender: row.get(2)?,
            text: row.get(3)?,
        })
    }
}

/// The state that a page begins with. The stream continues after `position`.
#[derive(Serialize)]
struct Inbox {
    user: String,
    position: String,
    unread: Vec<Notification>,
}

#[derive(Clone)]
struct App {
    hub: Hub,
    store: Arc<Mutex<Connection>>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let path = env::var_os("NOTIFICATIONS").map(PathBuf::from);
    let path = path.unwrap_or_else(|| env::temp_dir().join("tower-sse-notifications.sqlite"));
    println!("notifications are kept in {}", path.display());
    let store = Connection::open(path)?;
    store.execute_batch(TABLES)?;
    let options = HubOptions::new().each(|name, options| match name {
        TEAM => options.presence(Duration::from_secs(2)),
        _ => options,
    });
    let app = App {
        hub: Hub::new(options),
        store: Arc::new(Mutex::new(store)),
    };
    // Without these, a user whose connection vanishes is present for many minutes more.
    let layer = SseLayer::new()
        .last_event_id_query("lastEventId")
        .socket(TcpOptions::new())
        .stall_timeout(Duration::from_secs(30));
    let router = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/login", post(login))
        .route("/sse", get(subscribe))
        .route("/api/unread", get(unread))
        .route("/api/notifications", post(notify))
        .route("/api/read/{number}", post(mark_as_read))
        .route("/api/team/{user}", put(grant).delete(revoke))
        .layer(layer)
        .with_state(app);
    Ok(serve(router).await?)
}

async fn serve(router: Router) -> io::Result<()> {
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("open it in two browsers, or: curl -N -b user=ada http://{address}/sse");
    let listener = SocketListener::new(listener);
    axum::serve(listener, MakeServiceWithSocket(router.into_make_service())).await
}

/// The user whose name is in the cookie. A server with real users has a session there.
struct User(String);

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let cookies = parts.headers.get(COOKIE).and_then(|all| all.to_str().ok());
        let mut cookies = cookies.unwrap_or_default().split("; ");
        let name = cookies.find_map(|cookie| cookie.strip_prefix("user="));
        let name = name.filter(|name| is_name(name));
        let name = name.ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Self(name.to_owned()))
    }
}

fn is_name(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[derive(Deserialize)]
struct Login {
    name: String,
}

async fn login(Form(Login { name }): Form<Login>) -> Result<impl IntoResponse, StatusCode> {
    if !is_name(&name) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let cookie = format!("user={name}; HttpOnly; SameSite=Strict; Path=/");
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")))
}

/// Sends what is new in all channels that the user may read.
async fn subscribe(
    State(app): State<App>,
    User(user): User,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, StatusCode> {
    // Made before the right is read: a right that is revoked meanwhile is not in the stream.
    let subscriber = app.hub.subscriber(user.clone());
    let mut channels = vec![ChannelStart::from(GLOBAL), format!("user/{user}").into()];
    if let Some(position) = app.run(move |_, store| right(store, &user)).await? {
        // An id that is lower says nothing about the team, which the stream did not have then.
        let team = ChannelStart::since(TEAM, position.clone()).added_at(position);
        channels.extend([team, TEAM_PRESENCE.into()]);
    }
    let subscription = subscriber.resume(channels, last_event_id.as_ref());
    let subscription = subscription.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(EventStream::new(subscription))
}

async fn unread(State(app): State<App>, User(user): User) -> Result<Json<Inbox>, StatusCode> {
    let inbox = app.run(|hub, store| {
        let mut unread = store.prepare(UNREAD)?;
        let unread = unread.query_map([&user], Notification::from_row)?;
        Ok(Inbox {
            unread: unread.collect::<Result<_, _>>()?,
            position: hub.last_id().to_string(),
            user,
        })
    });
    inbox.await.map(Json)
}

#[derive(Deserialize)]
struct Draft {
    channel: String,
    text: String,
}

/// Stores a notification, and then publishes it.
async fn notify(
    State(app): State<App>,
    User(sender): User,
    Json(Draft { channel, text }): Json<Draft>,
) -> Result<StatusCode, StatusCode> {
    app.run(move |hub, store| {
        let may_write = match channel.as_str() {
            GLOBAL => true,
            TEAM => right(store, &sender)?.is_some(),
            other => other.strip_prefix("user/").is_some_and(is_name),
        };
        if !may_write {
            return Ok(StatusCode::FORBIDDEN);
        }
        let sql = "insert into notification (channel, sender, text) values (?, ?, ?)";
        store.execute(sql, [&channel, &sender, &text])?;
        let news = News::Notification(Notification {
            number: store.last_insert_rowid(),
            channel: channel.clone(),
            sender,
            text,
        });
        hub.publish([channel], &Tagged(news))?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Marks a notification as read, in all pages that the user has open.
async fn mark_as_read(
    State(app): State<App>,
    User(user): User,
    Path(number): Path<i64>,
) -> Result<StatusCode, StatusCode> {
    app.run(move |hub, store| {
        let sql = "insert or ignore into seen (user, number) values (?, ?)";
        store.execute(sql, (&user, number))?;
        hub.publish([format!("user/{user}")], &Tagged(News::Read { number }))?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Lets a user read the team's notifications. A real server asks first whether the caller may decide that.
async fn grant(
    State(app): State<App>,
    _: User,
    Path(user): Path<String>,
) -> Result<StatusCode, StatusCode> {
    if !is_name(&user) {
        return Err(StatusCode::BAD_REQUEST);
    }
    app.run(move |hub, store| {
        // Stored before the team is added to open streams. A right that exists keeps its position.
        let sql = "insert or ignore into member (user, position) values (?, ?)";
        if store.execute(sql, [&user, hub.last_id().as_str()])? == 0 {
            return Ok(StatusCode::NO_CONTENT);
        }
        let streams = hub.subscribers(user.as_str());
        let position = streams.add(TEAM)?;
        streams.add(TEAM_PRESENCE)?;
        let sql = "update member set position = ? where user = ?";
        store.execute(sql, [position.as_str(), &user])?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Ends a user's right to read the team's notifications, in open streams at once.
async fn revoke(
    State(app): State<App>,
    _: User,
    Path(user): Path<String>,
) -> Result<StatusCode, StatusCode> {
    app.run(move |hub, store| {
        store.execute("delete from member where user = ?", [&user])?;
        let streams = hub.subscribers(user);
        streams.remove(TEAM);
        streams.remove(TEAM_PRESENCE);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Returns the position at which a user got the right to read the team's notifications.
fn right(store: &Connection, user: &str) -> Result<Option<EventId>, BoxError> {
    let sql = "select position from member where user = ?";
    let position = store.query_row(sql, [user], |row| row.get::<_, String>(0));
    Ok(position.optional()?.map(EventId::try_from).transpose()?)
}

impl App {
    /// Runs a step on a thread that may wait for the disk. One step runs at a time, so notifications are
    /// published in the order in which they are stored, and no right changes in the middle of a step.
    async fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Hub, &Connection) -> Result<T, BoxError> + Send + 'static,
    ) -> Result<T, StatusCode> {
        let Self { hub, store } = self.clone();
        let done = spawn_blocking(move || {
            let store = store.lock().unwrap_or_else(PoisonError::into_inner);
            step(&hub, &store)
        });
        let done = done.await.unwrap_or_else(|panic| Err(panic.into()));
        done.map_err(|error| {
            eprintln!("{error}");
            StatusCode::INTERNAL_SERVER_ERROR
        })
    }
}
