//! A generation whose stream the test feeds, and what its listeners get.

use std::{fmt::Debug, time::Duration};

use futures::StreamExt;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower_sse::{
    BoxError, EncodedEvent, Event, Generation, GenerationEnd, GenerationError, GenerationOptions,
    GenerationStream, Generations, LastEventId,
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The sender of a generation's events. `None` panics.
pub(crate) type Model = mpsc::UnboundedSender<Result<Option<Event>, BoxError>>;

pub(crate) struct Started {
    pub(crate) generation: Generation,
    pub(crate) model: Model,
    pub(crate) driver: JoinHandle<GenerationEnd>,
}

pub(crate) fn options() -> GenerationOptions {
    GenerationOptions::with_timer(hyper_util::rt::TokioTimer::new())
}

pub(crate) fn generations(options: GenerationOptions) -> Generations<&'static str> {
    Generations::new(options)
}

/// Starts a generation whose last event is the name of its end.
pub(crate) fn start(generations: &Generations<&'static str>, key: &'static str) -> Started {
    try_start(generations, key, named).unwrap()
}

pub(crate) fn try_start(
    generations: &Generations<&'static str>,
    key: &'static str,
    last_events: impl Fn(GenerationEnd) -> Vec<Event> + Send + 'static,
) -> Result<Started, GenerationError> {
    let (model, events) = mpsc::unbounded_channel();
    let events =
        UnboundedReceiverStream::new(events).map(|event: Result<Option<Event>, BoxError>| {
            event.map(|event| event.expect("the model panics"))
        });
    let (generation, driver) = generations.start(key, events, last_events)?;
    Ok(Started {
        generation,
        model,
        driver: tokio::spawn(driver),
    })
}

/// The last event of a protocol that says how the answer ended.
pub(crate) fn named(end: GenerationEnd) -> Vec<Event> {
    vec![Event::new(format!("end: {end}"))]
}

impl Started {
    /// Yields events to the generation, and waits until it has them.
    pub(crate) async fn say<const N: usize>(&self, texts: [&'static str; N]) {
        for text in texts {
            self.model.send(Ok(Some(Event::new(text)))).unwrap();
        }
        settle().await;
    }

    /// Ends the stream of the model.
    pub(crate) async fn complete(self) -> Generation {
        drop(self.model);
        assert_eq!(self.driver.await.unwrap(), GenerationEnd::Completed);
        self.generation
    }
}

/// Lets all tasks run that are ready. The clock does not move.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Returns the bytes that are there now, with `E` in place of the epoch, and the error.
pub(crate) async fn read(stream: &mut GenerationStream) -> (String, Option<GenerationError>) {
    let (mut text, mut error) = (String::new(), None);
    settle().await;
    while let Some(item) = futures::FutureExt::now_or_never(stream.next()).flatten() {
        match item {
            Ok(event) => text.push_str(&without_epoch(&event)),
            Err(one) => error = Some(one),
        }
    }
    (text, error)
}

/// Returns the bytes until a clean end.
pub(crate) async fn read_all(stream: GenerationStream) -> String {
    let texts = stream.map(|event| without_epoch(&event.unwrap()));
    texts.collect::<Vec<_>>().await.concat()
}

fn without_epoch(event: &EncodedEvent) -> String {
    let text = String::from_utf8(event.as_bytes().to_vec()).unwrap();
    hide_epoch(&text)
}

/// Puts `E` in place of the epoch of ids, which is drawn at random.
pub(crate) fn hide_epoch(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let id = line.strip_prefix("id: ").and_then(|id| id.split_once('-'));
        match id {
            Some((_, number)) => format!("id: E-{number}"),
            None => line.to_owned(),
        }
    });
    lines.collect()
}

/// Returns the id of the nth event, as a client sends it.
pub(crate) async fn nth_id(generation: &Generation, n: usize) -> LastEventId {
    let mut stream = generation.attach(None).unwrap();
    let mut event = None;
    for _ in 0..n {
        event = Some(stream.next().await.unwrap().unwrap());
    }
    let bytes = event.unwrap();
    let text = std::str::from_utf8(bytes.as_bytes()).unwrap();
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap();
    last_event_id(id)
}

pub(crate) fn last_event_id(id: &str) -> LastEventId {
    LastEventId::new(id.to_owned().try_into().unwrap()).unwrap()
}

/// Returns the error, which a type without `Debug` would not show.
#[track_caller]
pub(crate) fn error<T>(result: Result<T, impl Debug>) -> String {
    match result {
        Ok(_) => panic!("it has not failed"),
        Err(error) => format!("{error:?}"),
    }
}
