//! The examples, each run as a process of its own: they do what they print.

#[cfg(all(feature = "axum-serve", feature = "channel", feature = "json"))]
mod dashboard;
#[cfg(all(feature = "axum-serve", feature = "channel", feature = "json"))]
#[path = "../support/decode.rs"]
mod decode;
#[path = "../support/guard.rs"]
mod guard;
#[path = "../support/launch.rs"]
mod launch;
#[cfg(all(feature = "axum-serve", feature = "channel", feature = "json"))]
mod notifications;
#[cfg(all(feature = "axum-serve", feature = "channel", feature = "json"))]
mod resume;
#[cfg(feature = "socket")]
mod tls;

use bytes::Bytes;
use http::{Request, Response, Version, request::Builder};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::process::{Child, Command};
#[cfg(feature = "socket")]
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use self::{
    guard::guard,
    launch::{Lines, command},
};

struct Server {
    child: Child,
    lines: Lines,
    address: String,
}

impl Server {
    async fn start(name: &str) -> Self {
        Self::launch(&mut command(name)).await
    }

    async fn launch(command: &mut Command) -> Self {
        let (child, lines, address) = launch::start(command.env("PORT", "0")).await;
        let (scheme, host) = address.split_once("://").unwrap();
        assert!(["http", "https"].contains(&scheme), "{address}");
        let port = host.strip_prefix("127.0.0.1:").unwrap();
        assert_ne!(port.parse::<u16>().unwrap(), 0);
        Self {
            child,
            lines,
            address,
        }
    }

    /// Returns the next command that it prints, and the URL in it.
    async fn curl(&mut self) -> (String, String) {
        loop {
            let line = guard(self.lines.next_line()).await.unwrap().unwrap();
            if let Some((_, command)) = line.split_once("curl ") {
                let mut words = command.split(' ');
                let url = words.find(|word| word.starts_with(&self.address));
                return (command.to_owned(), url.expect(&line).to_owned());
            }
        }
    }
}

async fn send(version: Version, request: Builder, body: &'static [u8]) -> Response<Incoming> {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(version == Version::HTTP_2)
        .build_http();
    let request = request.body(Full::new(body)).unwrap();
    let response = guard(client.request(request)).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, version)
    );
    response
}

/// Reads a stream to the end of its first event.
async fn first_event(response: Response<Incoming>) -> String {
    // That of axum's own streams has no charset, and stays as it is.
    let content_type = response.headers()["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("text/event-stream"));
    let mut body = response.into_body();
    let mut text = String::new();
    while !text.contains("\n\n") {
        let frame = guard(body.frame()).await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    text
}

/// Removes the first line, which says when to reconnect.
fn after_retry(text: &str) -> &str {
    let (retry, rest) = text.split_once('\n').unwrap();
    let time = retry.strip_prefix("retry: ").unwrap();
    assert!((2000..=5000).contains(&time.parse().unwrap()), "{retry}");
    rest
}

async fn collect(response: Response<Incoming>) -> Bytes {
    guard(response.into_body().collect())
        .await
        .unwrap()
        .to_bytes()
}

#[cfg(all(feature = "axum-serve", feature = "json"))]
#[tokio::test]
async fn clock_has_a_page_and_ticks() {
    let mut server = Server::start("clock").await;
    let (_, url) = server.curl().await;
    let response = send(Version::HTTP_11, Request::get(url), b"").await;
    let text = first_event(response).await;
    assert_eq!(after_retry(&text), "event: tick\ndata: {\"second\":0}\n\n");

    let page = send(Version::HTTP_11, Request::get(&server.address), b"").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(collect(page).await.starts_with(b"<!doctype html>"));
    let other = format!("{}/healthz", server.address);
    let other = send(Version::HTTP_11, Request::get(other), b"").await;
    assert_eq!(collect(other).await, "ok");
}

#[tokio::test]
async fn hyper_streams_over_both_versions() {
    let mut server = Server::start("hyper").await;
    let (command, url) = server.curl().await;
    assert!(!command.contains("--http2"));
    let first = send(Version::HTTP_11, Request::get(url), b"").await;
    let (command, url) = server.curl().await;
    assert!(command.contains("--http2-prior-knowledge"));
    let second = send(Version::HTTP_2, Request::get(url), b"").await;
    for response in [first, second] {
        let text = first_event(response).await;
        assert_eq!(after_retry(&text), "data: 0\n\n");
    }
}

#[tokio::test]
async fn adopt_shows_what_the_layer_adds() {
    let mut server = Server::start("adopt").await;
    let (_, plain) = server.curl().await;
    let (_, layered) = server.curl().await;
    let plain = send(Version::HTTP_11, Request::get(plain), b"").await;
    let layered = send(Version::HTTP_11, Request::get(layered), b"").await;

    assert!(!plain.headers().contains_key("x-accel-buffering"));
    assert_eq!(plain.headers()["cache-control"], "no-cache");
    assert_eq!(layered.headers()["x-accel-buffering"], "no");
    let mut directives = layered.headers().get_all("cache-control").iter();
    assert!(directives.any(|value| value.to_str().unwrap().contains("no-transform")));

    let (plain, layered) = tokio::join!(first_event(plain), first_event(layered));
    assert_eq!(plain, "data: news\n\n");
    let heartbeats = after_retry(&layered)
        .strip_suffix("data: news\n\n")
        .unwrap();
    assert!(heartbeats.starts_with(":\n"));
    assert_eq!(heartbeats.replace(":\n", ""), "");
}

#[cfg(unix)]
#[tokio::test]
async fn shutdown_ends_its_streams_when_it_is_killed() {
    let mut server = Server::start("shutdown").await;
    let (_, url) = server.curl().await;
    let get = || Request::get(&url).header("accept", "text/event-stream");
    let first = send(Version::HTTP_11, get(), b"").await;
    let second = send(Version::HTTP_2, get(), b"").await;

    let line = guard(server.lines.next_line()).await.unwrap().unwrap();
    let kill = &line[line.find("kill ").unwrap()..];
    let killed = Command::new("sh").args(["-c", kill]).status().await;
    assert!(killed.unwrap().success(), "{kill}");

    for response in [first, second] {
        let text = collect(response).await;
        let text = std::str::from_utf8(&text).unwrap();
        assert!(after_retry(text).starts_with("event: tower-sse.retry\nretry: "));
    }
    let last = guard(server.lines.next_line()).await.unwrap().unwrap();
    assert_eq!(last, "streams ended: 2");
    assert!(guard(server.child.wait()).await.unwrap().success());
}

#[cfg(feature = "socket")]
#[tokio::test]
async fn sockets_are_set_by_the_streams_that_they_carry() {
    const PAGE: &str = "no delay: false, keep-alive: false\n";
    const TICK: &str = "data: no delay: true, keep-alive: true\n\n";

    let mut server = Server::start("sockets").await;
    let (_, page) = server.curl().await;
    let (_, sse) = server.curl().await;
    let (command, same) = server.curl().await;
    assert!(command.contains("--http1.1"));
    assert_eq!(sse, same);
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let mut client = tls::Client::connect(version, &server.address).await;
        let response = client.get(&page).await;
        assert_eq!(response.version(), version);
        assert_eq!(collect(response).await, PAGE);
        let text = first_event(client.get(&sse).await).await;
        assert_eq!(after_retry(&text), TICK);
        let line = guard(server.lines.next_line()).await.unwrap().unwrap();
        assert!(line.starts_with("client_gone after "), "{line}");

        let mut other = tls::Client::connect(version, &server.address).await;
        assert_eq!(collect(other.get(&page).await).await, PAGE);
    }
}

#[cfg(feature = "socket")]
#[tokio::test]
async fn sockets_outlives_handshakes_that_fail() {
    let server = Server::start("sockets").await;
    let address = server.address.strip_prefix("https://").unwrap();
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut failed = TcpStream::connect(address).await.unwrap();
    failed.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let alert = guard(failed.read(&mut [0; 64])).await.unwrap();
    assert_ne!(alert, 0);

    let mut client = tls::Client::connect(Version::HTTP_2, &server.address).await;
    assert_eq!(client.get(&server.address).await.status(), 200);
}

#[tokio::test]
async fn tonic_web_serves_events_and_both_protocols() {
    const MESSAGE: &[u8] = b"\0\0\0\0\x02\x08\x01";
    let mut server = Server::start("tonic_web").await;
    let (_, sse) = server.curl().await;
    let (command, health) = server.curl().await;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let response = send(version, Request::get(&sse), b"").await;
        let text = first_event(response).await;
        assert_eq!(after_retry(&text), "data: 0\n\n");
    }

    let kind = "application/grpc-web+proto";
    assert!(command.contains(kind));
    let request = Request::post(&health).header("content-type", kind);
    let response = send(Version::HTTP_11, request, b"\0\0\0\0\0").await;
    assert_eq!(response.headers()["content-type"], kind);
    let trailers = b"\x80\0\0\0\x0fgrpc-status:0\r\n";
    assert_eq!(collect(response).await, [MESSAGE, trailers].concat());

    let request = Request::post(&health).header("content-type", "application/grpc");
    let response = send(Version::HTTP_2, request, b"\0\0\0\0\0").await;
    let body = guard(response.into_body().collect()).await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(body.to_bytes(), MESSAGE);
}

#[tokio::test]
async fn service_runs_to_its_end_with_heartbeats() {
    let output = guard(command("service").output()).await.unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let (head, frames) = text.split_once("}\n").unwrap();
    assert!(head.starts_with("200 OK {\n"));
    assert!(head.contains(r#""content-type": "text/event-stream; charset=utf-8""#));

    let (heartbeats, frames): (Vec<_>, Vec<_>) =
        frames.lines().partition(|&frame| frame == r#"b":\n""#);
    assert!(!heartbeats.is_empty());
    assert!(frames[0].starts_with(r#"b"retry: "#));
    assert_eq!(
        frames[1..],
        [
            r#"b"data: one\n\n""#,
            r#"b"data: two\n\n""#,
            r#"b"data: three\n\n""#,
        ]
    );
}
