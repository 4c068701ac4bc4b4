//! A channel of a hub over a store.

use std::{future::Future, slice, sync::Arc};

use crate::{
    BorrowEvent, Channel, EncodeEvent, EncodedEvent, EventId, KeyedChannel, LastEventId, Stored,
    Subscription,
    channel::{PublishError, numbered::Unnumbered, start::StartKind},
    store::Entry,
};

impl<T: ?Sized> Channel<T, Stored> {
    /// Subscribes to the events that are published from now on, as
    /// [`Hub::subscribe`](crate::Hub::<Stored>::subscribe) does.
    pub fn subscribe(&self) -> impl Future<Output = Subscription> + Send + use<T> {
        let (hub, mut starts) = (Arc::clone(self.hub()), self.start(StartKind::Live));
        async move {
            hub.prepare(&mut starts, None).await;
            Subscription::live(&hub, starts, None)
        }
    }

    /// Subscribes to all events after the one with this id, as [`Hub::resume`](crate::Hub::<Stored>::resume) does.
    pub fn resume(
        &self,
        last_event_id: Option<&LastEventId>,
    ) -> impl Future<Output = Subscription> + Send + use<T> {
        self.begin(StartKind::Resume, last_event_id.cloned())
    }

    /// Subscribes to all events that the store retains and all later ones, as
    /// [`Hub::replay`](crate::Hub::<Stored>::replay) does.
    pub fn replay(&self) -> impl Future<Output = Subscription> + Send + use<T> {
        self.begin(StartKind::Replay, None)
    }

    fn begin(
        &self,
        kind: StartKind,
        id: Option<LastEventId>,
    ) -> impl Future<Output = Subscription> + Send + use<T> {
        let (hub, mut starts) = (Arc::clone(self.hub()), self.start(kind));
        async move {
            let restart = hub.prepare(&mut starts, id.as_deref()).await;
            Subscription::resume(&hub, starts, id.as_ref(), restart, None)
        }
    }
}

impl<T: EncodeEvent + ?Sized> Channel<T, Stored> {
    /// Publishes an event, by value or by reference, and returns its id when the store has it.
    ///
    /// The event is encoded at once, and sent to the store when the future is first polled. Events that one task
    /// publishes one after the other are stored in this order. If the future is dropped later, the event may be
    /// stored nevertheless. Subscribers get the event when their hub reads it from the store.
    ///
    /// # Errors
    ///
    /// Fails if the channel is closed, if the event cannot be encoded, if it is larger than everything that the
    /// channel may retain, and with [`PublishError::Store`] if the store does not accept it in time
    /// ([`HubOptions::publish_timeout`](crate::HubOptions::publish_timeout)).
    pub fn publish<E: BorrowEvent<T>>(
        &self,
        event: E,
    ) -> impl Future<Output = Result<EventId, PublishError>> + Send + use<T, E> {
        let entry = Unnumbered::encode(event.borrow_event());
        let entry = entry.and_then(|event| {
            let channels = slice::from_ref(self.shared());
            self.hub().entry(channels, event)
        });
        let hub = Arc::clone(self.hub());
        async move {
            let committed = hub.commit(entry?).await?;
            Ok(committed.epoch.id(committed.position.get()))
        }
    }
}

impl Channel<EncodedEvent, Stored> {
    /// Publishes an event together with a newer one of a key that is live: the store has both or none.
    pub(crate) async fn publish_beside(
        &self,
        event: EncodedEvent,
        (keyed, key): (&KeyedChannel<EncodedEvent, Stored>, &str),
        newest: EncodedEvent,
    ) -> Result<(), PublishError> {
        let channels = slice::from_ref(self.shared());
        let entry = self.hub().entry(channels, Unnumbered::new(event))?;
        let newest = Entry::keyed(keyed.name(), key, newest);
        let entries = entry.into_iter().chain([newest]).collect();
        self.hub().commit_all(entries).await.map(drop)
    }
}
