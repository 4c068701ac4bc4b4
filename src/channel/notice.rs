use super::numbered::Unnumbered;
use crate::{EncodedEvent, Event, EventId, EventName, report::Audience};

const CHECKPOINT: EventName = EventName::from_static("checkpoint");
const GAP: EventName = EventName::from_static("gap");
const LAGGED: EventName = EventName::from_static("lagged");

/// Policy for the events that a channel sends on its own: checkpoints, and notices of a gap or a lag.
///
/// | notice | [`event`](Self::event) | [`id`](Self::id) | [`silent`](Self::silent) |
/// |---|---|---|---|
/// | checkpoint: the id of a client that has seen no event yet | event `checkpoint`, empty data, the id | the id alone | nothing |
/// | gap ([`GapPolicy::notify`](super::GapPolicy::notify)) | event `gap`, the oldest retained id as data, the id | the id alone | nothing |
/// | lag ([`LagPolicy::notify`](super::LagPolicy::notify)) | event `lagged`, the number of missed events as data | nothing | nothing |
///
/// By default ([`auto`](Self::auto)) the form depends on the client:
/// [`guide::clients`](crate::guide::clients) says which client takes which.
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
/// let mut first_visit = news.resume(None).notice_policy(NoticePolicy::event());
/// let checkpoint = first_visit.next().now_or_never().flatten().unwrap();
/// let expected = format!("event: checkpoint\ndata: \nid: {}\n\n", news.last_id());
/// assert_eq!(checkpoint.encoded().as_bytes(), expected.as_bytes());
///
/// let mut silent = news.resume(None).notice_policy(NoticePolicy::silent());
/// assert!(silent.next().now_or_never().is_none());
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a policy does nothing until a channel or a subscription has it"]
pub struct NoticePolicy(NoticeForm);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum NoticeForm {
    #[default]
    Auto,
    Event,
    Id,
    Silent,
}

impl NoticePolicy {
    /// Sends named events to clients that name `text/event-stream` in a GET or QUERY, as browsers do,
    /// and nothing to all others. This is the default.
    ///
    /// The client is known within [`SseLayer`](crate::SseLayer), where the subscription is polled by
    /// the [`EventStream`](crate::EventStream) itself. Elsewhere nothing is sent: without the layer, set
    /// [`event`](Self::event) for a stream that browsers read.
    ///
    /// Some clients that are no browsers make such a request, too: `httpx-sse`, `sseclient` and
    /// `@microsoft/fetch-event-source` hand the event to their user, and `graphql-sse` over a single
    /// connection fails at it. On their routes set [`silent`](Self::silent).
    pub const fn auto() -> Self {
        Self(NoticeForm::Auto)
    }

    /// Sends named events: for browsers.
    pub const fn event() -> Self {
        Self(NoticeForm::Event)
    }

    /// Sends ids alone, each in a block without data: for clients that keep such an id and fail on
    /// events they do not know.
    pub const fn id() -> Self {
        Self(NoticeForm::Id)
    }

    /// Sends nothing.
    pub const fn silent() -> Self {
        Self(NoticeForm::Silent)
    }

    fn form(self, audience: Audience) -> NoticeForm {
        match (self.0, audience) {
            (NoticeForm::Auto, Audience::NamesEventStream) => NoticeForm::Event,
            (NoticeForm::Auto, Audience::Other | Audience::Unknown) => NoticeForm::Silent,
            (form, _) => form,
        }
    }
}

/// What a channel sends on its own.
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
    /// none, so that a client that loses its connection now gets another notice.
    pub(super) fn encode(
        self,
        policy: NoticePolicy,
        audience: Audience,
        id: Option<EventId>,
    ) -> Option<EncodedEvent> {
        match (policy.form(audience), id) {
            (NoticeForm::Event, Some(id)) => {
                Some(Unnumbered::new(self.event().into()).with_id(&id))
            }
            (NoticeForm::Event, None) => Some(self.event().into()),
            (NoticeForm::Id, Some(id)) => Some(Event::default().id(id).into()),
            _ => None,
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
