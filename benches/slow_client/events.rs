use std::{
    fmt::{self, Write as _},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use futures::{Stream, StreamExt, stream};
use tower_sse::{Event, EventStream};

/// What an event has on the wire.
const EVENT: usize = 1024;

/// A stream that always has another event.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Events {
    /// At once, so that frames are full.
    Ready,
    /// In the next turn, so that each is a frame and is written alone, as when events are rare.
    OneByOne,
}

impl Events {
    /// Makes events, and counts their bytes.
    pub(crate) fn stream(self, count: Arc<AtomicU64>) -> EventStream<impl Stream<Item = Event>> {
        let events = stream::repeat_with(move || {
            count.fetch_add(EVENT as u64, Ordering::Relaxed);
            event()
        });
        EventStream::new(events.then(move |event| async move {
            if self == Self::OneByOne {
                tokio::task::yield_now().await;
            }
            event
        }))
    }
}

impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "full frames",
            Self::OneByOne => "a frame an event",
        })
    }
}

/// Makes an event whose data begins with the time.
fn event() -> Event {
    static REST: LazyLock<String> = LazyLock::new(|| ".".repeat(EVENT - "data: \n\n".len() - 20));

    let mut text = String::with_capacity(EVENT);
    let _ = write!(text, "{:020}", now());
    text.push_str(&REST);
    Event::new(text)
}

/// Returns nanoseconds since the first that was asked for.
fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    START.elapsed().as_nanos() as u64
}

/// Finds the last event that begins in some bytes, and how many nanoseconds ago it was made.
pub(crate) fn age(bytes: &[u8]) -> Option<f64> {
    let (_, data) = str::from_utf8(bytes).ok()?.rsplit_once("data: ")?;
    let made: u64 = data.get(..20)?.parse().ok()?;
    Some((now() - made) as f64)
}
