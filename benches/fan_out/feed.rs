//! The ways to send one event to many clients, each as its users would write it.

use std::{convert::Infallible, fmt, num::NonZeroUsize, str::FromStr, sync::Arc};

use axum::{
    Router,
    extract::State,
    response::{Sse, sse},
    routing::get,
};
use bytes::Bytes;
use futures::{Stream, stream};
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};
use tower::{Layer, service_fn, util::BoxCloneService};
use tower_sse::{
    Channel, ChannelOptions, Event, EventStream, LagPolicy, SseBody, SseLayer, Subscription,
    TcpOptions,
};

use super::bare;

/// How many events each of them holds for receivers that lag.
const HISTORY: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// What sends the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// axum's `Sse` of a `tokio::sync::broadcast`, where each client makes its own event.
    Broadcast,
    /// No HTTP server: a task for each client, which writes what was encoded once.
    Bare,
    /// `Channel`.
    Channel,
    /// `Channel`, over sockets that the layer sets.
    Socket,
    /// The same under hyper's own server for HTTP/1, without a framework.
    Hyper,
}

/// How to serve a client that connects, and how to publish an event by its number and its data.
pub(crate) struct Feed {
    pub(crate) server: Server,
    pub(crate) publish: Box<dyn Fn(u64, String) + Send>,
}

pub(crate) enum Server {
    Axum(Router),
    /// Over sockets that the layer sets.
    AxumWithSocket(Router),
    /// Over such sockets, too.
    Hyper(HyperService),
    Bare(Sender<Bytes>),
}

pub(crate) type HyperService =
    BoxCloneService<Request<Incoming>, Response<SseBody<EventStream<Subscription>>>, Infallible>;

impl Way {
    /// All of them, with the one that the others are compared with at the head.
    pub(crate) const ALL: [Self; 5] = [
        Self::Broadcast,
        Self::Channel,
        Self::Socket,
        Self::Hyper,
        Self::Bare,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Broadcast => "axum, its `Sse`, `broadcast`",
            Self::Bare => "no HTTP server, `broadcast`",
            Self::Channel => "axum, `Channel`",
            Self::Socket => "axum, `Channel`, `SocketListener`",
            Self::Hyper => "hyper, `Channel`, `Socket`",
        }
    }

    pub(crate) fn feed(self) -> Feed {
        match self {
            Self::Broadcast => broadcast(),
            Self::Bare => bare(),
            Self::Channel => channel(|channel| Server::Axum(router(channel, SseLayer::new()))),
            Self::Socket => channel(|channel| Server::AxumWithSocket(router(channel, layer()))),
            Self::Hyper => channel(|channel| Server::Hyper(service(channel))),
        }
    }
}

/// Makes a layer that sets the sockets.
fn layer() -> SseLayer {
    SseLayer::new().socket(TcpOptions::new())
}

fn channel(server: impl FnOnce(Channel) -> Server) -> Feed {
    let options = ChannelOptions::new()
        .max_events(HISTORY)
        .lag_policy(LagPolicy::notify());
    let channel: Channel = Channel::new(options);
    Feed {
        server: server(channel.clone()),
        publish: Box::new(move |_, text| drop(channel.publish(Event::new(text)).unwrap())),
    }
}

fn router(channel: Channel, layer: SseLayer) -> Router {
    let subscribe = async |State(channel): State<Channel>| -> EventStream<Subscription> {
        EventStream::new(channel.subscribe())
    };
    let router = Router::new().route("/sse", get(subscribe)).layer(layer);
    router.with_state(channel)
}

fn service(channel: Channel) -> HyperService {
    let subscribe = move |_| {
        let stream = EventStream::new(channel.subscribe());
        async { Ok(Response::from(stream)) }
    };
    BoxCloneService::new(layer().layer(service_fn(subscribe)))
}

fn broadcast() -> Feed {
    #[derive(Clone)]
    struct Message {
        number: u64,
        text: Arc<str>,
    }
    let event = |message: Message| {
        sse::Event::default()
            .id(message.number.to_string())
            .data(message.text)
    };
    let sender = Sender::<Message>::new(HISTORY.get());
    let subscribe = async move |State(sender): State<Sender<Message>>| {
        Sse::new(received(sender.subscribe(), event)).keep_alive(sse::KeepAlive::default())
    };
    Feed {
        server: Server::Axum(
            Router::new()
                .route("/sse", get(subscribe))
                .with_state(sender.clone()),
        ),
        publish: Box::new(move |number, text| {
            let text = text.into();
            let _ = sender.send(Message { number, text });
        }),
    }
}

fn bare() -> Feed {
    let sender = Sender::new(HISTORY.get());
    Feed {
        server: Server::Bare(sender.clone()),
        publish: Box::new(move |number, text| drop(sender.send(bare::chunk(number, &text)))),
    }
}

/// Makes a stream of what is received. No notice reports lost items to the client.
fn received<T, U, F>(
    receiver: Receiver<T>,
    event: F,
) -> impl Stream<Item = Result<U, Infallible>> + use<T, U, F>
where
    T: Clone,
    F: Fn(T) -> U + Copy,
{
    stream::unfold(receiver, move |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok(message) => return Some((Ok(event(message)), receiver)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    })
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl FromStr for Way {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let way = Self::ALL.into_iter().find(|way| way.to_string() == name);
        way.ok_or_else(|| format!("no such way: {name}"))
    }
}
