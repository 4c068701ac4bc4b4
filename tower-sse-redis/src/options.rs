//! The options of a store.

use std::{error::Error, fmt, num::NonZeroUsize, time::Duration};

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use crate::tls::Certificates;

/// Options of a [`RedisStore`](crate::RedisStore): where Redis is, how much it retains, and time-outs.
///
/// All nodes of a hub should have the same [`prefix`](Self::prefix) and the same bounds.
///
/// ```
/// use std::time::Duration;
/// use tower_sse_redis::RedisStoreOptions;
///
/// # fn main() -> Result<(), tower_sse_redis::InvalidRedisOption> {
/// let options = RedisStoreOptions::new("redis://app:secret@redis.internal:6379/0")?
///     .prefix("shop")?
///     .max_age(Duration::from_secs(24 * 3600));
/// assert!(!format!("{options:?}").contains("secret"));
///
/// assert!(RedisStoreOptions::new("http://redis.internal").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "options do nothing until a store has them"]
pub struct RedisStoreOptions {
    pub(crate) server: ConnectionInfo,
    pub(crate) certificates: Certificates,
    pub(crate) prefix: String,
    pub(crate) max_records: NonZeroUsize,
    pub(crate) max_entries: NonZeroUsize,
    pub(crate) max_age: Option<Duration>,
    pub(crate) gap_after_restart: bool,
    pub(crate) read_batch: NonZeroUsize,
    pub(crate) max_newest: NonZeroUsize,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) block_timeout: Duration,
}

impl RedisStoreOptions {
    /// Creates options with the URL of a server.
    ///
    /// | URL | |
    /// |---|---|
    /// | `redis://user:password@host:6379/0` | TCP; all but the host may be left out |
    /// | `rediss://user:password@host:6379/0` | TLS, with the feature `tls` |
    /// | `unix:///run/redis.sock?db=0&user=user&pass=password` | a Unix socket |
    ///
    /// The user and the password are percent-encoded.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is none of these.
    pub fn new(url: &str) -> Result<Self, InvalidRedisOption> {
        // The error of redis may name parts of the URL.
        let server = url
            .into_connection_info()
            .map_err(|_| InvalidRedisOption::of_url(url))?;
        Ok(Self {
            server,
            certificates: Certificates::default(),
            prefix: "tower-sse".into(),
            max_records: number(100_000),
            max_entries: number(1_000),
            max_age: None,
            gap_after_restart: false,
            read_batch: number(500),
            max_newest: number(10_000),
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(2),
            block_timeout: Duration::from_secs(2),
        })
    }

    /// Sets the prefix of all keys, `tower-sse` by default. Each hub in a Redis needs its own.
    ///
    /// The keys are `{prefix}:...`, with the braces: the prefix is a hash tag, so that a cluster has all keys of the
    /// hub in one slot.
    ///
    /// # Errors
    ///
    /// Returns an error if the prefix is empty, or has braces or control characters.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, InvalidRedisOption> {
        let is_bad = |c: char| c == '{' || c == '}' || c.is_control();
        if prefix.is_empty() || prefix.contains(is_bad) {
            return Err(InvalidRedisOption::PREFIX);
        }
        self.prefix = prefix.into();
        Ok(self)
    }

    /// Sets the approximate maximum number of records of the hub stream, 100,000 by default. It retains at least so
    /// many, and about a hundred more at most.
    ///
    /// A node that was disconnected for longer than the stream reaches back has missed records, and its subscribers
    /// read their topics instead.
    pub fn max_records(mut self, max: NonZeroUsize) -> Self {
        self.max_records = max;
        self
    }

    /// Sets the approximate maximum number of entries of a topic, 1,000 by default. It retains at least so many, and
    /// about a hundred more at most.
    ///
    /// Of a keyed topic it is the number of removals. The number of keys has no bound but the memory of Redis.
    pub fn max_entries(mut self, max: NonZeroUsize) -> Self {
        self.max_entries = max;
        self
    }

    /// Sets the maximum age of entries in topics, and the time after which an idle topic expires. By default topics
    /// retain entries of any age, and never expire. The age is at least a millisecond.
    ///
    /// Entries of keyed topics and the records of the hub stream have no maximum age.
    pub fn max_age(mut self, max: Duration) -> Self {
        self.max_age = Some(max);
        self
    }

    /// Records a loss of events at each restart of Redis and at each failover, off by default.
    ///
    /// A node that knows of a lost event makes the store record the loss in any case. This option is for those losses
    /// that no node knows of, because all nodes were restarted together with Redis, or have not yet received the event.
    /// It is of use if Redis can lose what it has acknowledged: with `appendfsync everysec` or `no`, and with replicas
    /// that take over.
    ///
    /// Its price is that clients are notified of a gap also when nothing was lost: all that are connected, and all that
    /// return with an id from before. Applications then send their snapshots. Turning the option on for a hub that
    /// exists counts as a restart. A Redis that is full when it restarts cannot record the loss, and answers neither
    /// appends nor reads before it has room. Batches and pages cost no more.
    ///
    /// All nodes of a hub should have it. They identify a server by its `run_id`, and their user needs the command
    /// `INFO`. A server without a `run_id` is refused
    /// ([`StoreErrorKind::Refused`](tower_sse::store::StoreErrorKind::Refused)). A proxy must pass on the `run_id` of
    /// the server behind it, and close the connection when that changes.
    pub fn gap_after_restart(mut self) -> Self {
        self.gap_after_restart = true;
        self
    }

    /// Sets the maximum number of records that a node reads at once, 500 by default.
    ///
    /// It reads fewer if the last ones were large, about 4 MiB in all, and at most four times as many as before.
    pub fn read_batch(mut self, max: NonZeroUsize) -> Self {
        self.read_batch = max;
        self
    }

    /// Sets the maximum number of records that a node reads when it starts, 10,000 by default, and about 16 MiB in
    /// all.
    ///
    /// They fill its memory, so that few clients need to be served from the topics.
    pub fn max_newest(mut self, max: NonZeroUsize) -> Self {
        self.max_newest = max;
        self
    }

    /// Sets the maximum time in which a connection is made, two seconds by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the maximum time for an answer of Redis, two seconds by default.
    ///
    /// After it the outcome of an append is unknown
    /// ([`StoreErrorKind::Unknown`](tower_sse::store::StoreErrorKind::Unknown)), and a hub tries the same batch again.
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// Sets the time for which a node waits for new records in one command, two seconds by default, and at least a
    /// millisecond.
    ///
    /// A connection of the tail that is dead is found after this time and
    /// [`response_timeout`](Self::response_timeout).
    pub fn block_timeout(mut self, timeout: Duration) -> Self {
        self.block_timeout = timeout;
        self
    }
}

impl RedisStoreOptions {
    /// Returns the maximum age in milliseconds; zero if there is none.
    pub(crate) fn max_age_ms(&self) -> u64 {
        self.max_age.map_or(0, milliseconds)
    }
}

/// Returns a time in milliseconds, at least one: zero would be no bound.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    // A thousand years, as far as the numbers of Lua are exact.
    let longest = 1000 * 365 * 24 * 3_600_000;
    u64::try_from(time.as_millis())
        .unwrap_or(longest)
        .clamp(1, longest)
}

const fn number(number: usize) -> NonZeroUsize {
    match NonZeroUsize::new(number) {
        Some(number) => number,
        None => NonZeroUsize::MIN,
    }
}

/// Shows neither the user nor the password.
impl fmt::Debug for RedisStoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_tls = matches!(self.server.addr(), ConnectionAddr::TcpTls { .. });
        f.debug_struct("RedisStoreOptions")
            .field("server", &format_args!("{}", self.server.addr()))
            .field("tls", &is_tls)
            .field("prefix", &self.prefix)
            .field("max_records", &self.max_records)
            .field("max_entries", &self.max_entries)
            .field("max_age", &self.max_age)
            .field("gap_after_restart", &self.gap_after_restart)
            .field("read_batch", &self.read_batch)
            .field("max_newest", &self.max_newest)
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .field("block_timeout", &self.block_timeout)
            .finish_non_exhaustive()
    }
}

/// An error from setting an option of a [`RedisStore`](crate::RedisStore).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRedisOption(&'static str);

impl InvalidRedisOption {
    const URL: Self = Self("the URL is not one of a Redis server");
    const TLS: Self = Self("a URL of `rediss` needs the feature `tls`");
    const PREFIX: Self = Self("a prefix is not empty, and has no braces or control characters");

    fn of_url(url: &str) -> Self {
        match url.starts_with("rediss://") && !cfg!(feature = "tls") {
            true => Self::TLS,
            false => Self::URL,
        }
    }
}

impl fmt::Display for InvalidRedisOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for InvalidRedisOption {}
