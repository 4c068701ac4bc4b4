use std::{future::Future, pin::pin, sync::mpsc as blocking, time::Duration};

use futures_util::{FutureExt, StreamExt};
use redis::aio::MultiplexedConnection;
use tokio::{runtime::Handle, sync::mpsc};
use tower_sse::store::{HubStore, Position, StoreError, Tailed};
use tower_sse_redis::RedisStore;

/// Runs futures on a runtime of its own, while the thread of the caller waits: on that one nothing else happens, and
/// its paused clock stands.
#[derive(Clone)]
pub(super) struct Driver(Handle);

type Next = Option<Result<Tailed, StoreError>>;

/// A tail on that runtime. It reads on when it is asked.
pub(super) struct DrivenTail {
    asks: mpsc::UnboundedSender<blocking::Sender<Option<Next>>>,
}

impl Driver {
    pub(super) fn new(runtime: Handle) -> Self {
        Self(runtime)
    }

    pub(super) fn block<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let (sender, receiver) = blocking::channel();
        self.0.spawn(async move { sender.send(work.await) });
        answer(&receiver)
    }

    pub(super) fn tail(
        &self,
        store: RedisStore,
        connection: MultiplexedConnection,
        hub: String,
        after: Option<Position>,
    ) -> DrivenTail {
        let (asks, mut asked) = mpsc::unbounded_channel::<blocking::Sender<Option<Next>>>();
        self.0.spawn(async move {
            let mut tail = pin!(store.tail(after));
            let mut at = after.unwrap_or_default();
            while let Some(answer) = asked.recv().await {
                let next = match has_record_after(connection.clone(), &hub, at).await {
                    true => Some(tail.next().await),
                    // It may have read one that was lost since.
                    false => tail.next().now_or_never(),
                };
                if let Some(Some(Ok(tailed))) = &next {
                    at = tailed.record.position();
                }
                let _ = answer.send(next);
            }
        });
        DrivenTail { asks }
    }
}

impl DrivenTail {
    /// Returns the next record, `None` if there is none yet.
    pub(super) fn next(&self) -> Option<Next> {
        let (sender, receiver) = blocking::channel();
        let _ = self.asks.send(sender);
        answer(&receiver)
    }
}

async fn has_record_after(mut connection: MultiplexedConnection, hub: &str, at: Position) -> bool {
    let mut command = redis::cmd("XRANGE");
    let start = format!("({}-{}", at.get() >> 20, at.get() & 0xfffff);
    command.arg(hub).arg(start).arg("+").arg("COUNT").arg(1);
    let found: Vec<redis::Value> = command.query_async(&mut connection).await.unwrap();
    !found.is_empty()
}

fn answer<T>(receiver: &blocking::Receiver<T>) -> T {
    let answer = receiver.recv_timeout(Duration::from_secs(60));
    answer.expect("Redis does not answer")
}
