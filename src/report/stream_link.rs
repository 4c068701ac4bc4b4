use std::sync::Arc;

use super::audience::Audience;
use crate::{
    CloseReason,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
};

/// The link between an `EventStream` and the layer's body around it, however the stream is boxed between
/// them.
///
/// The stream says what it has sent, whether it is resumable, and why it ended. The body says
/// which clients the audience is.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamLink(Arc<LinkInner>);

#[derive(Debug, Default)]
struct LinkInner {
    events: AtomicU64,
    missed: AtomicU64,
    reason: OnceLock<CloseReason>,
    /// The text of the error that the client got an event of in place of a broken stream.
    error: OnceLock<String>,
    /// Whether the client has been sent an event that says that the stream failed.
    concluded: AtomicBool,
    /// Whether clients can get later what they miss.
    resumable: AtomicBool,
    /// Whether they cannot, however they ask.
    one_shot: AtomicBool,
    /// The [`Audience`], which the layer knows.
    audience: AtomicU8,
}

impl StreamLink {
    /// Makes one of a stream whose clients can get later what they miss, or cannot.
    pub(crate) fn new(resumable: bool) -> Self {
        Self(Arc::new(LinkInner {
            resumable: resumable.into(),
            ..LinkInner::default()
        }))
    }

    /// Returns `true` if a layer's body has it too.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Counts more events.
    pub(crate) fn add(&self, events: u32) {
        add(&self.0.events, events.into());
    }

    /// Counts events that the client has missed.
    pub(crate) fn miss(&self, missed: u64) {
        add(&self.0.missed, missed);
    }

    pub(crate) fn set_audience(&self, audience: Audience) {
        self.0.audience.store(audience as u8, Ordering::Relaxed);
    }

    pub(crate) fn audience(&self) -> Audience {
        match self.0.audience.load(Ordering::Relaxed) {
            audience if audience == Audience::NamesEventStream as u8 => Audience::NamesEventStream,
            audience if audience == Audience::Other as u8 => Audience::Other,
            _ => Audience::Unknown,
        }
    }

    /// Returns how many events it has sent.
    pub(crate) fn events(&self) -> u64 {
        self.0.events.load(Ordering::Relaxed)
    }

    /// Returns how many events its client has missed.
    pub(crate) fn missed(&self) -> u64 {
        self.0.missed.load(Ordering::Relaxed)
    }

    /// Returns why the stream ended, if it has ended early.
    pub(crate) fn reason(&self) -> Option<CloseReason> {
        self.0.reason.get().copied()
    }

    /// Returns the reason if the stream has ended early, and its client got no event that says so.
    pub(crate) fn early_end(&self) -> Option<CloseReason> {
        self.reason()
            .filter(|_| !self.0.concluded.load(Ordering::Relaxed))
    }

    pub(crate) fn error(&self) -> Option<&str> {
        self.0.error.get().map(String::as_str)
    }

    pub(crate) fn has_resumable_events(&self) -> bool {
        self.0.resumable.load(Ordering::Relaxed)
    }

    pub(crate) fn is_one_shot(&self) -> bool {
        self.0.one_shot.load(Ordering::Relaxed)
    }

    /// Records that the stream failed, and that its client gets an event that says so.
    pub(crate) fn conclude(&self, error: String) {
        self.0.concluded.store(true, Ordering::Relaxed);
        // The first reason holds.
        let _ = self.0.reason.set(CloseReason::Failed);
        let _ = self.0.error.set(error);
    }

    /// Records that the stream ends early, so that its client has to reconnect. Only channels end a stream
    /// so, though the type of the items may hide the channel.
    pub(crate) fn end(&self, reason: CloseReason) {
        self.set_resumable();
        // The first reason holds, of streams that were merged.
        let _ = self.0.reason.set(reason);
    }

    /// Records that clients can get later what they miss, though the type of the items hides it.
    pub(crate) fn set_resumable(&self) {
        self.0.resumable.store(true, Ordering::Relaxed);
    }

    /// Records that the stream is not to end before all of it is sent, however its client has asked.
    pub(crate) fn set_one_shot(&self) {
        self.0.one_shot.store(true, Ordering::Relaxed);
    }
}

/// Adds to a count. Only one stream writes it, so this need not be atomic as a whole.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}
