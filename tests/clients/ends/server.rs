//! The server: axum and the layer, which cut one stream in one way.

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Version},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    serve::Listener,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};
use tower_sse::{FinalEvents, Retry};

use super::{
    OPENING,
    cause::{Cause, Levers},
    protocol::Protocol,
    tls::TlsListener,
};

/// How a client speaks to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    /// By HTTP/1.1.
    One,
    /// By HTTP/2, over TLS.
    Two,
    /// By HTTP/2, without TLS.
    TwoInTheClear,
}

impl Http {
    fn version(self) -> Version {
        match self {
            Self::One => Version::HTTP_11,
            Self::Two | Self::TwoInTheClear => Version::HTTP_2,
        }
    }
}

/// A stream that is to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) cause: Cause,
    /// Whether the server has a final event for it.
    pub(super) has_final_event: bool,
}

pub(super) struct Server {
    pub(super) url: String,
    case: Case,
    levers: Levers,
    log: watch::Receiver<Log>,
    serving: JoinHandle<()>,
}

/// When clients have come, and when their streams have ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub(super) visits: Vec<Visit>,
    pub(super) ends: Vec<Instant>,
}

#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) at: Instant,
    pub(super) last_event_id: Option<String>,
}

impl Visit {
    fn by(request: &Request) -> Self {
        let id = request.headers().get("last-event-id");
        Self {
            at: Instant::now(),
            last_event_id: id.map(|id| id.to_str().unwrap().to_owned()),
        }
    }
}

#[derive(Clone)]
struct App {
    case: Case,
    protocol: &'static Protocol,
    levers: Levers,
}

impl Server {
    pub(super) async fn start(http: Http, protocol: &'static Protocol, case: Case) -> Self {
        let levers = Levers::default();
        let (recorder, log) = watch::channel(Log::default());
        let recorder = Arc::new(recorder);
        let mut layer = case.cause.layer(&levers).retry(Retry::fixed(OPENING));
        if case.has_final_event {
            layer = layer.final_events(FinalEvents::any(protocol.final_event()));
        }
        let at_end = Arc::clone(&recorder);
        let layer = layer.on_close(move |_| {
            at_end.send_modify(|log| log.ends.push(Instant::now()));
        });
        let record = move |request: Request, next: Next| {
            assert_eq!(request.version(), http.version());
            recorder.send_modify(|log| log.visits.push(Visit::by(&request)));
            next.run(request)
        };
        let app = App {
            case,
            protocol,
            levers: levers.clone(),
        };
        let router = Router::new()
            .fallback(respond)
            .with_state(app)
            .layer(layer)
            .layer(middleware::from_fn(record));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (scheme, serving) = match http {
            Http::Two => ("https", tokio::spawn(serve(TlsListener(listener), router))),
            _ => ("http", tokio::spawn(serve(listener, router))),
        };
        let url = format!("{scheme}://127.0.0.1:{port}");
        Self {
            url,
            case,
            levers,
            log,
            serving,
        }
    }

    /// Ends the stream that is open.
    pub(super) fn end(&self) {
        self.case.cause.happen(&self.levers);
    }

    /// Returns what has happened once the clients have come so often, or nothing more does for so long.
    pub(super) async fn watch(&self, visits: usize, longest: Duration) -> Log {
        let mut log = self.log.clone();
        let are_there = log.wait_for(|log| log.visits.len() >= visits);
        // Then they are not there.
        let _ = timeout(longest, are_there).await;
        self.log.borrow().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve<L: Listener<Addr: Debug>>(listener: L, router: Router) {
    axum::serve(listener, router).await.unwrap();
}

// A question that is not read makes the system reset the connection when the server closes it.
async fn respond(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    _question: Bytes,
) -> Response {
    // What graphql-sse asks beside the one stream that it reads.
    let is_beside = headers.contains_key("x-graphql-event-stream-token");
    match method {
        Method::PUT => (StatusCode::CREATED, "token").into_response(),
        Method::POST if is_beside => StatusCode::ACCEPTED.into_response(),
        _ => app.case.cause.respond(app.protocol, app.levers),
    }
}
