//! hyper's clients.

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::guard;

pub(crate) enum Client {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

impl Client {
    /// Begins a connection, over which requests follow one another.
    pub(crate) async fn over<I>(io: I, version: Version) -> Self
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(io);
        if version == Version::HTTP_2 {
            let builder = http2::Builder::new(TokioExecutor::new());
            return Self::http2(builder, io).await;
        }
        let (sender, connection) = guard(http1::handshake(io)).await.unwrap();
        tokio::spawn(connection);
        Self::Http1(sender)
    }

    pub(crate) async fn http2<I>(builder: http2::Builder<TokioExecutor>, io: TokioIo<I>) -> Self
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = guard(builder.handshake(io)).await.unwrap();
        tokio::spawn(connection);
        Self::Http2(sender)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response<Incoming> {
        let request = |uri: String| Request::get(uri).header("host", "localhost");
        let body = Empty::new();
        let response = match self {
            Self::Http1(sender) => {
                guard(sender.ready()).await.unwrap();
                let request = request(path.to_owned()).body(body).unwrap();
                guard(sender.send_request(request)).await
            }
            Self::Http2(sender) => {
                let request = request(format!("http://localhost{path}"));
                guard(sender.send_request(request.body(body).unwrap())).await
            }
        };
        let response = response.unwrap();
        assert_eq!(response.status(), 200);
        response
    }
}

/// Reads what comes next.
pub(crate) async fn read(body: &mut Incoming) -> Bytes {
    let frame = guard(body.frame()).await.expect("there is more");
    frame.unwrap().into_data().unwrap()
}

/// Reads to the end.
pub(crate) async fn read_all(body: Incoming) -> Bytes {
    guard(body.collect()).await.unwrap().to_bytes()
}
