//! A connection that reconnects after an error.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, InfoDict, RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
};
use tokio::sync::Mutex;

/// A connection that callers share. There is at most one at a time.
#[derive(Debug)]
pub(crate) struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    /// Whether commands get the id of the server.
    knows_server: bool,
    current: Mutex<Current>,
    /// The number of connections that were tried.
    attempts: AtomicU64,
    demotions: Demotions,
}

/// The number of times that a server has turned out to be the primary no longer. The links of a store share it: one
/// that reads would stay at such a server, and take what the server lacks for lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demotions(Arc<AtomicU64>);

impl Demotions {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

#[derive(Debug, Default)]
struct Current {
    connection: Option<Attempt>,
    failure: Option<RedisError>,
}

/// An attempt to connect that has succeeded.
#[derive(Clone, Debug)]
struct Attempt {
    number: u64,
    /// The demotions before it was made.
    demotions: u64,
    connection: MultiplexedConnection,
    server: Arc<str>,
}

/// An error of a call.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The command was not sent.
    NotSent(RedisError),
    /// The command was sent.
    Sent(RedisError),
}

impl From<CallError> for RedisError {
    fn from(error: CallError) -> Self {
        let (CallError::NotSent(error) | CallError::Sent(error)) = error;
        error
    }
}

impl Link {
    pub(crate) fn new(
        client: Client,
        connect: Duration,
        response: Duration,
        demotions: Demotions,
    ) -> Self {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(connect))
            .set_response_timeout(Some(response));
        Self {
            client,
            config,
            knows_server: false,
            current: Mutex::default(),
            attempts: AtomicU64::new(0),
            demotions,
        }
    }

    /// Asks each server for its id.
    pub(crate) fn knowing_server(self) -> Self {
        Self {
            knows_server: true,
            ..self
        }
    }

    /// Sends a command and returns its answer. A connection that has failed is closed.
    pub(crate) async fn call(&self, command: &Cmd) -> Result<Value, CallError> {
        self.call_server(|_| command.clone()).await
    }

    /// Sends a command that has the id of the server to which it goes. Each process has another one. It is empty if
    /// servers are not asked for it.
    pub(crate) async fn call_server(
        &self,
        command: impl FnOnce(&str) -> Cmd,
    ) -> Result<Value, CallError> {
        let mut connection = self.connection().await.map_err(CallError::NotSent)?;
        let command = command(&connection.server);
        let answer = connection.connection.send_packed_command(&command).await;
        let answer = answer.and_then(Value::extract_error);
        if let Err(error) = &answer {
            if is_demotion(error) {
                self.demotions.add();
            } else if is_broken(error) {
                self.close(connection.number).await;
            }
        }
        answer.map_err(CallError::Sent)
    }

    async fn connection(&self) -> RedisResult<Attempt> {
        let asked = self.attempts.load(Ordering::Acquire);
        let mut current = self.current.lock().await;
        let demotions = self.demotions.count();
        if let Some(connection) = &current.connection
            && connection.demotions == demotions
        {
            return Ok(connection.clone());
        }
        current.connection = None;
        // An attempt that began after this call is as good as another: callers do not wait for one after the other.
        if let Some(failure) = &current.failure
            && self.attempts.load(Ordering::Acquire) > asked
        {
            return Err(failure.clone());
        }
        let number = self.attempts.fetch_add(1, Ordering::AcqRel) + 1;
        // If this call is dropped, its attempt has no failure that others may take for theirs.
        current.failure = None;
        match self.connect().await {
            Ok((connection, server)) => {
                let connection = Attempt {
                    number,
                    demotions,
                    connection,
                    server,
                };
                current.connection = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                current.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn connect(&self) -> RedisResult<(MultiplexedConnection, Arc<str>)> {
        let connected = self
            .client
            .get_multiplexed_async_connection_with_config(&self.config);
        let mut connection = connected.await?;
        // A server that wants a password closes the connection after a long command, without saying why.
        let mut first = redis::cmd(if self.knows_server { "INFO" } else { "PING" });
        if self.knows_server {
            first.arg("server");
        }
        let answer = connection.send_packed_command(&first).await?;
        let answer = answer.extract_error()?;
        let server = match self.knows_server {
            true => server_of(answer)?,
            false => Arc::default(),
        };
        Ok((connection, server))
    }

    async fn close(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current
            .connection
            .as_ref()
            .is_some_and(|connection| connection.number == number)
        {
            current.connection = None;
        }
    }
}

/// Returns the id of a server that describes itself.
fn server_of(answer: Value) -> RedisResult<Arc<str>> {
    let info: InfoDict = redis::from_redis_value(answer)?;
    let server: Option<String> = info.get("run_id");
    let server = server.filter(|server| !server.is_empty());
    // Without it the store would record no loss: this is not to be tried again.
    server.map(Arc::from).ok_or_else(|| {
        let kind = redis::ErrorKind::InvalidClientConfig;
        (
            kind,
            "the server has no run_id, which `gap_after_restart` needs",
        )
            .into()
    })
}

/// Returns `true` for errors of a server that is no primary, or not the one of the slot.
fn is_demotion(error: &RedisError) -> bool {
    matches!(
        error.code(),
        Some("READONLY" | "MOVED" | "ASK" | "CLUSTERDOWN" | "MASTERDOWN")
    )
}

/// Returns `true` for errors without an answer, after which answers may be out of step, and for those of a server that
/// wants another connection.
fn is_broken(error: &RedisError) -> bool {
    let is_server = matches!(
        error.kind(),
        redis::ErrorKind::Server(_) | redis::ErrorKind::Extension
    );
    !is_server || matches!(error.code(), Some("NOAUTH" | "NOPERM"))
}
