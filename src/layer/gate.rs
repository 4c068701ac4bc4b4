use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::Request;

use super::{
    config::Config,
    limit::{Claims, Control, Permit},
    permits::StreamPermits,
    rejection::Rejection,
    request::RequestFacts,
};
use crate::{LastEventId, RequestHead, policy::was_stopped};

/// A gate between a request and the handler, if the layer has to decide before the handler runs.
#[derive(Debug)]
pub(crate) enum Gate {
    /// The request expects a stream, and waits for places in the limits.
    Claiming(Claiming),
    /// The client was evicted or revoked, and reconnects though its last event asked it not to.
    Stopped,
    /// The handler has the request, and this has been taken for its stream.
    Passed(StreamPermits),
}

/// The claims of a request, and what ends its wait.
pub(crate) struct Claiming {
    claims: Claims,
    /// Of the stream to come, which can be evicted as soon as it has a place.
    control: Arc<Control>,
    /// Wakes a request that waits for a place when a shutdown begins.
    triggered: Option<Triggered>,
}

type Triggered = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// A request that the layer answers in place of the handler.
#[derive(Debug)]
pub(crate) enum Denied {
    Stopped,
    Rejected(Rejection),
}

impl Gate {
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
            Self::Passed(_) => return Poll::Ready(Ok(())),
            Self::Stopped => return Poll::Ready(Err(Denied::Stopped)),
            Self::Claiming(claiming) => claiming,
        };
        let shutdown = config.shutdown.as_ref();
        if shutdown.is_some_and(|shutdown| shutdown.is_triggered()) {
            return Poll::Ready(Err(Denied::Rejected(config.reject_at_shutdown())));
        }
        if facts.is_head {
            // It gets the answer of a GET. It has no stream, so it takes no place.
            let checked = claiming.claims.check().map_err(Denied::Rejected);
            if checked.is_ok() {
                *self = Self::Passed(StreamPermits::default());
            }
            return Poll::Ready(checked);
        }
        let permits = ready!(claiming.poll(config, cx)).map_err(Denied::Rejected)?;
        let control = mem::take(&mut claiming.control);
        *self = Self::Passed(StreamPermits { permits, control });
        Poll::Ready(Ok(()))
    }

    /// Returns what has been taken for the stream.
    pub(crate) fn into_permits(self) -> Option<StreamPermits> {
        match self {
            Self::Passed(permits) => Some(permits),
            Self::Claiming(_) | Self::Stopped => None,
        }
    }
}

impl Claiming {
    /// Polls for all places that the request needs, or a rejection.
    fn poll(
        &mut self,
        config: &Config,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Vec<Permit>, Rejection>> {
        let Self {
            claims,
            control,
            triggered,
        } = self;
        let polled = claims.poll_take(&config.admission_lock, &config.timer, control, cx);
        let Some(shutdown) = config.shutdown.as_ref().filter(|_| polled.is_pending()) else {
            return polled;
        };
        let triggered = triggered.get_or_insert_with(|| Box::pin(shutdown.triggered()));
        match triggered.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(config.reject_at_shutdown())),
            Poll::Pending => polled,
        }
    }
}

impl fmt::Debug for Claiming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claiming").field(&self.claims).finish()
    }
}

/// Makes the gate of a request, at which it waits for places or its client is stopped. Returns `None`
/// if the handler gets the request at once.
pub(crate) fn gate_for<B>(
    request: &mut Request<B>,
    facts: &mut RequestFacts,
    config: &Arc<Config>,
) -> Option<Box<Gate>> {
    let id = request.extensions().get::<LastEventId>();
    if facts.is_repeatable && config.stops_clients() && id.is_some_and(|id| was_stopped(id)) {
        return Some(Box::new(Gate::Stopped));
    }
    if !config.rejects() {
        return None;
    }
    let head = RequestHead::of(request);
    let expects_stream = match &config.expects {
        Some(expects) => expects.test(head),
        None => facts.accept.alone || facts.names_stream(),
    };
    if !expects_stream {
        return None;
    }
    let context = facts.context.get_or_insert_default();
    let (claims, limits) = context.take_early_claims(config);
    let control = context.outer_limits().control().unwrap_or_default();
    let outer_limits = context.outer_limits().and(&limits, &control);
    request.extensions_mut().insert(outer_limits);
    Some(Box::new(Gate::claiming(claims, control)))
}
