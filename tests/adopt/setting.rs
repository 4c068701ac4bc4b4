//! Every way to set the layer, and what clients are to see of it.

use std::time::Duration;

use hyper_util::rt::TokioTimer;
use tower_sse::{Event, EventName, Heartbeat, Preamble, Retry, SseLayer};

use crate::decode::{Client, Learned, read};

const INTERVAL: Duration = Duration::from_secs(10);

/// Long enough for two heartbeats.
pub(crate) const SILENCE: Duration = Duration::from_secs(25);

const PING: EventName = EventName::from_static("ping");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Off,
    Empty,
    Text,
    Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    Off,
    Line,
    Guarded,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) beat: Beat,
    pub(crate) opening: Opening,
    pub(crate) retry: bool,
}

impl Setting {
    /// Nothing but the heartbeat.
    pub(crate) fn only(beat: Beat) -> Self {
        Self {
            beat,
            opening: Opening::Off,
            retry: false,
        }
    }

    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for beat in [Beat::Off, Beat::Empty, Beat::Text, Beat::Event] {
            for opening in [Opening::Off, Opening::Line, Opening::Guarded] {
                for retry in [false, true] {
                    all.push(Self {
                        beat,
                        opening,
                        retry,
                    });
                }
            }
        }
        all
    }

    pub(crate) fn layer(self) -> SseLayer {
        let every = Heartbeat::every(INTERVAL);
        let heartbeat = match self.beat {
            Beat::Off => Heartbeat::off(),
            Beat::Empty => every,
            Beat::Text => every.comment("still\r\nhere\r\ndata: comment\n"),
            Beat::Event => every.event(Event::new("a\nb").name(PING)),
        };
        let preamble = match self.opening {
            Opening::Off => Preamble::off(),
            Opening::Line => Preamble::line(),
            Opening::Guarded => Preamble::guarded(),
        };
        let retry = if self.retry {
            Retry::fixed(Duration::from_secs(3))
        } else {
            Retry::off()
        };
        SseLayer::with_timer(TokioTimer::new())
            .heartbeat(heartbeat)
            .preamble(preamble)
            .retry(retry)
    }

    /// Returns what is sent before anything else.
    pub(crate) fn first_bytes(self) -> &'static str {
        match (self.opening, self.retry) {
            (Opening::Off, _) => "",
            (Opening::Line, false) => ":\n",
            (Opening::Line, true) => "retry: 3000\n",
            (Opening::Guarded, false) => "\nevent: discard\n\n:\n",
            (Opening::Guarded, true) => "\nevent: discard\n\nretry: 3000\n",
        }
    }

    /// Asserts that clients have of these bytes what they have of the original, but for what this
    /// setting adds.
    #[track_caller]
    pub(crate) fn assert_unchanged(self, original: &Client, adopted: &[u8]) {
        let text = String::from_utf8_lossy(adopted);
        assert!(
            adopted.starts_with(self.first_bytes().as_bytes()),
            "{text:?}"
        );
        let mut client = read(adopted);
        if self.opening != Opening::Off && self.retry {
            assert_eq!(client.learned.remove(0), Learned::Retry(3000));
        }
        let is_ping =
            |learned: &Learned| matches!(learned, Learned::Event { name, .. } if PING == **name);
        client.learned.retain(|learned| !is_ping(learned));
        assert_eq!(&client, original, "{self:?} made {text:?}");
    }
}
