//! Events that a channel sends on its own.

use super::numbered::Unnumbered;
use crate::{EncodedEvent, Event, EventId, EventName, report::Audience};

const CHECKPOINT: EventName = EventName::from_static("checkpoint");
const GAP: EventName = EventName::from_static("gap");
const LAGGED: EventName = EventName::from_static("lagged");
const SNAPSHOT: EventName = EventName::from_static("snapshot");
const ADDED: EventName = EventName::from_static("channel-added");
const REMOVED: EventName = EventName::from_static("channel-removed");

/// The policy for the events that a channel sends on its own: checkpoints, and notices of a gap or lag.
///
/// | notice | [`event`](Self::event) | [`id`](Self::id) | [`silent`](Self::silent) |
/// |---|---|---|---|
/// | checkpoint: the id of a client that has seen no event yet | event `checkpoint`, empty data, the id | the id alone | nothing |
/// | gap ([`GapPolicy::notify`](super::GapPolicy::notify)) | event `gap`, the oldest retained id as data, the id | the id alone | nothing |
/// | lag ([`LagPolicy::notify`](super::LagPolicy::notify)) | event `lagged`, the number of missed events as data | nothing | nothing |
/// | channel added ([`Subscribers`](super::Subscribers)), or removed or closed while others are open | event `channel-added` or `channel-removed`, the channel's name as data | nothing | nothing |
/// | a snapshot begins ([`KeyedChannel`](super::KeyedChannel)) | event `snapshot`, the channel's name as data, an id if the channel has ids | the id alone | nothing |
///
/// In a subscription of a [`Hub`](super::Hub) the data of `gap` and `lagged` has a second line, the name of the channel.
///
/// By default ([`auto`](Self::auto)) the form depends on the client:
/// [`guide::clients`](crate::guide::clients) says which client takes which.
///
/// A client that gets no notices can be notified of a gap before the stream begins: with
/// [`Channel::try_resume`](super::Channel::try_resume), or in a response header with
/// [`Subscription::gaps`](super::Subscription::gaps).
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
    /// and nothing to other clients. This is the default.
    ///
    /// The client is known within [`SseLayer`](crate::SseLayer), where the subscription is polled by
    /// the [`EventStream`](crate::EventStream) itself. Elsewhere nothing is sent: without the layer, set
    /// [`event`](Self::event) for a stream that browsers read.
    ///
    /// Some clients other than browsers make such a request, too: `httpx-sse`, `sseclient` and
    /// `@microsoft/fetch-event-source` hand the event to the application, and `graphql-sse` over a single
    /// connection fails on it. Set [`silent`](Self::silent) on their routes.
    pub const fn auto() -> Self {
        Self(NoticeForm::Auto)
    }

    /// Sends named events to every client. Use it for streams that only browsers read.
    pub const fn event() -> Self {
        Self(NoticeForm::Event)
    }

    /// Sends ids alone, each in a block without data. Use it for clients that keep such an id and fail on
    /// unknown events.
    pub const fn id() -> Self {
        Self(NoticeForm::Id)
    }

    /// Sends no notices.
    pub const fn silent() -> Self {
        Self(NoticeForm::Silent)
    }

    /// Returns `true` if this client gets notices.
    pub(super) fn sends_to(self, audience: Audience) -> bool {
        self.form(audience) != NoticeForm::Silent
    }

    fn form(self, audience: Audience) -> NoticeForm {
        match (self.0, audience) {
            (NoticeForm::Auto, Audience::NamesEventStream) => NoticeForm::Event,
            (NoticeForm::Auto, Audience::Other | Audience::Unknown) => NoticeForm::Silent,
            (form, _) => form,
        }
    }
}

/// An event that a channel sends on its own.
#[derive(Debug)]
pub(super) enum Notice<'a> {
    Checkpoint,
    /// Has the id of the oldest retained event, and the channel's name.
    Gap(Option<&'a EventId>, &'a str),
    /// Has the number of missed events, and the channel's name.
    Lagged(u64, &'a str),
    /// Has the name of a channel that was added.
    Added(&'a str),
    /// Has the name of a channel that was removed.
    Removed(&'a str),
    /// Has the name of a keyed channel that begins with a snapshot.
    Snapshot(&'a str),
}

impl Notice<'_> {
    /// Encodes the notice in the form for this client, if it gets any. The id is that of the position in
    /// the log. A notice of a lag has none, so that a client whose connection breaks now gets another
    /// notice.
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
            Self::Gap(oldest, channel) => {
                let oldest = oldest.map_or("", EventId::as_str);
                Event::new(name_channel(oldest.to_owned(), channel)).name(GAP)
            }
            Self::Added(channel) => Event::new(channel.to_owned()).name(ADDED),
            Self::Snapshot(channel) => Event::new(channel.to_owned()).name(SNAPSHOT),
            Self::Removed(channel) => Event::new(channel.to_owned()).name(REMOVED),
            Self::Lagged(missed, channel) => {
                Event::new(name_channel(missed.to_string(), channel)).name(LAGGED)
            }
        }
    }
}

/// Adds a line with the channel's name, if it has one.
fn name_channel(text: String, channel: &str) -> String {
    match channel.is_empty() {
        true => text,
        false => text + "\n" + channel,
    }
}
