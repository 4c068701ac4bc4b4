use std::collections::{BTreeMap, BTreeSet};

use super::{
    idle::Idle,
    keys::{KEY_LEN, Key},
    life::{Life, LifeId, Payload, Retained},
    removed::Removed,
};
use crate::config::{ChannelConfig, Config};

/// How many idle channels a hub checks to make room.
const CHECKS: usize = 32;

/// A hub: everything that was ever published, and which channels there are.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) config: Config,
    pub(crate) now: u64,
    /// The event with the number 1 comes first.
    pub(crate) published: Vec<Published>,
    pub(crate) lives: Vec<Life>,
    /// The channels by name.
    registered: BTreeMap<usize, LifeId>,
    idle: Idle,
    removed: Removed,
}

#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) to: Vec<LifeId>,
    pub(crate) payload: Payload,
    pub(crate) key: Option<Key>,
}

impl Hub {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            now: 0,
            published: Vec::new(),
            lives: Vec::new(),
            registered: BTreeMap::new(),
            idle: Idle::default(),
            removed: Removed::new(config.max_channels),
            config,
        }
    }

    /// Returns the number of the last event, 0 before the first one.
    pub(crate) fn last(&self) -> u64 {
        self.published.len() as u64
    }

    pub(crate) fn event(&self, number: u64) -> &Published {
        &self.published[number as usize - 1]
    }

    pub(crate) fn names(&mut self) -> Vec<usize> {
        self.sweep();
        self.registered.keys().copied().collect()
    }

    pub(crate) fn get(&mut self, name: usize) -> Option<LifeId> {
        self.sweep();
        self.check_retaining(name);
        self.registered.get(&name).copied()
    }

    /// Finds or makes a channel. `None` if there are too many.
    pub(crate) fn channel(&mut self, name: usize) -> Option<LifeId> {
        if let Some(life) = self.get(name) {
            return Some(life);
        }
        if self.registered.len() >= self.config.max_channels && !self.make_room() {
            return None;
        }
        let lost = self.removed.recall(name);
        let mut life = Life::new(name, self.config.channels[name], lost);
        if let Some(keys) = life.keys.as_mut().filter(|_| lost > 0) {
            keys.forgotten_before = Some(self.last());
        }
        self.lives.push(life);
        let id = self.lives.len() - 1;
        self.registered.insert(name, id);
        self.idle.add(id, self.now);
        Some(id)
    }

    /// Finds or makes channels. The caller holds them, until it [releases](Self::release) them.
    pub(crate) fn channels(&mut self, names: &[usize]) -> Option<Vec<LifeId>> {
        let mut found = Vec::new();
        for name in names {
            let Some(life) = self.channel(*name) else {
                self.release(&found);
                return None;
            };
            if !found.contains(&life) {
                self.lives[life].handles += 1;
                found.push(life);
            }
        }
        Some(found)
    }

    pub(crate) fn release(&mut self, lives: &[LifeId]) {
        for life in lives {
            self.lives[*life].handles -= 1;
        }
    }

    /// Publishes events to each of these channels. `None` if nothing is published.
    pub(crate) fn publish(&mut self, to: &[LifeId], payloads: &[Payload]) -> Option<u64> {
        // An event counts in each of its channels.
        let lens = to.iter().flat_map(|life| self.lens(*life, payloads));
        let len: usize = lens.sum();
        if len > self.config.max_bytes || !to.iter().all(|life| self.takes(*life, payloads)) {
            return None;
        }
        Some(self.append(to, payloads))
    }

    fn append(&mut self, to: &[LifeId], payloads: &[Payload]) -> u64 {
        let at = self.now;
        for life in to {
            let lens = self.lens(*life, payloads);
            let life = &mut self.lives[*life];
            for (len, number) in lens.iter().copied().zip(self.published.len() as u64 + 1..) {
                life.append(Retained { number, len, at });
            }
            life.expire(at);
        }
        let published = payloads.iter().map(|payload| Published {
            to: to.to_vec(),
            payload: payload.clone(),
            key: None,
        });
        self.published.extend(published);
        self.evict();
        self.last()
    }

    /// Returns the event with this text, which no other has.
    pub(crate) fn find(&self, text: &str) -> &Published {
        let mut published = self.published.iter();
        let found = published.find(|event| event.payload.text == text);
        found.unwrap_or_else(|| panic!("{text} was never published"))
    }

    /// Makes an event the newest of its key. `None` if nothing is published.
    pub(crate) fn put(&mut self, life: LifeId, key: Key, payload: &Payload) -> Option<u64> {
        let Life { config, keys, .. } = &self.lives[life];
        let (keyed, keys) = (config.keyed.unwrap(), keys.as_ref().unwrap());
        let len = keyed_len(payload, self.last() + 1, config);
        if len > config.max_bytes.min(self.config.max_bytes) {
            return None;
        }
        let lives = self.registered.values().map(|life| &self.lives[*life]);
        let pinned = lives.filter_map(|life| Some(life.keys.as_ref()?.live_bytes()));
        let others = pinned.sum::<usize>() - keys.live_bytes();
        let mut live = keys.live();
        live.retain(|other| *other != key);
        let bytes = |live: &[Key]| -> usize {
            let lens = live.iter().filter_map(|key| keys.len_of(*key));
            lens.sum::<usize>() + len
        };
        let mut removed = Vec::new();
        while live.len() >= keyed.max_keys
            || bytes(&live) > config.max_bytes
            || bytes(&live) + others > self.config.max_bytes
        {
            if !keyed.removes_oldest || live.is_empty() {
                return None;
            }
            removed.push(live.remove(0));
        }
        for key in removed {
            self.remove_key(life, key);
        }
        let number = self.change_key(life, key, payload.clone());
        let Life { config, keys, .. } = &mut self.lives[life];
        let len = keyed_len(payload, number, config);
        keys.as_mut().unwrap().put(number, key, len);
        self.evict();
        Some(number)
    }

    /// Removes a key. `None` if there is no such key.
    pub(crate) fn remove_key(&mut self, life: LifeId, key: Key) -> Option<u64> {
        if !self.lives[life].keys.as_ref().unwrap().is_live(key) {
            return None;
        }
        let removal = Payload {
            text: String::new(),
            is_comment: true,
        };
        let number = self.change_key(life, key, removal);
        let Life {
            config, keys, lost, ..
        } = &mut self.lives[life];
        let max_removed = config.keyed.unwrap().max_keys;
        let forgotten = keys.as_mut().unwrap().remove(number, key, max_removed);
        *lost = forgotten.last().copied().unwrap_or(*lost);
        Some(number)
    }

    fn change_key(&mut self, life: LifeId, key: Key, payload: Payload) -> u64 {
        let (to, key) = (vec![life], Some(key));
        self.published.push(Published { to, payload, key });
        self.lives[life].last = self.last();
        self.last()
    }

    /// Takes a number that no event gets.
    pub(crate) fn take_number(&mut self) -> u64 {
        self.published.push(Published {
            to: Vec::new(),
            payload: Payload {
                text: String::new(),
                is_comment: true,
            },
            key: None,
        });
        self.last()
    }

    fn lens(&self, life: LifeId, payloads: &[Payload]) -> Vec<usize> {
        let config = &self.lives[life].config;
        let numbered = payloads.iter().zip(self.last() + 1..);
        numbered
            .map(|(payload, number)| payload.len(number, config))
            .collect()
    }

    /// Returns `true` if one of these channels has ids.
    pub(crate) fn any_has_ids(&self, lives: &[LifeId]) -> bool {
        let mut lives = lives.iter().map(|life| &self.lives[*life]);
        lives.any(|life| life.config.is_resumed())
    }

    fn takes(&self, life: LifeId, payloads: &[Payload]) -> bool {
        let lens = self.lens(life, payloads);
        let life = &self.lives[life];
        let max_bytes = life.config.max_bytes.min(self.config.max_bytes);
        !life.is_closed
            && lens.len() <= life.config.max_events
            && lens.iter().sum::<usize>() <= max_bytes
    }

    /// Evicts the oldest events of all channels, as long as they have too many bytes together.
    fn evict(&mut self) {
        loop {
            let lives = || self.registered.values().map(|life| &self.lives[*life]);
            if lives().map(Life::bytes).sum::<usize>() <= self.config.max_bytes {
                return;
            }
            let oldest = lives().filter_map(|life| Some((life.oldest()?, life.name)));
            let Some((_, name)) = oldest.min() else {
                return;
            };
            self.lives[self.registered[&name]].evict_oldest();
        }
    }

    pub(crate) fn expire(&mut self, life: LifeId) {
        self.lives[life].expire(self.now);
    }

    pub(crate) fn close(&mut self, life: LifeId) {
        self.lives[life].is_closed = true;
        if self.is_registered(life) {
            self.remove(life);
        }
    }

    pub(crate) fn close_all(&mut self) {
        let lives: Vec<_> = self.registered.values().copied().collect();
        lives.into_iter().for_each(|life| self.close(life));
    }

    pub(crate) fn join(&mut self, lives: &[LifeId]) {
        for life in lives {
            self.expire(*life);
            self.lives[*life].subscribers += 1;
            self.idle.remove(*life);
        }
    }

    pub(crate) fn leave(&mut self, lives: &[LifeId]) {
        for life in lives {
            self.lives[*life].subscribers -= 1;
            if self.lives[*life].subscribers == 0 && self.is_registered(*life) {
                self.idle.add(*life, self.now);
            }
        }
    }

    fn is_registered(&self, life: LifeId) -> bool {
        self.registered.get(&self.lives[life].name) == Some(&life)
    }

    /// Removes idle channels without events whose time has passed.
    fn sweep(&mut self) {
        while let Some(life) = self
            .now
            .checked_sub(self.config.linger)
            .and_then(|time| self.idle.since(time))
        {
            self.check(life);
        }
    }

    /// Removes a channel that was kept for its events, which the bytes of the hub have cost it since.
    fn check_retaining(&mut self, name: usize) {
        let life = self.registered.get(&name).copied();
        let Some(time) = self.now.checked_sub(self.config.linger) else {
            return;
        };
        let Some(life) = life.filter(|life| self.idle.is_retaining(*life, time)) else {
            return;
        };
        self.check(life);
    }

    /// Removes a channel without events, or keeps it for them.
    fn check(&mut self, life: LifeId) {
        match self.is_removable(life) {
            false => self.idle.add(life, self.now),
            true if self.lives[life].is_empty_to_new() => self.remove(life),
            true => self.idle.keep(life, self.now),
        }
    }

    /// Removes the channel that has been idle for the longest, one without events first.
    fn make_room(&mut self) -> bool {
        let before = self.registered.len();
        for _ in 0..CHECKS {
            let Some(life) = self.idle.first_waiting() else {
                break;
            };
            self.check(life);
            if self.registered.len() < before {
                return true;
            }
        }
        for _ in 0..CHECKS {
            let first = self.idle.first_retaining();
            let Some(life) = first.or_else(|| self.idle.first_waiting()) else {
                return false;
            };
            if self.is_removable(life) {
                self.remove(life);
                return true;
            }
            self.idle.add(life, self.now);
        }
        false
    }

    /// Returns `true` if the program holds no handle to a channel without subscribers.
    fn is_removable(&mut self, life: LifeId) -> bool {
        assert_eq!(self.lives[life].subscribers, 0);
        if self.lives[life].handles > 0 {
            return false;
        }
        self.expire(life);
        true
    }

    fn remove(&mut self, life: LifeId) {
        let Life {
            name, last, lost, ..
        } = self.lives[life];
        self.idle.remove(life);
        self.registered.remove(&name);
        if self.config.channels[name].has_ids {
            self.removed.remember(name, last.max(lost));
        }
    }

    /// Returns the events after a number that were published under the name of this channel, up to its
    /// own time.
    pub(crate) fn published_after(&self, life: LifeId, number: u64) -> BTreeSet<u64> {
        let name = self.lives[life].name;
        let is_of_it = |of: &LifeId| *of <= life && self.lives[*of].name == name;
        let events = (1..).zip(&self.published).skip(number as usize);
        let events = events.filter(|(_, event)| event.to.iter().any(is_of_it));
        events.map(|(number, _)| number).collect()
    }
}

/// Returns how many bytes an event has with its key, in both of its forms.
fn keyed_len(payload: &Payload, number: u64, config: &ChannelConfig) -> usize {
    let without_id = payload.len_without_id();
    let with_id = config.has_ids.then(|| payload.len(number, config));
    KEY_LEN + without_id + with_id.unwrap_or(0)
}
