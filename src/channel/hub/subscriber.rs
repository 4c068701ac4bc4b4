//! A subscription to channels of a hub that is to be made.

use std::{collections::BTreeSet, fmt, marker::PhantomData, sync::Arc};

use super::{
    registration::Registration,
    shared::{HubShared, check_presence},
};
use crate::{
    ChannelError, ChannelStart, LastEventId, Subscription,
    channel::{Memory, shared::ChannelShared, start::Start},
};

/// A subscriber with a name, by which the channels of its subscription can be changed while it is open
/// ([`Subscribers`](super::Subscribers)).
///
/// Make it before you look up what the user may read: a channel that is removed meanwhile is not in the
/// subscription, even if the look-up has found the right of before.
///
/// ```
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{Event, Hub, HubOptions};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let hub = Hub::new(HubOptions::new());
/// let subscriber = hub.subscriber("ada");
/// let channels = ["user/ada", "team/3"]; // from the database, which says that Ada is in the team
///
/// // Another request removes her from the team, before the stream is open.
/// hub.subscribers("ada").remove("team/3");
///
/// let mut stream = subscriber.subscribe(channels)?;
/// hub.publish(["team/3"], &Event::new("not for ada"))?;
/// assert!(stream.next().now_or_never().is_none());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[must_use = "it subscribes to nothing by itself"]
pub struct Subscriber<S = Memory> {
    pub(in crate::channel) hub: Arc<HubShared>,
    pub(in crate::channel) registration: Option<Registration>,
    /// Whether it may read the channels of generations.
    reads_generations: bool,
    backing: PhantomData<fn() -> S>,
}

impl<S> Subscriber<S> {
    pub(super) fn named(hub: &Arc<HubShared>, name: Arc<str>) -> Self {
        Self {
            hub: Arc::clone(hub),
            registration: Some(Registration::new(hub, name)),
            reads_generations: false,
            backing: PhantomData,
        }
    }

    /// Makes one that reads the channels of generations.
    pub(super) fn of_generation(hub: &Arc<HubShared>, name: &str) -> Self {
        Self {
            registration: Some(Registration::unlisted(hub, name.into())),
            reads_generations: true,
            ..Self::anonymous(hub)
        }
    }

    pub(in crate::channel) fn anonymous(hub: &Arc<HubShared>) -> Self {
        Self {
            hub: Arc::clone(hub),
            registration: None,
            reads_generations: false,
            backing: PhantomData,
        }
    }

    /// Returns the channels, if this subscriber can be present in them.
    pub(in crate::channel) fn find<N>(&self, starts: N) -> Result<Starts, ChannelError>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        let found = find(starts, |name| match self.reads_generations {
            true => self.hub.any_source(name),
            false => self.hub.source(name),
        })?;
        let channels: Vec<_> = found.iter().map(|(one, _)| Arc::clone(one)).collect();
        let registration = self.registration.as_ref();
        check_presence(&channels, registration.map(Registration::name))?;
        Ok(found)
    }
}

impl Subscriber {
    /// Subscribes like [`Hub::subscribe`](super::Hub::subscribe).
    ///
    /// Without any channel the stream stays open, because channels can be added.
    ///
    /// # Errors
    ///
    /// Fails like [`Hub::channel`](super::Hub::channel), and if the subscriber cannot be present in a channel
    /// ([`ChannelError::SubscriberName`]).
    pub fn subscribe<N>(self, channels: N) -> Result<Subscription, ChannelError>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        let channels = self.find(channels)?;
        Ok(Subscription::live(&self.hub, channels, self.registration))
    }

    /// Subscribes like [`Hub::resume`](super::Hub::resume).
    ///
    /// # Errors
    ///
    /// Fails like [`Hub::channel`](super::Hub::channel), and if the subscriber cannot be present in a channel
    /// ([`ChannelError::SubscriberName`]).
    pub fn resume<N>(
        self,
        channels: N,
        last_event_id: Option<&LastEventId>,
    ) -> Result<Subscription, ChannelError>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        let channels = self.find(channels)?;
        let (hub, registration) = (&self.hub, self.registration);
        Ok(Subscription::resume(
            hub,
            channels,
            last_event_id,
            0,
            registration,
        ))
    }
}

pub(in crate::channel) type Starts = Vec<(Arc<ChannelShared>, Start)>;

/// Returns the channels, each once, with their starts.
pub(super) fn find<N>(
    starts: N,
    channel: impl Fn(&str) -> Result<Arc<ChannelShared>, ChannelError>,
) -> Result<Starts, ChannelError>
where
    N: IntoIterator,
    N::Item: Into<ChannelStart>,
{
    let (mut channels, mut found) = (Vec::new(), BTreeSet::new());
    for start in starts {
        let ChannelStart { name, start } = start.into();
        let channel = channel(&name)?;
        if found.insert(Arc::as_ptr(&channel).addr()) {
            channels.push((channel, start));
        }
    }
    Ok(channels)
}

impl<S> fmt::Debug for Subscriber<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber").finish_non_exhaustive()
    }
}
