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
    places::Held,
    rejection::Rejection,
    request::RequestFacts,
};
use crate::{LastEventId, RequestHead, policy::was_stopped};

/// How far a request has come on its way to the handler.
#[derive(Debug)]
pub(crate) enum Gate {
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
            Self::Open(_) => return Poll::Ready(Ok(())),
            Self::Stopped => return Poll::Ready(Err(Denied::Stopped)),
            Self::Claiming(claiming) => claiming,
        };
        let shutdown = config.shutdown.as_ref();
        if shutdown.is_some_and(|shutdown| shutdown.is_triggered()) {
            return Poll::Ready(Err(Denied::Rejected(config.refuse_at_shutdown())));
        }
        if facts.is_head {
            // It gets the answer of a GET, and takes no place.
            let looked = claiming.claims.check().map_err(Denied::Rejected);
            if looked.is_ok() {
                *self = Self::Open(Some(Held::default()));
            }
            return Poll::Ready(looked);
        }
        let permits = ready!(claiming.poll(config, cx)).map_err(Denied::Rejected)?;
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

/// Claims places for a request, or stops its client, before the handler is called. Returns `None` if
/// the handler gets the request at once.
pub(crate) fn enter<B>(
    request: &mut Request<B>,
    facts: &mut RequestFacts,
    config: &Arc<Config>,
) -> Option<Box<Gate>> {
    let id = request.extensions().get::<LastEventId>();
    if facts.reads && config.stops_clients() && id.is_some_and(|id| was_stopped(id)) {
        return Some(Box::new(Gate::Stopped));
    }
    if !config.refuses() {
        return None;
    }
    let head = RequestHead::of(request);
    let expected = match &config.expects {
        Some(expects) => expects.test(head),
        None => facts.accept.alone || facts.names_stream(),
    };
    if !expected {
        return None;
    }
    let noted = facts.noted.get_or_insert_default();
    let (claims, limits) = noted.take_early(config);
    let control = noted.outer().control().unwrap_or_default();
    let outer = noted.outer().and(&limits, &control);
    request.extensions_mut().insert(outer);
    Some(Box::new(Gate::claiming(claims, control)))
}
