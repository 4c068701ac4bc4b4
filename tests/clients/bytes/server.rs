//! A server that answers with bytes as they are.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderMap, Method, StatusCode,
        header::{CONNECTION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::guard;

/// A response.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: String,
    /// Whether the stream stays open after the body. Otherwise it ends cleanly.
    is_open: bool,
}

const EVENT_STREAM: &str = "text/event-stream";

pub(super) struct Server {
    pub(super) url: String,
    visits: watch::Receiver<Vec<Visit>>,
    serving: JoinHandle<()>,
}

/// What a client has sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Visit {
    /// The header `Last-Event-ID`, as it is.
    pub(super) header: Option<Bytes>,
    /// The query, as it is.
    pub(super) query: Option<String>,
}

impl Server {
    /// Starts one that gives these answers in turn, and then the last one again and again.
    pub(super) async fn start(answers: impl Into<Vec<Answer>>) -> Self {
        let answers = answers.into();
        let (recorder, visits) = watch::channel(Vec::new());
        let recorder = Arc::new(recorder);
        let respond = move |request: Request| {
            let (answers, recorder) = (answers.clone(), Arc::clone(&recorder));
            async move {
                if let Some(response) = respond_beside(request.method(), request.headers()) {
                    return response;
                }
                let visit = Visit::new(&request);
                // A question that is not read makes the system reset the connection.
                request.into_body().collect().await.unwrap();
                let before = recorder.borrow().len();
                recorder.send_modify(|visits| visits.push(visit));
                answers[before.min(answers.len() - 1)].respond()
            }
        };
        let router = Router::new().fallback(respond);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            visits,
            serving,
        }
    }

    /// Waits until clients have come so often, and returns all visits.
    pub(super) async fn visits(&self, count: usize) -> Vec<Visit> {
        let mut visits = self.visits.clone();
        let waited = guard(visits.wait_for(|visits| visits.len() >= count)).await;
        waited.unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.visits.borrow().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Visit {
    fn new(request: &Request) -> Self {
        let header = request.headers().get("last-event-id");
        Self {
            header: header.map(|header| Bytes::copy_from_slice(header.as_bytes())),
            query: request.uri().query().map(str::to_owned),
        }
    }
}

impl Answer {
    pub(super) fn stream(body: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: EVENT_STREAM,
            body: body.into(),
            is_open: false,
        }
    }

    pub(super) fn open(body: &str) -> Self {
        Self {
            is_open: true,
            ..Self::stream(body)
        }
    }

    pub(super) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            ..Self::stream("")
        }
    }

    pub(super) fn content_type(self, content_type: &'static str) -> Self {
        Self {
            content_type,
            ..self
        }
    }

    fn respond(&self) -> Response {
        if self.status == StatusCode::NO_CONTENT {
            return self.status.into_response();
        }
        let body = Bytes::from(self.body.clone());
        let body = if self.is_open {
            let body = stream::iter([Ok::<_, Infallible>(body)]);
            Body::from_stream(body.chain(stream::pending()))
        } else {
            body.into()
        };
        // sseclient takes for the end of a stream that of the connection.
        let headers = [(CONTENT_TYPE, self.content_type), (CONNECTION, "close")];
        (self.status, headers, body).into_response()
    }
}

/// Responds to what graphql-sse asks beside the one stream that it reads.
pub(super) fn respond_beside(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let is_beside = headers.contains_key("x-graphql-event-stream-token");
    match *method {
        Method::PUT => Some((StatusCode::CREATED, "token").into_response()),
        Method::POST if is_beside => Some(StatusCode::ACCEPTED.into_response()),
        _ => None,
    }
}
