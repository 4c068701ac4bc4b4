//! Generations by key.

use std::{fmt, future::Future, hash::Hash, sync::Arc};

use futures_util::Stream;

use super::{
    Generation, GenerationEnd, GenerationError, GenerationOptions, driving::drive, ending::Ending,
    registry::Registry, shared::GenerationShared,
};
use crate::{
    Event, EventItem,
    sync::{Mutex, lock},
};

/// Streams of events, by key, that outlive the connections for which they were started: answers of a language
/// model, for example.
///
/// A response's stream is dropped when its client leaves, and what it has cost is lost. A generation is driven by a
/// task of its own instead. It retains its events, within bounds ([`GenerationOptions`]), so that
///
/// - any number of clients can [attach](Generation::attach) to it, from the start or after their `Last-Event-ID`,
///   while it runs and for some time after ([`GenerationOptions::linger`]);
/// - it can be [stopped](Generation::stop) by another request;
/// - it ends when nobody has listened for some time ([`AbandonPolicy`](super::AbandonPolicy)).
///
/// However it ends, its clients get the last events that the closure of [`start`](Self::start) makes, in their own
/// protocol. Nothing else is added to the stream but ids.
///
/// Several nodes share generations over a store: [`StoredGenerations`](super::StoredGenerations).
///
/// Clients name a generation by its key, such as the id of a chat: check that the request may read it. Clones are handles
/// to the same generations.
///
/// ```
/// # #[cfg(all(feature = "axum", feature = "tokio"))]
/// # mod app {
/// use axum::{Router, extract::{Path, State}, http::StatusCode, routing::{get, post}};
/// use axum::response::{IntoResponse, Response};
/// use futures_util::{Stream, StreamExt, stream};
/// use tower_sse::{
///     Event, EventStream, GenerationEnd, GenerationError, GenerationOptions, Generations, LastEventId, SseLayer,
///     stop_reconnecting,
/// };
///
/// type Chats = Generations<String>;
///
/// /// The answer of a model. The model is called when the stream is first polled.
/// fn answer(question: String) -> impl Stream<Item = Event> {
///     let tokens = [format!("You ask: {question}"), "[DONE]".to_owned()];
///     stream::iter(tokens).map(Event::new)
/// }
///
/// /// What clients get when an answer ends, in their protocol.
/// fn last_events(end: GenerationEnd) -> Vec<Event> {
///     match end {
///         // The model's own last event has come.
///         GenerationEnd::Completed => Vec::new(),
///         GenerationEnd::Stopped => vec![Event::new("[DONE]")],
///         end => vec![Event::new(format!("{{\"error\":{{\"message\":\"{end}\"}}}}"))],
///     }
/// }
///
/// async fn start(
///     State(chats): State<Chats>,
///     Path(chat): Path<String>,
///     question: String,
/// ) -> Result<Response, GenerationError> {
///     let (generation, driver) = chats.start(chat, answer(question), last_events)?;
///     tokio::spawn(driver);
///     Ok(EventStream::new(generation.attach(None)?).into_response())
/// }
///
/// /// For a client that comes back: 204 when nothing runs.
/// async fn resume(
///     State(chats): State<Chats>,
///     Path(chat): Path<String>,
///     last_event_id: Option<LastEventId>,
/// ) -> Result<Response, GenerationError> {
///     let Some(generation) = chats.get(&chat) else {
///         return Ok(stop_reconnecting());
///     };
///     Ok(EventStream::new(generation.attach(last_event_id.as_ref())?).into_response())
/// }
///
/// async fn stop(State(chats): State<Chats>, Path(chat): Path<String>) -> StatusCode {
///     match chats.get(&chat) {
///         Some(generation) => generation.stop(),
///         None => return StatusCode::NOT_FOUND,
///     }
///     StatusCode::NO_CONTENT
/// }
///
/// # pub async fn main() {
/// # use axum::{body::Body, http::{Method, Request}};
/// # use tower::ServiceExt;
/// let chats = Chats::new(GenerationOptions::new());
/// let app: Router = Router::new()
///     .route("/chat/{chat}", post(start).get(resume).delete(stop))
///     .layer(SseLayer::new().preamble(tower_sse::Preamble::off()))
///     .with_state(chats.clone());
/// # let send = async |method, chat: &str, body: &'static str| {
/// #     let request = Request::builder().method::<Method>(method).uri(format!("/chat/{chat}"));
/// #     let response = app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
/// #     let (head, body) = response.into_parts();
/// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
/// #     (head.status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
/// # };
///
/// assert_eq!(send(Method::GET, "7", "").await.0, 204, "nothing runs");
/// let (_, answer) = send(Method::POST, "7", "why?").await;
/// assert!(answer.starts_with("data: You ask: why?\nid: "));
///
/// // The client has lost its network, and asks for the answer again.
/// assert_eq!(send(Method::GET, "7", "").await, (200, answer));
/// assert_eq!(chats.get(&"7".to_owned()).unwrap().end(), Some(GenerationEnd::Completed));
/// assert_eq!(send(Method::DELETE, "8", "").await.0, 404);
/// # }
/// # }
/// # #[cfg(all(feature = "axum", feature = "tokio"))]
/// # #[tokio::main(flavor = "current_thread")] async fn main() { app::main().await }
/// # #[cfg(not(all(feature = "axum", feature = "tokio")))] fn main() {}
/// ```
pub struct Generations<K> {
    options: Arc<GenerationOptions>,
    registry: Arc<Mutex<Registry<K>>>,
}

impl<K> Generations<K> {
    /// Creates generations in memory, for one process.
    pub fn new(options: GenerationOptions) -> Self {
        Self {
            options: Arc::new(options),
            registry: Arc::default(),
        }
    }
}

impl<K: Eq + Hash + Clone> Generations<K> {
    /// Starts a generation of the events that the stream yields.
    ///
    /// It returns the generation, and the future that drives it, which the program spawns: the stream is polled by
    /// nothing else. The future returns how the generation ended, and drops the stream before. If the future is
    /// dropped, the generation ends as [`Failed`](GenerationEnd::Failed).
    ///
    /// `last_events` makes the last events of the clients' protocol, such as an error event or `[DONE]`: all
    /// listeners get them, and then a clean end. If there are none, and the generation has not
    /// [completed](GenerationEnd::Completed), the streams of the listeners fail instead: a client takes a clean end
    /// for the end of the answer. The closure may run more than once.
    ///
    /// Let the stream call the model when it is first polled (`async-stream`, or `stream::once(call).flatten()`), so
    /// that no model is called in vain if this fails.
    ///
    /// # Errors
    ///
    /// Fails with [`GenerationError::Running`] if a generation with this key runs, and with
    /// [`GenerationError::TooMany`] if too many do. One that has ended is replaced; the clients that are attached
    /// to it get the rest of it.
    pub fn start<S, L>(
        &self,
        key: K,
        stream: S,
        last_events: L,
    ) -> Result<
        (
            Generation,
            impl Future<Output = GenerationEnd> + use<K, S, L>,
        ),
        GenerationError,
    >
    where
        S: Stream,
        S::Item: EventItem,
        L: Fn(GenerationEnd) -> Vec<Event>,
    {
        let generation = Arc::new(GenerationShared::new(&self.options));
        self.expire();
        let replaced = {
            let generation = Arc::clone(&generation);
            let mut registry = lock(&self.registry);
            registry.insert(key.clone(), generation, self.options.max_generations)?
        };
        drop(replaced);
        let handle = Generation::new(Arc::clone(&generation));
        let ending = Ending {
            registry: Arc::clone(&self.registry),
            key,
            generation: Arc::clone(&generation),
            last_events,
            end: GenerationEnd::Failed,
        };
        let driver = async move {
            let end = drive(&generation, stream).await;
            ending.finish(end);
            end
        };
        Ok((handle, driver))
    }

    /// Returns the generation with this key, if it runs or has ended recently ([`GenerationOptions::linger`]).
    pub fn get(&self, key: &K) -> Option<Generation> {
        self.expire();
        let found = lock(&self.registry).get(key);
        found.map(Generation::new)
    }

    /// Returns the number of generations that run or have ended recently.
    pub fn len(&self) -> usize {
        self.expire();
        lock(&self.registry).len()
    }

    /// Returns `true` if [`len`](Self::len) is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn expire(&self) {
        let now = self.options.timer().now();
        let removed = lock(&self.registry).expire(now);
        // After the registry is unlocked.
        drop(removed);
    }
}

impl<K> Clone for Generations<K> {
    fn clone(&self) -> Self {
        Self {
            options: Arc::clone(&self.options),
            registry: Arc::clone(&self.registry),
        }
    }
}

impl<K> fmt::Debug for Generations<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generations")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
