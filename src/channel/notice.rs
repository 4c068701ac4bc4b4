use super::numbered::Unnumbered;
use crate::{EncodedEvent, Event, EventId, EventName, signal::Audience};

const CHECKPOINT: EventName = EventName::from_static("checkpoint");
const GAP: EventName = EventName::from_static("gap");
const LAGGED: EventName = EventName::from_static("lagged");

/// The form of what a channel says by itself, which nobody has published.
///
/// | notice | [`event`](Self::event) | [`id`](Self::id) | [`silent`](Self::silent) |
/// |---|---|---|---|
/// | checkpoint: the id of a client that has seen no event yet | event `checkpoint`, empty data, the id | the id alone | nothing |
/// | gap ([`OnGap::tell`](super::OnGap::tell)) | event `gap`, the oldest retained id as data, the id | the id alone | nothing |
/// | lag ([`Lag::skip`](super::Lag::skip)) | event `lagged`, the number of missed events as data | nothing | nothing |
///
/// By default ([`auto`](Self::auto)) the form depends on the client.
///
/// # Clients
///
/// A browser's `EventSource` ignores an event that the page has no listener for, and keeps its id. Many
/// other clients parse the data of every event, whatever its name, and fail: `openai`, `ai` and
/// `@ag-ui/client` expect JSON, `graphql-sse` the names `next` and `complete`, A2A a `Task` first. All of
/// them read an id alone without harm. Of the browsers only Chromium keeps the id of such a block:
/// Firefox drops it, and WebKit does not send it when it reconnects.
///
/// Where a client gets no event, tell it of a gap before the stream begins: by
/// [`Channel::try_resume`](super::Channel::try_resume), or in a header of the response by
/// [`Subscription::gap`](super::Subscription::gap).
///
/// ```
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{Channel, ChannelOptions, NoticePolicy};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() {
/// let news: Channel = Channel::new(ChannelOptions::new());
///
/// let mut first_visit = news.resume(None).notices(NoticePolicy::event());
/// let checkpoint = first_visit.next().now_or_never().flatten().unwrap();
/// let expected = format!("event: checkpoint\ndata: \nid: {}\n\n", news.last_id());
/// assert_eq!(checkpoint.encoded().as_bytes(), expected.as_bytes());
///
/// let mut silent = news.resume(None).notices(NoticePolicy::silent());
/// assert!(silent.next().now_or_never().is_none());
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a policy does nothing until a channel or a subscription has it"]
pub struct NoticePolicy(Kind);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Auto,
    Event,
    Id,
    Silent,
}

impl NoticePolicy {
    /// Sends named events to clients that name `text/event-stream` in a GET or QUERY, as browsers do,
    /// and ids alone to all others. This is the default.
    ///
    /// The client is known within [`SseLayer`](crate::SseLayer), where the subscription is polled by
    /// the [`EventStream`](crate::EventStream) itself. Elsewhere ids alone are sent.
    pub const fn auto() -> Self {
        Self(Kind::Auto)
    }

    /// Sends named events: for browsers.
    pub const fn event() -> Self {
        Self(Kind::Event)
    }

    /// Sends ids alone, each in a block without data: for clients that fail on events they do not know.
    pub const fn id() -> Self {
        Self(Kind::Id)
    }

    /// Sends nothing.
    pub const fn silent() -> Self {
        Self(Kind::Silent)
    }
}

/// What a channel says by itself.
#[derive(Debug)]
pub(super) enum Notice<'a> {
    Checkpoint,
    /// With the id of the oldest event that is retained.
    Gap(Option<&'a EventId>),
    /// With the number of events that were missed.
    Lagged(u64),
}

impl Notice<'_> {
    /// Makes what is sent, if anything is. The id is that of the point in the log; a notice of a lag has
    /// none, so that a client that loses its connection now is told again.
    pub(super) fn encode(
        self,
        policy: NoticePolicy,
        audience: Audience,
        id: Option<EventId>,
    ) -> Option<EncodedEvent> {
        let is_event = match policy.0 {
            Kind::Auto => audience == Audience::EventSource,
            Kind::Event => true,
            Kind::Id => false,
            Kind::Silent => return None,
        };
        match (is_event, id) {
            (true, Some(id)) => Some(Unnumbered::new(self.event().into()).with_id(&id)),
            (true, None) => Some(self.event().into()),
            (false, Some(id)) => Some(Event::default().id(id).into()),
            (false, None) => None,
        }
    }

    /// Makes the named event.
    pub(super) fn event(self) -> Event {
        match self {
            Self::Checkpoint => Event::new("").name(CHECKPOINT),
            Self::Gap(oldest) => {
                let oldest = oldest.map_or("", EventId::as_str);
                Event::new(oldest.to_owned()).name(GAP)
            }
            Self::Lagged(missed) => Event::new(missed.to_string()).name(LAGGED),
        }
    }
}
