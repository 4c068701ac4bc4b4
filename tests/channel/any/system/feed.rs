use std::{num::NonZeroUsize, time::Duration};

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
}

impl Feed {
    pub(crate) fn new(config: Config, clock: &Clock) -> Self {
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
        Self {
            config,
            state: StateChannel::new(String::new(), options),
        }
    }

    pub(crate) fn channel(&self) -> &Channel {
        self.state.channel()
    }

    pub(crate) fn publish(&self, payloads: &[Payload]) -> Result<Option<EventId>, PublishError> {
        match payloads {
            [payload] if self.config.has_state => {
                let change = |state: &mut String| {
                    *state += payload.data();
                    payload.event()
                };
                self.state.update(change).map(Some)
            }
            [payload] => self.channel().publish(payload.event()).map(Some),
            several => self
                .channel()
                .publish_all(several.iter().map(Payload::event)),
        }
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
}
