use bytes::Bytes;

use crate::{Encoder, Retry};

/// Ends what WebKit may have kept of a broken event, as an event that no page listens to.
const GUARD: &[u8] = b"\nevent: discard\n\n";

/// The bytes that are sent before the first event, at once, so that `onopen` and proxies do not
/// wait for it.
///
/// They are a frame of their own, which the server flushes when the stream is first pending. A stream that
/// computes before that holds them back: have it yield first.
///
/// The default is the line of the [`Retry`], or an empty comment line if that is off. No blank line
/// follows: the line then belongs to the first event, which spares clients that fail at an event
/// without data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a preamble does nothing until a layer or a response has it"]
pub struct Preamble(PreambleKind);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PreambleKind {
    #[default]
    Line,
    Guarded,
    Off,
}

impl Preamble {
    /// Sends the line at once. This is the default.
    pub const fn line() -> Self {
        Self(PreambleKind::Line)
    }

    /// Sends a guard for WebKit before the line.
    ///
    /// When a connection breaks in the middle of an event, WebKit joins the half event to the first
    /// line of the next connection. The guard, `event: discard` between blank lines, makes it
    /// dispatch the half event under a name that no page listens to; other browsers ignore it. It
    /// is for browsers alone, because some other clients fail at such a block: see [Which clients
    /// accept what](crate::guide::clients#which-clients-accept-what).
    pub const fn guarded() -> Self {
        Self(PreambleKind::Guarded)
    }

    /// Sends nothing before the first event, not even the [`Retry`].
    pub const fn off() -> Self {
        Self(PreambleKind::Off)
    }

    /// Writes the preamble of one connection.
    pub(crate) fn encode(self, retry: &Retry) -> Option<Bytes> {
        if self.0 == PreambleKind::Off {
            return None;
        }
        let mut encoder = Encoder::new();
        match retry.draw() {
            Some(retry) => encoder.retry(retry),
            None => encoder.comment(""),
        };
        let line = encoder.take();
        if self.0 == PreambleKind::Guarded {
            return Some([GUARD, &line].concat().into());
        }
        Some(line)
    }
}
