//! The sessions, and the calls of each: a channel for each call, whose client may come back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde_json::Value;
use tokio::{task::JoinHandle, time::sleep};
use tower_sse::{Channel, ChannelOptions, Event, EventId, LastEventId, PublishError, Subscription};
use uuid::Uuid;

use crate::tool;

pub(crate) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// How long a session lasts that nobody uses.
const IDLE: Duration = Duration::from_secs(3600);
/// How long a call can be resumed after its end.
const LINGER: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

pub(crate) struct Session {
    used: Instant,
    /// By what the ids of their events begin with.
    calls: HashMap<String, Call>,
}

struct Call {
    request: Value,
    channel: Channel,
    task: JoinHandle<Result<(), PublishError>>,
}

impl Sessions {
    /// Opens a session, and returns its id, which nobody can guess.
    pub(crate) fn open(&self) -> String {
        let id = Uuid::new_v4().to_string();
        let session = Session {
            used: Instant::now(),
            calls: HashMap::new(),
        };
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.used.elapsed() < IDLE);
        sessions.insert(id.clone(), session);
        id
    }

    /// Uses the session that a request says, or returns what answers a request that says none.
    pub(crate) fn find<T>(
        &self,
        headers: &HeaderMap,
        use_it: impl FnOnce(&mut Session) -> T,
    ) -> Result<T, StatusCode> {
        let id = headers.get(SESSION).ok_or(StatusCode::BAD_REQUEST)?;
        let mut sessions = self.lock();
        let session = id.to_str().ok().and_then(|id| sessions.get_mut(id));
        let session = session.ok_or(StatusCode::NOT_FOUND)?;
        session.used = Instant::now();
        Ok(use_it(session))
    }

    /// Closes a session. Its calls end, and their streams with them.
    pub(crate) fn close(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        self.find(headers, |_| ())?;
        self.lock().retain(|id, _| headers[SESSION] != *id);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Starts a call, and returns what it tells.
    pub(crate) fn call(
        &mut self,
        request: &Value,
        params: &Value,
    ) -> Result<Subscription, PublishError> {
        let channel = Channel::new(ChannelOptions::new());
        // With its id the client can come back, before it has read anything else.
        let first = channel.publish(Event::new(""))?;
        let events = channel.replay();
        let call = Call {
            request: request.clone(),
            task: tokio::spawn(run(channel.clone(), request.clone(), params.clone())),
            channel,
        };
        self.calls.retain(|_, call| !call.task.is_finished());
        self.calls.insert(beginning(&first).to_owned(), call);
        Ok(events)
    }

    /// Goes on after an event of one of this session's calls, and of no other session's.
    pub(crate) fn resume(&self, id: &LastEventId) -> Option<Subscription> {
        let call = self.calls.get(beginning(id))?;
        Some(call.channel.resume(Some(id)))
    }

    /// Ends a call, and its stream with it.
    pub(crate) fn cancel(&mut self, request: &Value) {
        self.calls.retain(|_, call| call.request != *request);
    }
}

async fn run(channel: Channel, request: Value, params: Value) -> Result<(), PublishError> {
    let done = tool::run(&channel, &request, &params).await;
    channel.close();
    sleep(LINGER).await;
    done
}

/// What the ids of a channel have in common.
fn beginning(id: &EventId) -> &str {
    let id = id.as_str();
    id.split_once('-').map_or(id, |(beginning, _)| beginning)
}

impl Drop for Call {
    fn drop(&mut self) {
        self.task.abort();
    }
}
