use std::{
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
};

use crate::{
    config::Config,
    lifecycle::{Claims, Control, Held, Refused},
    request::RequestFacts,
};

/// How far a request has come on its way to the handler.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It is sure to want a stream, and needs places for it first.
    Claiming(Claims, Arc<Control>),
    /// Its client was told to stay away.
    Stopped,
    /// The handler has it, and these places are held for its stream.
    Open(Option<Held>),
}

/// What the layer answers in place of the handler.
#[derive(Debug)]
pub(crate) enum Denied {
    Stopped,
    Refused(Refused),
}

impl Entry {
    /// Is ready when the handler may have the request, or will not get it.
    pub(crate) fn poll(
        &mut self,
        facts: &RequestFacts,
        config: &Config,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Denied>> {
        let (claims, control) = match self {
            Self::Open(_) => return Poll::Ready(Ok(())),
            Self::Stopped => return Poll::Ready(Err(Denied::Stopped)),
            Self::Claiming(claims, control) => (claims, control),
        };
        let shutdown = config.shutdown.as_ref();
        if shutdown.is_some_and(|shutdown| shutdown.is_triggered()) {
            return Poll::Ready(Err(Denied::Refused(config.refuse_at_shutdown())));
        }
        if facts.is_head {
            // It gets the answer of a GET, and takes no place.
            let looked = claims.look().map_err(Denied::Refused);
            if looked.is_ok() {
                *self = Self::Open(None);
            }
            return Poll::Ready(looked);
        }
        let polled = claims.poll(&config.turn, &config.timer, control, cx);
        let permits = ready!(polled).map_err(Denied::Refused)?;
        let control = mem::take(control);
        *self = Self::Open(Some(Held { permits, control }));
        Poll::Ready(Ok(()))
    }

    /// Returns the places that are held for the stream.
    pub(crate) fn into_held(self) -> Option<Held> {
        match self {
            Self::Open(held) => held,
            Self::Claiming(..) | Self::Stopped => None,
        }
    }
}
