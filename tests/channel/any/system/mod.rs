//! The crate under test: real channels and streams, driven by hand.

mod feed;
mod subscriber;

use futures::FutureExt;
use tower_sse::{EventId, LastEventId};

pub(crate) use self::feed::Feed;
use self::subscriber::Subscriber;
use super::{commands::Opening, config::Config, model::Id, payload::Payload};
use crate::{clock::Clock, support::seen};

/// The channels and subscribers of a case.
pub(crate) struct System {
    pub(crate) clock: Clock,
    pub(crate) feeds: Vec<Feed>,
    pub(crate) subscribers: Vec<Subscriber>,
}

impl System {
    pub(crate) fn new(configs: &[Config]) -> Self {
        let clock = Clock::new();
        let feeds = configs.iter().map(|config| Feed::new(*config, &clock));
        Self {
            feeds: feeds.collect(),
            clock,
            subscribers: Vec::new(),
        }
    }

    /// Returns the epoch and the newest number of a channel, from the id of a first event.
    pub(crate) fn position(&self, channel: usize) -> (String, usize) {
        let subscription = self.feeds[channel].channel().subscribe();
        let event = Payload::new("message", "").event();
        let [[_, _, id]] = &seen(&mut subscription.start_with(event))[..] else {
            panic!("a first event and nothing else");
        };
        let (epoch, number) = id.split_once('-').unwrap();
        (epoch.to_owned(), number.parse().unwrap())
    }

    pub(crate) fn open(&mut self, opening: Opening, id: Option<&Id>) {
        let last = id.and_then(|id| LastEventId::new(EventId::try_from(&id.text).unwrap()));
        let feed = &self.feeds[opening.channel];
        let subscription = feed.open(opening.start, last.as_ref());
        let subscriber = Subscriber::new(subscription, opening, &self.clock);
        self.subscribers.push(subscriber);
    }

    pub(crate) fn has_subscribers(&self, channel: usize) -> bool {
        let channel = self.feeds[channel].channel();
        let subscribed = channel.wait_for_subscriber().now_or_never() == Some(true);
        assert_ne!(
            subscribed,
            channel.wait_until_idle().now_or_never().is_some()
        );
        subscribed
    }
}
