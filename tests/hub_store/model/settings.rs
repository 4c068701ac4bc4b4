use std::{num::NonZeroUsize, time::Duration};

use tower_sse::{ChannelOptions, HubOptions, KeyPolicy, LagPolicy, NoticePolicy};

use super::{executor::NodeExecutor, timer::ModelTimer};
use crate::{random::Random, stores::FaultRates};

pub(super) const WINDOWS: [&str; 4] = ["a", "b", "c", "d"];
pub(super) const EPHEMERAL: &str = "e";
pub(super) const KEYED: &str = "k";

/// What a seed draws for a whole history.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Whether the store loses what it has acknowledged.
    pub(super) loses: bool,
    /// Whether the store is emptied.
    pub(super) wipes: bool,
    /// Whether the tail is trimmed. It is not where the store loses records: both together hide the loss.
    pub(super) trims: bool,
    /// Whether the store is away for a long time.
    pub(super) has_outages: bool,
    /// Whether hubs are killed and closed.
    pub(super) restarts: bool,
    /// The maximum number of entries of a page.
    pub(super) page_entries: usize,
    pub(super) publish_timeout: Duration,
    max_events: usize,
    linger: Duration,
    lag: Lag,
    max_keys: usize,
    removes_oldest: bool,
}

#[derive(Clone, Copy, Debug)]
enum Lag {
    Disconnect,
    Notify,
}

impl Settings {
    pub(super) fn draw(seed: u64, random: &mut Random) -> Self {
        let (loses, wipes, trims) = match seed % 4 {
            0 => (false, false, true),
            1 => (true, false, false),
            2 => (false, true, true),
            _ => (true, true, false),
        };
        Self {
            loses,
            wipes,
            trims,
            has_outages: chance(random, 150),
            restarts: chance(random, 500),
            page_entries: 1 + random.below(6),
            publish_timeout: Duration::from_millis(200 + random.below(3000) as u64),
            max_events: 1 + random.below(8),
            linger: Duration::from_millis([50, 1_000, 60_000][random.below(3)]),
            lag: [Lag::Disconnect, Lag::Disconnect, Lag::Notify][random.below(3)],
            max_keys: 2 + random.below(4),
            removes_oldest: chance(random, 500),
        }
    }

    /// Returns the options of a hub, which are the same for all of them.
    pub(super) fn hub_options(&self, executor: NodeExecutor) -> HubOptions {
        let lag = match self.lag {
            Lag::Disconnect => LagPolicy::disconnect(),
            Lag::Notify => LagPolicy::notify(),
        };
        let policy = match self.removes_oldest {
            true => KeyPolicy::remove_oldest(),
            false => KeyPolicy::reject(),
        };
        let max_keys = NonZeroUsize::new(self.max_keys).unwrap();
        let channels = ChannelOptions::with_timer(ModelTimer)
            .max_events(NonZeroUsize::new(self.max_events).unwrap())
            .lag_policy(lag)
            .notice_policy(NoticePolicy::event());
        HubOptions::with_timer(ModelTimer)
            .channel_options(channels)
            .each(move |name, options| match name {
                EPHEMERAL => options.ephemeral(),
                KEYED => options.keyed(max_keys, policy),
                _ => options,
            })
            .linger(self.linger)
            .executor(executor)
            .publish_timeout(self.publish_timeout)
            .backfill_timeout(Duration::from_secs(4))
            .max_waiting_bytes(3000)
    }

    /// Draws how often the store fails.
    pub(super) fn rates(&self, random: &mut Random) -> FaultRates {
        let mut rates = FaultRates {
            saves: if self.loses { 300 } else { 0 },
            delay: millis(random, 25),
            ..FaultRates::default()
        };
        if chance(random, 400) {
            rates.unavailable = random.below(200);
            rates.lost_replies = random.below(300);
            rates.late = random.below(200);
            rates.broken_tails = random.below(200);
        }
        rates
    }
}

/// Draws `true` so many times in a thousand.
pub(super) fn chance(random: &mut Random, rate: usize) -> bool {
    random.below(1000) < rate
}

/// Draws a time below so many milliseconds.
pub(super) fn millis(random: &mut Random, end: usize) -> Duration {
    Duration::from_millis(random.below(end) as u64)
}

/// Draws some names, each once.
pub(super) fn names<'a>(random: &mut Random, of: &[&'a str], most: usize) -> Vec<&'a str> {
    let mut drawn: Vec<_> = (0..1 + random.below(most))
        .map(|_| of[random.below(of.len())])
        .collect();
    drawn.sort_unstable();
    drawn.dedup();
    drawn
}
