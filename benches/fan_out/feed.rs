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
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};
use tower_sse::{
    Channel, ChannelOptions, Event, EventStream, Lag, SseLayer, Subscription, TcpOptions,
};

use super::bare;

/// How many events each of them holds for those who lag.
const HISTORY: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Who sends.
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
}

/// How to serve who connects, and how to publish an event by its number and its data.
pub(crate) struct Feed {
    pub(crate) server: Server,
    pub(crate) publish: Box<dyn Fn(u64, String) + Send>,
}

pub(crate) enum Server {
    Axum(Router),
    /// Over sockets that the layer sets.
    AxumWithSocket(Router),
    Bare(Sender<Bytes>),
}

impl Way {
    /// All of them, with the one that the others are compared with at the head.
    pub(crate) const ALL: [Self; 4] = [Self::Broadcast, Self::Bare, Self::Channel, Self::Socket];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Broadcast => "axum's `Sse`, `broadcast`",
            Self::Bare => "no HTTP server, `broadcast`",
            Self::Channel => "`Channel`",
            Self::Socket => "`Channel`, `SocketListener`",
        }
    }

    pub(crate) fn feed(self) -> Feed {
        match self {
            Self::Broadcast => broadcast(),
            Self::Bare => bare(),
            Self::Channel => channel(SseLayer::new(), Server::Axum),
            Self::Socket => {
                let layer = SseLayer::new().socket(TcpOptions::new());
                channel(layer, Server::AxumWithSocket)
            }
        }
    }
}

fn channel(layer: SseLayer, server: fn(Router) -> Server) -> Feed {
    let options = ChannelOptions::new().max_events(HISTORY).lag(Lag::skip());
    let channel: Channel = Channel::new(options);
    let subscribe = async |State(channel): State<Channel>| -> EventStream<Subscription> {
        EventStream::new(channel.subscribe())
    };
    Feed {
        server: server(
            Router::new()
                .route("/sse", get(subscribe))
                .layer(layer)
                .with_state(channel.clone()),
        ),
        publish: Box::new(move |_, text| drop(channel.publish(Event::new(text)).unwrap())),
    }
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

/// Makes a stream of what is received. What is lost, is lost: there is nothing to tell a client by.
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
