//! Subscribers that are too slow for the channel.

use std::{fmt, sync::Arc};

use crate::Event;

/// The policy for a subscriber that has lagged: its next event was evicted before it was read.
///
/// By default its stream ends, and the client resumes.
///
/// ```
/// use std::num::NonZeroUsize;
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{Channel, ChannelOptions, CloseReason, Event, LagPolicy};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let lagging = |policy| {
///     let options = ChannelOptions::new().max_events(NonZeroUsize::MIN).lag_policy(policy);
///     let news: Channel = Channel::new(options);
///     let mut slow = news.subscribe();
///     news.publish(Event::new("one"))?;
///     news.publish(Event::new("two"))?;
///     let event = slow.next().now_or_never().flatten();
///     Ok::<_, tower_sse::BoxError>((event, slow.close_reason(), slow.missed()))
/// };
/// let (event, reason, _) = lagging(LagPolicy::disconnect())?;
/// assert!(event.is_none() && reason == Some(CloseReason::Lagged));
/// let (event, _, missed) = lagging(LagPolicy::newest())?;
/// assert!(event.unwrap().encoded().as_bytes().starts_with(b"data: two\n"));
/// assert_eq!(missed, 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
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
    /// Ends the stream with [`CloseReason::Lagged`](crate::CloseReason::Lagged). This is the default.
    ///
    /// The client then reconnects with its last event id, and [`GapPolicy`](super::GapPolicy) applies.
    ///
    /// The [`EventStream`](crate::EventStream) that polls the subscription ends with it, whatever
    /// combinators are between the two. It sends nothing more: neither its
    /// [`final_event`](crate::EventStream::final_event), nor what is chained to the subscription, nor
    /// events that a combinator has gathered but not yet yielded. Within [`SseLayer`](crate::SseLayer), a
    /// stream that answers another method than GET or QUERY then gets
    /// [`FinalEvents::lag`](crate::FinalEvents::lag), or its connection is broken, because its client does
    /// not resume.
    ///
    /// A subscription that is polled elsewhere, such as in a task that forwards its events, ends alone:
    /// see [`Subscription::close_reason`](super::Subscription::close_reason). For a stream that continues
    /// after a lag, use [`Subscription::detached`](super::Subscription::detached).
    pub fn disconnect() -> Self {
        Self(LagAction::Disconnect)
    }

    /// Sends a notice of the lag, and continues with the oldest retained event.
    ///
    /// The notice is an event named `lagged` whose data is the number of missed events, for clients that
    /// accept it ([`NoticePolicy`](super::NoticePolicy)).
    ///
    /// If a combinator such as `chunks` holds events back, the notice can precede events that are older
    /// than the missed ones.
    ///
    /// The notice has no id. A client whose connection breaks right after it resumes before the missed
    /// events, and gets another notice.
    pub fn notify() -> Self {
        Self(LagAction::Notify(None))
    }

    /// Sends an event that the closure makes of the number of missed events, and continues with the
    /// oldest retained event.
    ///
    /// Unlike the event of [`notify`](Self::notify), it is sent to all clients. An id is removed from it.
    pub fn notify_with(notice: impl Fn(u64) -> Event + Send + Sync + 'static) -> Self {
        Self(LagAction::Notify(Some(Arc::new(notice))))
    }

    /// Continues with the newest event, without a notice.
    ///
    /// Use it if each event is a whole state, so that only the newest one matters. A subscriber lags when
    /// its next event is evicted, so retain few events
    /// ([`max_events`](super::ChannelOptions::max_events)). Events that the server and the system have
    /// already taken are sent first; `TcpOptions::notsent_lowat` bounds the system's part.
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
