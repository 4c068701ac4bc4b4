//! The bounds and policies of a hub.

use crate::random::Random;

/// The names of the channels.
pub(crate) const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A hub. A channel is named by its place here.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) channels: Vec<ChannelConfig>,
    pub(crate) max_channels: usize,
    pub(crate) max_bytes: usize,
    /// In milliseconds, as all times.
    pub(crate) linger: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ChannelConfig {
    pub(crate) max_events: usize,
    pub(crate) max_bytes: usize,
    pub(crate) max_age: Option<u64>,
    pub(crate) lag: LagPolicy,
    pub(crate) gap: GapPolicy,
    pub(crate) has_ids: bool,
    pub(crate) has_history: bool,
    pub(crate) keyed: Option<KeyedConfig>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyedConfig {
    pub(crate) max_keys: usize,
    pub(crate) removes_oldest: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LagPolicy {
    Disconnect,
    Notify,
    Newest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GapPolicy {
    Notify,
    Live,
}

const LARGE: usize = 1 << 20;

impl Config {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let count = random.within(1, NAMES.len());
        let mut channels: Vec<_> = (0..count).map(|_| ChannelConfig::draw(random)).collect();
        // One at most, because a silent lag is known by a count of the whole subscription alone.
        if random.once_in(2) {
            let silent = random.below(count);
            channels[silent].lag = LagPolicy::Newest;
            if !channels[silent].has_ids && random.once_in(2) {
                channels[silent].lag = LagPolicy::Disconnect;
            }
        }
        Self {
            channels,
            max_channels: random.within(2, 6),
            max_bytes: random.pick(&[60, 100, 200, LARGE, LARGE, LARGE]),
            linger: random.pick(&[1, 10, 30]),
        }
    }
}

impl ChannelConfig {
    /// Returns `true` if clients resume its events by their ids, whatever the other channels.
    pub(crate) fn is_resumed(&self) -> bool {
        self.has_ids && self.keyed.is_none()
    }

    /// Returns `true` if a lag is only counted.
    pub(crate) fn lags_in_silence(&self) -> bool {
        self.lag == LagPolicy::Newest || !self.has_ids && self.lag == LagPolicy::Disconnect
    }

    fn draw(random: &mut Random) -> Self {
        let window = Self::draw_window(random);
        match random.once_in(5) {
            true => Self {
                has_ids: !random.once_in(4),
                has_history: true,
                max_age: None,
                keyed: Some(KeyedConfig {
                    max_keys: random.within(1, 4),
                    removes_oldest: random.once_in(2),
                }),
                ..window
            },
            false => window,
        }
    }

    fn draw_window(random: &mut Random) -> Self {
        let has_ids = !random.once_in(5);
        let disconnect = match has_ids {
            true => LagPolicy::Disconnect,
            false => LagPolicy::Notify,
        };
        Self {
            has_ids,
            has_history: !random.once_in(if has_ids { 8 } else { 2 }),
            max_events: random.within(1, 4),
            max_bytes: random.pick(&[40, 60, 100, LARGE, LARGE, LARGE]),
            max_age: random.pick(&[None, None, None, Some(5), Some(20)]),
            lag: random.pick(&[disconnect, LagPolicy::Notify, LagPolicy::Notify]),
            gap: random.pick(&[GapPolicy::Notify, GapPolicy::Notify, GapPolicy::Live]),
            keyed: None,
        }
    }
}
