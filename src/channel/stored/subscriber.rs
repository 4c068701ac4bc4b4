//! A subscriber of a hub over a store.

use std::future::Future;

use crate::{ChannelError, ChannelStart, LastEventId, Stored, Subscriber, Subscription};

impl Subscriber<Stored> {
    /// Subscribes like [`Hub::subscribe`](crate::Hub::<Stored>::subscribe).
    ///
    /// Without any channel the stream stays open, because channels can be added.
    ///
    /// # Errors
    ///
    /// Fails like [`Hub::channel`](crate::Hub::channel), and if the subscriber cannot be present in a channel
    /// ([`ChannelError::SubscriberName`]).
    pub fn subscribe<N>(
        self,
        channels: N,
    ) -> impl Future<Output = Result<Subscription, ChannelError>> + Send + use<N>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        let channels = self.find(channels);
        async move {
            let mut channels = channels?;
            self.hub.prepare(&mut channels, None).await;
            Ok(Subscription::live(&self.hub, channels, self.registration))
        }
    }

    /// Subscribes like [`Hub::resume`](crate::Hub::<Stored>::resume).
    ///
    /// # Errors
    ///
    /// Fails like [`Hub::channel`](crate::Hub::channel), and if the subscriber cannot be present in a channel
    /// ([`ChannelError::SubscriberName`]).
    pub fn resume<N>(
        self,
        channels: N,
        last_event_id: Option<&LastEventId>,
    ) -> impl Future<Output = Result<Subscription, ChannelError>> + Send + use<N>
    where
        N: IntoIterator,
        N::Item: Into<ChannelStart>,
    {
        let channels = self.find(channels);
        let id = last_event_id.cloned();
        async move {
            let mut channels = channels?;
            let restart = self.hub.prepare(&mut channels, id.as_deref()).await;
            Ok(Subscription::resume(
                &self.hub,
                channels,
                id.as_ref(),
                restart,
                self.registration,
            ))
        }
    }
}
