use std::{fmt, sync::Arc};

use crate::Event;

/// The policy for a subscriber whose next event was evicted: it has lagged.
///
/// By default its stream ends, and the client resumes.
#[derive(Clone, Default)]
#[must_use = "it does nothing until a channel has it"]
pub struct LagPolicy(pub(super) LagAction);

#[derive(Clone, Default)]
pub(super) enum LagAction {
    #[default]
    Disconnect,
    Notify(Option<MakeNotice>),
    Newest,
}

type MakeNotice = Arc<dyn Fn(u64) -> Event + Send + Sync>;

impl LagPolicy {
    /// Ends the stream ([`CloseReason::Lagged`](crate::CloseReason::Lagged)), so that the client
    /// reconnects with its last event id, and learns of the gap. This is the default.
    ///
    /// The [`EventStream`](crate::EventStream) that polls the subscription ends with it, whatever
    /// combinators are between the two. It sends nothing more: neither its
    /// [`closing`](crate::EventStream::final_event) event, nor what is chained to the subscription, nor the
    /// events that a combinator has gathered and not yielded by then. Within [`SseLayer`](crate::SseLayer), a stream
    /// that answers another method than GET or QUERY then gets the
    /// [`FinalEvents::lag`](crate::FinalEvents::lag) or breaks, because its client does not come back.
    ///
    /// A subscription that is polled elsewhere, such as in a task that forwards its events, ends alone:
    /// see [`Subscription::close_reason`](super::Subscription::close_reason). A stream that is to go on
    /// after a lag has its subscription [`detached`](super::Subscription::detached).
    pub fn disconnect() -> Self {
        Self(LagAction::Disconnect)
    }

    /// Continues with the oldest event that is retained, after a notice: an event named `lagged` whose
    /// data is the number of missed events, for clients that take it
    /// ([`NoticePolicy`](super::NoticePolicy)).
    ///
    /// A combinator that keeps events back, such as `chunks`, can make the notice precede some that are
    /// older than the gap.
    ///
    /// The notice has no id. A client that loses its connection right after it resumes before the gap,
    /// and gets another notice.
    pub fn notify() -> Self {
        Self(LagAction::Notify(None))
    }

    /// As [`skip`](Self::notify), with an event that the closure makes of the number of missed events. It
    /// is sent to all clients; an id is removed from it.
    pub fn notify_with(notice: impl Fn(u64) -> Event + Send + Sync + 'static) -> Self {
        Self(LagAction::Notify(Some(Arc::new(notice))))
    }

    /// Continues with the newest event, and says nothing: for what is a state, of which the newest is
    /// all that counts.
    ///
    /// A subscriber lags when its next event is evicted, so retain few events
    /// ([`max_events`](super::ChannelOptions::max_events)). What the server and the system have taken
    /// already is sent first: `TcpOptions::notsent_lowat` bounds the system's part.
    pub fn newest() -> Self {
        Self(LagAction::Newest)
    }
}

impl fmt::Debug for LagPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            LagAction::Disconnect => "LagPolicy(disconnect)",
            LagAction::Notify(_) => "LagPolicy(notify)",
            LagAction::Newest => "LagPolicy(newest)",
        })
    }
}
