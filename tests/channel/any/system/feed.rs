use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};

use tower_sse::{
    Channel, ChannelOptions, Event, EventId, EventName, GapPolicy, LagPolicy, LastEventId,
    NoticePolicy, PublishError, StateChannel, Subscription,
};

use crate::{
    any::{
        commands::Start,
        config::{self, Config},
        payload::Payload,
    },
    clock::Clock,
};

const STATE: EventName = EventName::from_static("state");

/// A channel, or a state with its channel.
pub(crate) struct Feed {
    config: Config,
    state: StateChannel<String>,
    store: Store,
}

/// All events that were published, as an application stores them.
type Store = Arc<Mutex<Vec<(EventId, Payload)>>>;

impl Feed {
    pub(crate) fn new(config: Config, clock: &Clock) -> Self {
        Self::with(config, clock, Store::default(), None)
    }

    /// Makes a channel that continues the ids of another after an event.
    pub(crate) fn after(before: &Self, clock: &Clock, last: &EventId) -> Self {
        let store = Arc::clone(&before.store);
        Self::with(before.config, clock, store, Some(last))
    }

    fn with(config: Config, clock: &Clock, store: Store, after: Option<&EventId>) -> Self {
        let gap_policy = match config.gap_policy {
            config::GapPolicy::Notify => GapPolicy::notify(),
            config::GapPolicy::Live => GapPolicy::live(),
        };
        let lag_policy = match config.lag_policy {
            config::LagPolicy::Disconnect => LagPolicy::disconnect(),
            config::LagPolicy::Notify => LagPolicy::notify(),
            config::LagPolicy::Newest => LagPolicy::newest(),
        };
        let notice_policy = match config.notice_policy {
            config::NoticePolicy::Auto => NoticePolicy::auto(),
            config::NoticePolicy::Event => NoticePolicy::event(),
            config::NoticePolicy::Id => NoticePolicy::id(),
            config::NoticePolicy::Silent => NoticePolicy::silent(),
        };
        let mut options = ChannelOptions::with_timer(clock.clone())
            .max_events(NonZeroUsize::new(config.max_events).unwrap())
            .max_bytes(config.max_bytes)
            .gap_policy(gap_policy)
            .notice_policy(notice_policy)
            .lag_policy(lag_policy);
        if let Some(age) = config.max_age {
            options = options.max_age(Duration::from_millis(age));
        }
        if let Some(last) = after {
            options = options.after(last);
        }
        Self {
            config,
            state: StateChannel::new(String::new(), options),
            store,
        }
    }

    pub(crate) fn channel(&self) -> &Channel {
        self.state.channel()
    }

    pub(crate) fn publish(&self, payloads: &[Payload]) -> Result<Option<EventId>, PublishError> {
        let last = match payloads {
            [payload] if self.config.has_state => {
                let change = |state: &mut String| {
                    *state += payload.data();
                    payload.event()
                };
                let updated = self.state.update(change);
                if let Err(PublishError::TooLarge { .. }) = updated {
                    // The change has a number, though no subscriber gets it.
                    let skipped = (self.channel().last_id(), payload.clone());
                    self.store.lock().unwrap().push(skipped);
                }
                Some(updated?)
            }
            [payload] => Some(self.channel().publish(payload.event())?),
            several => self
                .channel()
                .publish_all(several.iter().map(Payload::event))?,
        };
        if let Some(last) = &last {
            let (epoch, newest) = last.as_str().split_once('-').unwrap();
            let first = newest.parse::<usize>().unwrap() + 1 - payloads.len();
            let id = |number| EventId::try_from(format!("{epoch}-{number}")).unwrap();
            let stored = (first..).map(id).zip(payloads.iter().cloned());
            self.store.lock().unwrap().extend(stored);
        }
        Ok(last)
    }

    pub(crate) fn open(&self, start: Start, last: Option<&LastEventId>) -> Subscription {
        let state = |state: &String| Event::new(state.clone()).name(STATE);
        match start {
            Start::Preceded => {
                let subscription = self.channel().subscribe();
                subscription.start_with(Payload::new("tick", "first").event())
            }
            Start::Replay => self.channel().replay(),
            Start::Subscribe if self.config.has_state => self.state.subscribe(state).unwrap(),
            Start::Subscribe => self.channel().subscribe(),
            Start::Resume(_) if self.config.has_state => self.state.resume(last, state).unwrap(),
            Start::Resume(_) => self.channel().resume(last),
        }
    }

    /// Returns the id of the newest event, perhaps of the channel before.
    pub(crate) fn newest(&self) -> Option<EventId> {
        Some(self.store.lock().unwrap().last()?.0.clone())
    }
}
