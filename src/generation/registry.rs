//! The generations by key.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    sync::Arc,
    time::Instant,
};

use super::{GenerationError, shared::GenerationShared};

/// The generations that run, and those that have ended and can still be attached to.
#[derive(Debug)]
pub(super) struct Registry<K> {
    generations: HashMap<K, Kept>,
    /// The ended ones, with the time at which each is removed, in the order of their ends.
    ended: BTreeMap<u64, (Instant, K)>,
    next_end: u64,
}

#[derive(Debug)]
struct Kept {
    generation: Arc<GenerationShared>,
    /// The place in `ended`.
    ended: Option<u64>,
}

/// A generation that was removed. The caller drops it when the registry is not locked.
pub(super) type Removed = Vec<Arc<GenerationShared>>;

impl<K> Default for Registry<K> {
    fn default() -> Self {
        Self {
            generations: HashMap::new(),
            ended: BTreeMap::new(),
            next_end: 0,
        }
    }
}

impl<K: Eq + Hash + Clone> Registry<K> {
    pub(super) fn get(&self, key: &K) -> Option<Arc<GenerationShared>> {
        let kept = self.generations.get(key)?;
        Some(Arc::clone(&kept.generation))
    }

    pub(super) fn len(&self) -> usize {
        self.generations.len()
    }

    /// Adds a generation in place of an ended one with this key, or of the one that ended first if there are too
    /// many.
    pub(super) fn insert(
        &mut self,
        key: K,
        generation: Arc<GenerationShared>,
        max: usize,
    ) -> Result<Removed, GenerationError> {
        let mut removed = Vec::new();
        match self.generations.get(&key) {
            Some(Kept { ended: None, .. }) => return Err(GenerationError::Running),
            Some(Kept {
                ended: Some(at), ..
            }) => removed.extend(self.remove(*at)),
            None if self.generations.len() < max => {}
            None => match self.ended.first_key_value() {
                Some((at, _)) => removed.extend(self.remove(*at)),
                None => return Err(GenerationError::TooMany { max }),
            },
        }
        let ended = None;
        self.generations.insert(key, Kept { generation, ended });
        Ok(removed)
    }

    /// Notes that a generation has ended, and when to remove it.
    pub(super) fn end(&mut self, key: &K, remove_at: Instant) {
        let Some(kept) = self.generations.get_mut(key) else {
            return;
        };
        kept.ended = Some(self.next_end);
        self.ended.insert(self.next_end, (remove_at, key.clone()));
        self.next_end += 1;
    }

    /// Removes the ended generations whose time has passed.
    pub(super) fn expire(&mut self, now: Instant) -> Removed {
        let mut removed = Vec::new();
        while let Some((at, (remove_at, _))) = self.ended.first_key_value() {
            if *remove_at > now {
                break;
            }
            removed.extend(self.remove(*at));
        }
        removed
    }

    fn remove(&mut self, at: u64) -> Option<Arc<GenerationShared>> {
        let (_, key) = self.ended.remove(&at)?;
        let kept = self.generations.remove(&key)?;
        Some(kept.generation)
    }
}
