use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use hyper::rt::Timer;
use tokio::sync::Notify;
use tower_sse::store::{
    Appended, Batch, Epoch, HubStore, Page, Position, StoreError, StoreErrorKind, Tailed, Topic,
};

use super::{damage::Damage, rates::FaultRates};
use crate::random::Random;

/// The maximum number of batches that are on their way.
const MAX_LATE: usize = 16;

/// A store around another one that fails, delays, loses replies, and loses what it has acknowledged.
///
/// The same seed and the same calls give the same faults. Clones share the store.
pub(crate) struct FaultyStore<S: Damage>(Arc<Shared<S>>);

struct Shared<S: Damage> {
    store: S,
    timer: Arc<dyn Timer + Send + Sync>,
    faults: Mutex<Faults<S::Image>>,
    breaks: Notify,
}

struct Faults<I> {
    random: Random,
    rates: FaultRates,
    /// Batches that are still on their way to the store when their publisher has given them up.
    late: VecDeque<Batch<'static>>,
    saved: Arc<I>,
}

impl<S: Damage> FaultyStore<S> {
    /// Wraps a store, at first without faults.
    pub(crate) fn new(store: S, timer: impl Timer + Send + Sync + 'static, seed: u64) -> Self {
        let faults = Faults {
            random: Random::new(seed),
            rates: FaultRates::default(),
            late: VecDeque::new(),
            saved: Arc::new(store.image()),
        };
        Self(Arc::new(Shared {
            store,
            timer: Arc::new(timer),
            faults: Mutex::new(faults),
            breaks: Notify::new(),
        }))
    }

    /// Sets the rates of the faults. Batches that are on their way stay there.
    pub(crate) fn set_rates(&self, rates: FaultRates) {
        self.0.faults.lock().unwrap().rates = rates;
    }

    /// Breaks all tails.
    pub(crate) fn break_tails(&self) {
        self.0.breaks.notify_waiters();
    }

    /// Copies the state to the disk.
    pub(crate) fn save(&self) {
        let image = Arc::new(self.0.store.image());
        self.0.faults.lock().unwrap().saved = image;
    }

    /// Crashes the store: it returns to its last saved state. Tails do not break.
    pub(crate) fn crash(&self) {
        let saved = Arc::clone(&self.0.faults.lock().unwrap().saved);
        self.0.store.restore(&saved);
    }

    /// Empties the store. Tails do not break.
    pub(crate) fn wipe(&self, epoch: Epoch) {
        self.0.store.wipe(epoch);
        self.save();
    }

    /// Stores the batches that are on their way.
    pub(crate) async fn settle(&self) {
        loop {
            let late = self.0.faults.lock().unwrap().late.pop_front();
            let Some(late) = late else { return };
            // The publisher has given it up, and nobody waits for the answer.
            let _ = self.0.store.append(late).await;
        }
    }

    /// Draws `true` so many times in a thousand.
    fn draw(&self, rate: impl FnOnce(&FaultRates) -> usize) -> bool {
        let faults = &mut *self.0.faults.lock().unwrap();
        faults.random.below(1000) < rate(&faults.rates)
    }

    async fn delay(&self) {
        let delay = self.draw_delay();
        if delay > Duration::ZERO {
            self.0.timer.sleep(delay).await;
        }
    }

    fn draw_delay(&self) -> Duration {
        let faults = &mut *self.0.faults.lock().unwrap();
        // Half of the calls are prompt, so that slow ones are overtaken.
        if faults.random.below(2) == 0 {
            return Duration::ZERO;
        }
        let max = faults.rates.delay.as_millis() as usize;
        Duration::from_millis(faults.random.below(max + 1) as u64)
    }

    /// Fails at random, before a call does anything.
    async fn begin(&self) -> Result<(), StoreError> {
        self.delay().await;
        match self.draw(|rates| rates.unavailable) {
            true => Err(StoreError::new(StoreErrorKind::Unavailable)),
            false => Ok(()),
        }
    }

    /// Keeps a batch on its way, at random. Its publisher does not know.
    fn hold_back(&self, batch: &Batch<'_>) -> bool {
        let is_late = self.draw(|rates| rates.late);
        let faults = &mut *self.0.faults.lock().unwrap();
        let is_held = is_late && faults.late.len() < MAX_LATE;
        if is_held {
            faults.late.push_back(batch.clone().into_owned());
        }
        is_held
    }

    /// Stores one of the batches that are on their way, at random.
    async fn release_one(&self) {
        let late = match self.draw(|_| 300) {
            true => self.0.faults.lock().unwrap().late.pop_front(),
            false => None,
        };
        if let Some(late) = late {
            let _ = self.0.store.append(late).await;
        }
    }
}

impl<S: Damage> Clone for FaultyStore<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Damage> HubStore for FaultyStore<S> {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        self.begin().await?;
        self.release_one().await;
        if self.hold_back(&batch) {
            return Err(StoreError::new(StoreErrorKind::Unknown));
        }
        let answer = self.0.store.append(batch).await?;
        if self.draw(|rates| rates.saves) {
            self.save();
        }
        self.delay().await;
        match self.draw(|rates| rates.lost_replies) {
            true => Err(StoreError::new(StoreErrorKind::Unknown)),
            false => Ok(answer),
        }
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.begin().await?;
        let page = self.0.store.read(topics, after, limit).await?;
        self.delay().await;
        Ok(page)
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        let records = self.0.store.tail(after).then(|tailed| async {
            self.delay().await;
            match self.draw(|rates| rates.broken_tails) {
                true => Err(StoreError::new(StoreErrorKind::Unavailable)),
                false => tailed,
            }
        });
        let error = stream::once(async { Err(StoreError::new(StoreErrorKind::Unavailable)) });
        records.take_until(self.0.breaks.notified()).chain(error)
    }
}
