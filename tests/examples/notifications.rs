//! The example `notifications`, and its users.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use http::{Method, Request, Response, request::Builder};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

use crate::{
    Server, collect, command,
    decode::{self, Seen},
    guard::guard,
};

/// The file of a database, which is removed when this is dropped.
struct Database(PathBuf);

impl Database {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}.sqlite", process::id(), COUNT.fetch_add(1, Relaxed));
        Self(env::temp_dir().join("tower-sse-test-".to_owned() + &name))
    }

    async fn serve(&self) -> Server {
        Server::launch(command("notifications").env("NOTIFICATIONS", &self.0)).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A browser that sends the cookie of a user.
struct User<'a> {
    server: &'a Server,
    name: &'a str,
}

impl User<'_> {
    fn request(&self, method: Method, path: &str) -> Builder {
        let request = Request::builder().method(method);
        let request = request.uri(format!("{}{path}", self.server.address));
        request.header("cookie", format!("theme=dark; user={}", self.name))
    }

    async fn status(&self, method: Method, path: &str, body: Value) -> u16 {
        let request = self.request(method, path);
        let request = request.header("content-type", "application/json");
        send(request, body.to_string()).await.status().as_u16()
    }

    async fn try_notify(&self, channel: &str, text: &str) -> u16 {
        let body = json!({ "channel": channel, "text": text });
        self.status(Method::POST, "/api/notifications", body).await
    }

    async fn notify(&self, channel: &str, text: &str) {
        assert_eq!(self.try_notify(channel, text).await, 204);
    }

    async fn mark_as_read(&self, number: u32) {
        let path = format!("/api/read/{number}");
        assert_eq!(self.status(Method::POST, &path, Value::Null).await, 204);
    }

    async fn grant(&self, user: &str) {
        let path = format!("/api/team/{user}");
        assert_eq!(self.status(Method::PUT, &path, Value::Null).await, 204);
    }

    async fn revoke(&self, user: &str) {
        let path = format!("/api/team/{user}");
        assert_eq!(self.status(Method::DELETE, &path, Value::Null).await, 204);
    }

    async fn inbox(&self) -> Value {
        let response = send(self.request(Method::GET, "/api/unread"), String::new()).await;
        serde_json::from_slice(&collect(response).await).unwrap()
    }

    /// Returns the texts that the user has not read.
    async fn unread(&self) -> Vec<String> {
        let inbox = self.inbox().await;
        let unread = inbox["unread"].as_array().unwrap().iter();
        unread
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Opens a stream after this id, as a browser does.
    async fn open(&self, last_event_id: &str) -> Stream {
        let request = self
            .request(Method::GET, "/sse")
            .header("accept", "text/event-stream");
        let request = request.header("last-event-id", last_event_id);
        let response = send(request, String::new()).await;
        assert_eq!(response.status(), 200);
        Stream {
            response,
            client: decode::Client::default(),
            read: Vec::new(),
        }
    }

    /// Opens a page: what is unread, and then the stream.
    async fn open_page(&self) -> Stream {
        let inbox = self.inbox().await;
        self.open(inbox["position"].as_str().unwrap()).await
    }
}

async fn send(request: Builder, body: String) -> Response<Incoming> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    guard(client.request(request)).await.unwrap()
}

struct Stream {
    response: Response<Incoming>,
    client: decode::Client,
    read: Vec<Seen>,
}

impl Stream {
    async fn next(&mut self) -> Seen {
        while self.read.is_empty() {
            let frame = guard(self.response.frame()).await.unwrap().unwrap();
            self.read = self.client.read(&frame.into_data().unwrap());
        }
        self.read.remove(0)
    }

    /// Reads the next events. Returns them without ids, and the last id.
    async fn take<const N: usize>(&mut self) -> ([[String; 2]; N], String) {
        self.take_if(|_| true).await
    }

    /// Reads the next notifications, and skips other events.
    async fn notifications<const N: usize>(&mut self) -> ([[String; 2]; N], String) {
        self.take_if(|name| name == "notification").await
    }

    async fn take_if<const N: usize>(
        &mut self,
        is_wanted: impl Fn(&str) -> bool,
    ) -> ([[String; 2]; N], String) {
        let (mut taken, mut last) = (Vec::new(), String::new());
        while taken.len() < N {
            let [name, data, id] = self.next().await;
            last = id;
            if is_wanted(&name) {
                taken.push([name, data]);
            }
        }
        (taken.try_into().unwrap(), last)
    }
}

fn users(server: &Server) -> [User<'_>; 2] {
    ["ada", "bob"].map(|name| User { server, name })
}

/// The event of a notification that Bob has sent.
fn notification(number: u32, channel: &str, text: &str) -> [String; 2] {
    let data =
        format!(r#"{{"number":{number},"channel":"{channel}","sender":"bob","text":"{text}"}}"#);
    event("notification", &data)
}

fn event(name: &str, data: &str) -> [String; 2] {
    [name.to_owned(), data.to_owned()]
}

#[tokio::test]
async fn one_id_resumes_the_three_feeds_after_a_cut() {
    let database = Database::new();
    let server = database.serve().await;
    let [ada, bob] = users(&server);
    bob.grant("ada").await;
    bob.grant("bob").await;
    let mut stream = ada.open_page().await;
    bob.notify("team", "one").await;
    let ([one], id) = stream.notifications().await;
    assert_eq!(one, notification(1, "team", "one"));

    drop(stream);
    bob.notify("global", "two").await;
    bob.notify("user/ada", "three").await;
    bob.notify("user/bob", "not for ada").await;
    bob.notify("team", "four").await;

    let (missed, _) = ada.open(&id).await.notifications().await;
    let expected = [
        notification(2, "global", "two"),
        notification(3, "user/ada", "three"),
        notification(5, "team", "four"),
    ];
    assert_eq!(missed, expected);
}

#[tokio::test]
async fn a_revoked_right_stops_the_events_of_the_team() {
    let database = Database::new();
    let server = database.serve().await;
    let [ada, bob] = users(&server);
    bob.grant("ada").await;
    bob.grant("bob").await;
    let mut stream = ada.open_page().await;
    bob.notify("team", "one").await;
    stream.notifications::<1>().await;

    bob.revoke("ada").await;
    bob.notify("team", "not for ada").await;
    bob.notify("global", "two").await;
    let (events, id) = stream.take().await;
    let expected = [
        event("channel-removed", "team"),
        event("channel-removed", "presence:team"),
        notification(3, "global", "two"),
    ];
    assert_eq!(events, expected);

    // Nor does a stream that is opened later have them.
    drop(stream);
    bob.notify("team", "not for ada").await;
    bob.notify("global", "three").await;
    let ([next], _) = ada.open(&id).await.take().await;
    assert_eq!(next, notification(5, "global", "three"));
    assert_eq!(ada.unread().await, ["two", "three"]);
    assert_eq!(ada.try_notify("team", "from ada").await, 403);
}

#[tokio::test]
async fn a_granted_right_reaches_the_open_stream_and_later_ones() {
    let database = Database::new();
    let server = database.serve().await;
    let [ada, bob] = users(&server);
    bob.grant("bob").await;
    let mut stream = ada.open_page().await;
    bob.notify("team", "before").await;
    let before = ada.inbox().await;
    assert_eq!(before["unread"], json!([]));

    bob.grant("ada").await;
    bob.notify("team", "after").await;
    assert_eq!(stream.next().await[..2], event("channel-added", "team"));
    let ([after], id) = stream.notifications().await;
    assert_eq!(after, notification(2, "team", "after"));
    assert_eq!(ada.unread().await, ["before", "after"]);

    // The client has everything up to the id.
    bob.notify("team", "later").await;
    let mut resumed = ada.open(&id).await;
    let later = notification(3, "team", "later");
    let ([resumed], _) = resumed.notifications().await;
    assert_eq!(resumed, later);

    // An id from before the right says nothing about the team.
    let mut late = ada.open(before["position"].as_str().unwrap()).await;
    assert_eq!(late.next().await[..2], event("channel-added", "team"));
    assert_eq!(late.notifications().await.0, [after, later]);
}

#[tokio::test]
async fn unread_notifications_survive_a_restart() {
    let database = Database::new();
    let mut server = database.serve().await;
    let [ada, bob] = users(&server);
    bob.grant("ada").await;
    bob.grant("bob").await;
    for (channel, text) in [("user/ada", "one"), ("team", "two"), ("global", "three")] {
        bob.notify(channel, text).await;
    }
    ada.mark_as_read(1).await;
    guard(server.child.kill()).await.unwrap();

    let server = database.serve().await;
    let [ada, bob] = users(&server);
    assert_eq!(ada.unread().await, ["two", "three"]);
    assert_eq!(bob.unread().await, ["two", "three"]);
    // The right outlives the process, too.
    let mut stream = ada.open_page().await;
    bob.notify("team", "four").await;
    let four = notification(4, "team", "four");
    assert_eq!(stream.notifications().await.0, [four]);
}

#[tokio::test]
async fn what_is_read_in_one_page_is_read_in_the_others() {
    let database = Database::new();
    let server = database.serve().await;
    let [ada, bob] = users(&server);
    bob.notify("global", "one").await;
    let mut other_page = ada.open_page().await;
    ada.mark_as_read(1).await;
    let read = event("read", r#"{"number":1}"#);
    assert_eq!(other_page.take().await.0, [read]);
    assert_eq!(ada.unread().await, [""; 0]);
    assert_eq!(bob.unread().await, ["one"]);
}

#[tokio::test]
async fn members_see_each_other_come_and_leave() {
    let database = Database::new();
    let server = database.serve().await;
    let [ada, bob] = users(&server);
    bob.grant("ada").await;
    bob.grant("bob").await;
    let mut stream = ada.open_page().await;
    let snapshot = event("snapshot", "presence:team");
    assert_eq!(
        stream.take().await.0,
        [snapshot, event("joined", "ada\nteam")]
    );
    let page = bob.open_page().await;
    assert_eq!(stream.take().await.0, [event("joined", "bob\nteam")]);
    drop(page);
    assert_eq!(stream.take().await.0, [event("left", "bob\nteam")]);
}

#[tokio::test]
async fn without_a_user_there_is_only_the_page() {
    let database = Database::new();
    let server = database.serve().await;
    let nobody = User {
        server: &server,
        name: "not/a/name",
    };
    for path in ["/sse", "/api/unread"] {
        let response = send(nobody.request(Method::GET, path), String::new()).await;
        assert_eq!(response.status(), 401, "{path}");
    }
    let page = send(nobody.request(Method::GET, "/"), String::new()).await;
    assert!(collect(page).await.starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn a_login_sets_the_cookie() {
    let database = Database::new();
    let server = database.serve().await;
    let [ada, _] = users(&server);
    let form = "application/x-www-form-urlencoded";
    let login = ada.request(Method::POST, "/login");
    let login = login.header("content-type", form);
    let response = send(login, "name=ada".to_owned()).await;
    assert_eq!(response.status(), 303);
    let cookie = "user=ada; HttpOnly; SameSite=Strict; Path=/";
    assert_eq!(response.headers()["set-cookie"], cookie);
}
