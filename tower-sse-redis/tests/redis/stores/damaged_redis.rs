use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use futures_util::{Stream, stream};
use redis::{FromRedisValue, aio::MultiplexedConnection};
use tokio::sync::Notify;
use tower_sse::store::{
    Appended, Batch, Epoch, HubStore, Page, Position, StoreError, Tailed, Topic,
};
use tower_sse_redis::RedisStore;

use super::{Damage, Host, driver::Driver};
use crate::hub_model::restarting::Restarting;

/// Everything that the keys of a hub hold.
const IMAGE: &str = "
    local image = {}
    for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
        local age = tostring(math.max(redis.call('PTTL', key), 0))
        for _, part in ipairs({key, age, redis.call('DUMP', key)}) do
            image[#image + 1] = part
        end
    end
    return image";

/// Deletes the keys of a hub, and puts back those of an image.
const RESTORE: &str = "
    for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
        redis.call('DEL', key)
    end
    for i = 2, #ARGV, 3 do
        redis.call('RESTORE', ARGV[i], ARGV[i + 1], ARGV[i + 2])
    end";

/// Trims a stream.
const TRIM: &str = "
    if redis.call('TYPE', ARGV[2]).ok == 'stream' then
        redis.call('XTRIM', ARGV[2], 'MAXLEN', ARGV[3])
    end";

/// A store in Redis whose calls are done when their first poll returns, so that the clock of the caller may be paused.
/// Clones share the store.
#[derive(Clone)]
pub(crate) struct DamagedRedis(Arc<Shared>);

struct Shared {
    store: RedisStore,
    driver: Driver,
    connection: MultiplexedConnection,
    prefix: String,
    changed: Notify,
    records_restarts: bool,
}

impl DamagedRedis {
    pub(super) fn connect(host: &Host, seed: u64, epoch: Epoch) -> Self {
        let driver = Driver::new(host.runtime.handle().clone());
        let prefix = format!("seed {seed}");
        let options = host.server.options().prefix(&prefix).unwrap();
        let options = options
            .response_timeout(Duration::from_secs(30))
            .block_timeout(Duration::from_millis(100))
            .max_entries(max_entries(seed));
        let records_restarts = seed / 12 % 2 == 1;
        let options = match records_restarts {
            true => options.gap_after_restart(),
            false => options,
        };
        let client = redis::Client::open(host.server.url()).unwrap();
        let (store, connection) = driver.block(async move {
            let connection = client.get_multiplexed_async_connection().await.unwrap();
            (RedisStore::connect(options).await.unwrap(), connection)
        });
        let store = Self(Arc::new(Shared {
            store,
            driver,
            connection,
            prefix: format!("{{{prefix}}}"),
            changed: Notify::new(),
            records_restarts,
        }));
        store.wipe(epoch);
        store
    }
}

/// Returns the number of entries that topics retain, of keyed topics that of removals. No test trims these otherwise.
fn max_entries(seed: u64) -> NonZeroUsize {
    let max = [1, 4, 1000][seed as usize / 4 % 3];
    NonZeroUsize::new(max).unwrap()
}

impl Shared {
    fn command<T: FromRedisValue + Send + 'static>(&self, command: redis::Cmd) -> T {
        let mut connection = self.connection.clone();
        let answered = async move { command.query_async(&mut connection).await.unwrap() };
        self.driver.block(answered)
    }

    /// Runs a script, whose first argument is the prefix of the keys.
    fn script<T: FromRedisValue + Send + 'static>(&self, script: &str, arguments: &[Vec<u8>]) -> T {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(0).arg(&self.prefix).arg(arguments);
        self.command(command)
    }

    fn trim(&self, key: &str, keep: usize) {
        let arguments = [self.key(key), keep.to_string()].map(String::into_bytes);
        let () = self.script(TRIM, &arguments);
        self.changed.notify_waiters();
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Waits until the clock of Redis is beyond that of all positions, as it is when a server has restarted.
    fn pass_last(&self) {
        let mut command = redis::cmd("HGET");
        command.arg(self.key("meta")).arg("last");
        let last: String = self.command(command);
        let last: u64 = last.split('-').next().unwrap().parse().unwrap();
        // The record of a restart is ahead of the clock by a minute.
        let ahead = if self.records_restarts { 60_000 } else { 0 };
        loop {
            let (seconds, micros): (u64, u64) = self.command(redis::cmd("TIME"));
            if seconds * 1000 + micros / 1000 + ahead > last {
                return;
            }
        }
    }
}

impl HubStore for DamagedRedis {
    async fn append(&self, batch: Batch<'_>) -> Result<Appended, StoreError> {
        let (store, batch) = (self.0.store.clone(), batch.into_owned());
        let appended = self
            .0
            .driver
            .block(async move { store.append(batch).await });
        self.0.changed.notify_waiters();
        appended
    }

    async fn read(
        &self,
        topics: &[Topic],
        after: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (store, topics) = (self.0.store.clone(), topics.to_vec());
        let read = async move { store.read(&topics, after, limit).await };
        self.0.driver.block(read)
    }

    fn tail(
        &self,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
        let shared = &self.0;
        let tail = shared.driver.tail(
            shared.store.clone(),
            shared.connection.clone(),
            shared.key("hub"),
            after,
        );
        stream::unfold((self.clone(), tail), |(store, tail)| async move {
            let next = loop {
                // Before the tail is asked, so that no change after it is missed.
                let changed = store.0.changed.notified();
                if let Some(next) = tail.next() {
                    break next?;
                }
                changed.await;
            };
            Some((next, (store, tail)))
        })
    }
}

impl Damage for DamagedRedis {
    type Image = Vec<Vec<u8>>;

    fn image(&self) -> Self::Image {
        self.0.script(IMAGE, &[])
    }

    fn restore(&self, image: &Self::Image) {
        self.0.pass_last();
        let () = self.0.script(RESTORE, image);
        self.0.changed.notify_waiters();
    }

    fn wipe(&self, epoch: Epoch) {
        let () = self.0.script(RESTORE, &[]);
        let store = self.0.store.clone();
        // The first call begins another epoch.
        self.0
            .driver
            .block(async move { store.read(&[], Position::ZERO, 1).await.unwrap() });
        let mut command = redis::cmd("HSET");
        command.arg(self.0.key("meta"));
        command.arg("epoch").arg(epoch.to_string());
        let () = self.0.command(command);
        self.0.changed.notify_waiters();
    }

    fn trim_tail(&self, keep: usize) {
        // The newest record is kept.
        self.0.trim("hub", keep.max(1));
    }

    /// Trims a topic of window events. Of keyed topics the store itself drops removals.
    fn trim_topic(&self, topic: &Topic, keep: usize) {
        self.0.trim(&format!("topic:{}", topic.as_str()), keep);
    }
}

impl Restarting for DamagedRedis {
    fn restart(&self) {
        if self.records_restarts() {
            let mut command = redis::cmd("HSET");
            command.arg(self.0.key("meta"));
            command.arg("server").arg("of before");
            let () = self.0.command(command);
            self.0.changed.notify_waiters();
        }
    }

    fn records_restarts(&self) -> bool {
        self.0.records_restarts
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The keys of many seeds would make those of the others hard to find.
        if !std::thread::panicking() {
            let () = self.script(RESTORE, &[]);
        }
    }
}
