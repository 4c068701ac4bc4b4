use std::collections::VecDeque;

use super::keys::Keys;
use crate::config::ChannelConfig;

/// The place of a life among all of a hub.
pub(crate) type LifeId = usize;

/// A channel from when it is made until it is closed or removed. Another one may have its name later.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) name: usize,
    pub(crate) config: ChannelConfig,
    /// What is retained, the oldest event first.
    pub(crate) retained: VecDeque<Retained>,
    /// The keys of a keyed channel.
    pub(crate) keys: Option<Keys>,
    /// The highest number that a client may miss: of an evicted event or a forgotten removal, or of an
    /// earlier life.
    pub(crate) lost: u64,
    /// What `lost` was when the channel was made.
    pub(crate) lost_before: u64,
    pub(crate) last: u64,
    pub(crate) is_closed: bool,
    pub(crate) subscribers: usize,
    pub(crate) handles: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Retained {
    pub(crate) number: u64,
    pub(crate) len: usize,
    pub(crate) at: u64,
}

/// An event as a publisher makes it.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub(crate) text: String,
    pub(crate) is_comment: bool,
}

impl Payload {
    /// Returns how many bytes it has on the wire in a channel. An epoch has six characters.
    pub(crate) fn len(&self, number: u64, config: &ChannelConfig) -> usize {
        let digits = number.to_string().len();
        match (self.is_comment, config.has_ids) {
            (true, _) | (false, false) => self.len_without_id(),
            (false, true) => "data: \nid: epoch6-\n\n".len() + self.text.len() + digits,
        }
    }
}

impl Payload {
    pub(crate) fn len_without_id(&self) -> usize {
        let field = if self.is_comment {
            ": \n\n"
        } else {
            "data: \n\n"
        };
        field.len() + self.text.len()
    }
}

impl Life {
    pub(crate) fn new(name: usize, config: ChannelConfig, lost: u64) -> Self {
        Self {
            name,
            config,
            retained: VecDeque::new(),
            keys: config.keyed.map(|_| Keys::default()),
            lost,
            lost_before: lost,
            last: lost,
            is_closed: false,
            subscribers: 0,
            handles: 0,
        }
    }

    pub(crate) fn retains(&self, number: u64) -> bool {
        self.retained.iter().any(|event| event.number == number)
    }

    pub(crate) fn oldest(&self) -> Option<u64> {
        match &self.keys {
            Some(keys) => keys.oldest_removal(),
            None => self.retained.front().map(|event| event.number),
        }
    }

    /// Returns the number up to which a client that comes now may miss events.
    pub(crate) fn lost_to_new(&self) -> u64 {
        match self.config.has_history {
            true => self.lost,
            false => self.lost.max(self.last),
        }
    }

    pub(crate) fn retains_for_new(&self, number: u64) -> bool {
        self.config.has_history && self.retains(number)
    }

    pub(crate) fn is_empty_to_new(&self) -> bool {
        let is_empty = match &self.keys {
            Some(keys) => keys.live().is_empty(),
            None => self.retained.is_empty(),
        };
        is_empty || !self.config.has_history
    }

    pub(crate) fn oldest_to_new(&self) -> Option<u64> {
        self.oldest().filter(|_| self.config.has_history)
    }

    pub(crate) fn bytes(&self) -> usize {
        match &self.keys {
            Some(keys) => keys.bytes(),
            None => self.retained.iter().map(|event| event.len).sum(),
        }
    }

    pub(crate) fn append(&mut self, event: Retained) {
        self.retained.push_back(event);
        self.last = event.number;
        while self.retained.len() > self.config.max_events || self.bytes() > self.config.max_bytes {
            self.evict_oldest();
        }
    }

    pub(crate) fn expire(&mut self, now: u64) {
        let Some(max_age) = self.config.max_age else {
            return;
        };
        while self
            .retained
            .front()
            .is_some_and(|oldest| now > oldest.at + max_age)
        {
            self.evict_oldest();
        }
    }

    pub(crate) fn evict_oldest(&mut self) {
        let evicted = match &mut self.keys {
            Some(keys) => keys.forget_removal(),
            None => self.retained.pop_front().map(|event| event.number),
        };
        self.lost = evicted.unwrap();
    }
}
