//! Changes of the keys in the log of a keyed channel.

use std::sync::Arc;

use super::{
    keyed_log::{KeyedEvent, KeyedLog},
    log::{Log, LogEvents},
};

impl Log {
    /// Counts the keys that clients with an id up to this number may have as gone.
    pub(super) fn forget_keys_before(&mut self, number: u64) {
        if let LogEvents::Keyed(keyed) = &mut self.events {
            keyed.forget_before(number);
        }
    }

    /// Returns the keyed log, to be loaded.
    pub(super) fn as_keyed_mut(&mut self) -> Option<&mut KeyedLog> {
        match &mut self.events {
            LogEvents::Window(_) => None,
            LogEvents::Keyed(keyed) => Some(keyed),
        }
    }

    /// Returns the keyed log, to be changed by an event with this number.
    pub(super) fn change_keyed(&mut self, number: u64) -> Option<&mut KeyedLog> {
        match &mut self.events {
            LogEvents::Window(_) => None,
            LogEvents::Keyed(keyed) => {
                self.last = number;
                Some(keyed)
            }
        }
    }

    /// Applies what a store has of a key, an event or a removal, unless it is older than what is known.
    pub(super) fn apply_key(&mut self, number: u64, key: &Arc<str>, event: Option<KeyedEvent>) {
        if let LogEvents::Keyed(keyed) = &mut self.events {
            keyed.apply(number, key, event);
            self.last = self.last.max(number);
        }
        self.forget_removals();
    }

    /// Requires a keyed log to be loaded before it is read.
    pub(super) fn unload_keys(&mut self) {
        if let LogEvents::Keyed(keyed) = &mut self.events {
            keyed.unload();
        }
    }

    /// Begins to load a keyed log, if that is needed and has not begun. See [`KeyedLog::begin_load`].
    pub(super) fn begin_load(&mut self, number: u64) -> bool {
        let keyed = self.as_keyed_mut();
        let begins = keyed.is_some_and(|keyed| keyed.begin_load(number));
        if begins {
            // The store knows better up to where removals are lost.
            self.evicted = 0;
        }
        begins
    }

    /// Requires a keyed log to be loaded again. See [`KeyedLog::abandon_load`].
    pub(super) fn abandon_load(&mut self, number: u64) {
        if let LogEvents::Keyed(keyed) = &mut self.events {
            keyed.abandon_load(number);
        }
    }

    /// Ends the loading of a keyed log, whose store has dropped removals up to this number.
    pub(super) fn end_load(&mut self, dropped: u64) {
        if let LogEvents::Keyed(keyed) = &mut self.events {
            keyed.end_load();
            self.evicted = self.evicted.max(dropped);
        }
        self.forget_removals();
    }

    /// Removes a key of a keyed channel, and forgets the oldest removals if there are too many.
    pub(super) fn remove_key(&mut self, number: u64, key: &str) {
        if let Some(keyed) = self.change_keyed(number) {
            keyed.remove(number, key);
        }
        self.forget_removals();
    }

    /// Forgets the oldest removals if there are too many. Not while the keys are loaded: what the store was before
    /// a removal may still come.
    fn forget_removals(&mut self) {
        let has_too_many = |keyed: &KeyedLog| keyed.is_loaded() && keyed.has_too_many_removed();
        while self.as_keyed().is_some_and(has_too_many) {
            self.evict_oldest();
        }
    }
}
