use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use crate::{
    config::Config,
    lifecycle::{Claims, Control, Held, Permit, Refused},
    request::RequestFacts,
};

/// How far a request has come on its way to the handler.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It is sure to want a stream, and needs places for it first.
    Claiming(Claiming),
    /// Its client was sent the event that says to stay away.
    Stopped,
    /// The handler has it, and these places are held for its stream.
    Open(Option<Held>),
}

/// What a request needs before the handler gets it.
pub(crate) struct Claiming {
    claims: Claims,
    /// By which its stream can be evicted as soon as it has a place.
    control: Arc<Control>,
    /// Wakes a request that waits for a place when a shutdown begins.
    triggered: Option<Triggered>,
}

type Triggered = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// What the layer answers in place of the handler.
#[derive(Debug)]
pub(crate) enum Denied {
    Stopped,
    Refused(Refused),
}

impl Entry {
    /// Begins with claims to places.
    pub(crate) fn claiming(claims: Claims, control: Arc<Control>) -> Self {
        Self::Claiming(Claiming {
            claims,
            control,
            triggered: None,
        })
    }

    /// Polls for the decision whether the handler gets the request.
    pub(crate) fn poll(
        &mut self,
        facts: &RequestFacts,
        config: &Config,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Denied>> {
        let claiming = match self {
            Self::Open(_) => return Poll::Ready(Ok(())),
            Self::Stopped => return Poll::Ready(Err(Denied::Stopped)),
            Self::Claiming(claiming) => claiming,
        };
        let shutdown = config.shutdown.as_ref();
        if shutdown.is_some_and(|shutdown| shutdown.is_triggered()) {
            return Poll::Ready(Err(Denied::Refused(config.refuse_at_shutdown())));
        }
        if facts.is_head {
            // It gets the answer of a GET, and takes no place.
            let looked = claiming.claims.look().map_err(Denied::Refused);
            if looked.is_ok() {
                *self = Self::Open(Some(Held::default()));
            }
            return Poll::Ready(looked);
        }
        let permits = ready!(claiming.poll(config, cx)).map_err(Denied::Refused)?;
        let control = mem::take(&mut claiming.control);
        *self = Self::Open(Some(Held { permits, control }));
        Poll::Ready(Ok(()))
    }

    /// Returns the places that are held for the stream.
    pub(crate) fn into_held(self) -> Option<Held> {
        match self {
            Self::Open(held) => held,
            Self::Claiming(_) | Self::Stopped => None,
        }
    }
}

impl Claiming {
    /// Polls for all places that the request needs, or a refusal.
    fn poll(
        &mut self,
        config: &Config,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Vec<Permit>, Refused>> {
        let Self {
            claims,
            control,
            triggered,
        } = self;
        let polled = claims.poll(&config.turn, &config.timer, control, cx);
        let Some(shutdown) = config.shutdown.as_ref().filter(|_| polled.is_pending()) else {
            return polled;
        };
        let triggered = triggered.get_or_insert_with(|| Box::pin(shutdown.triggered()));
        match triggered.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(config.refuse_at_shutdown())),
            Poll::Pending => polled,
        }
    }
}

impl fmt::Debug for Claiming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claiming").field(&self.claims).finish()
    }
}
