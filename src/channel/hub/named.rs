//! The open subscriptions of a hub by name.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    channel::subscription::Control,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The open subscriptions by the name that they were given. Several can have the same.
#[derive(Default)]
pub(super) struct NamedSubscriptions(Mutex<BTreeMap<Arc<str>, Vec<Arc<Control>>>>);

impl NamedSubscriptions {
    pub(super) fn insert(&self, name: &Arc<str>, control: &Arc<Control>) {
        let mut named = self.lock();
        let controls = named.entry(Arc::clone(name)).or_default();
        controls.push(Arc::clone(control));
    }

    pub(super) fn remove(&self, name: &str, control: &Arc<Control>) {
        let mut named = self.lock();
        let Some(controls) = named.get_mut(name) else {
            return;
        };
        controls.retain(|other| !Arc::ptr_eq(other, control));
        if controls.is_empty() {
            named.remove(name);
        }
    }

    pub(super) fn get(&self, name: &str) -> Vec<Arc<Control>> {
        self.lock().get(name).cloned().unwrap_or_default()
    }

    pub(super) fn all(&self) -> Vec<Arc<Control>> {
        self.lock().values().flatten().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Vec<Arc<Control>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for NamedSubscriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedSubscriptions").finish_non_exhaustive()
    }
}
