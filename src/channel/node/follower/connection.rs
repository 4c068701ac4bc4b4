//! One connection to the tail.

use std::pin::pin;

use futures_util::{
    StreamExt,
    future::{Either, select},
    stream::BoxStream,
};

use super::{follower::Follower, node_log::NodeLog};
use crate::{
    channel::node::backoff::Backoff,
    store::{StoreError, StoreErrorKind, Tailed},
};

/// The next step of a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    Reconnect,
}

/// The end of a follower's wait.
enum Arrival {
    Record(Option<Result<Tailed, StoreError>>),
    Idle,
    Doubt,
}

impl<L: NodeLog> Follower<L> {
    /// Follows one tail, until it must be opened anew.
    pub(super) async fn connection(&mut self, backoff: &mut Backoff) -> Result<(), StoreError> {
        let start = self.start().await?;
        let store = self.store.clone();
        let mut tail = store.tail(start);
        loop {
            let next = match self.arrival(&mut tail).await {
                Arrival::Record(Some(tailed)) => {
                    let before = self.seen.position();
                    let next = self.take(tailed?).await?;
                    // Not for a record that comes again, as it does from a tail that breaks each time.
                    if self.seen.position() != before {
                        backoff.reset();
                        self.succeed();
                    }
                    next
                }
                Arrival::Record(None) => return Err(StoreError::new(StoreErrorKind::Unavailable)),
                Arrival::Idle => self.idle().await?,
                Arrival::Doubt => self.doubt().await?,
            };
            if next == Next::Reconnect {
                return Ok(());
            }
        }
    }

    /// Compares the node with the store when an answer was odd.
    async fn doubt(&mut self) -> Result<Next, StoreError> {
        let begins = self.fresh.map(|head| head.epoch);
        let next = self.compare().await?;
        // The tail of the epoch that is about to begin is open already.
        match begins.is_some() && begins == self.fresh.map(|head| head.epoch) {
            true => Ok(Next::GoOn),
            false => Ok(next),
        }
    }

    async fn arrival(&self, tail: &mut BoxStream<'_, Result<Tailed, StoreError>>) -> Arrival {
        let doubt = pin!(self.seen.doubted());
        let idle = self.timer.sleep(self.options.idle);
        match select(tail.next(), select(doubt, idle)).await {
            Either::Left((tailed, _)) => Arrival::Record(tailed),
            Either::Right((Either::Left(_), _)) => Arrival::Doubt,
            Either::Right((Either::Right(_), _)) => Arrival::Idle,
        }
    }
}
