use std::{fmt, sync::Arc};

use crate::{Event, EventName};

const LAGGED: EventName = EventName::from_static("lagged");

/// The policy for a subscriber whose next event was evicted: it has lagged.
///
/// By default its stream ends, and the client resumes.
#[derive(Clone, Default)]
#[must_use = "it does nothing until a channel has it"]
pub struct Lag(pub(super) Policy);

#[derive(Clone, Default)]
pub(super) enum Policy {
    #[default]
    End,
    Skip(Notice),
    Newest,
}

type Notice = Arc<dyn Fn(u64) -> Event + Send + Sync>;

impl Lag {
    /// Ends the stream ([`CloseReason::Lagged`](crate::CloseReason::Lagged)), so that the client
    /// comes back with its last event id, and learns of the gap. This is the default.
    ///
    /// The [`EventStream`](crate::EventStream) that the subscription is in ends with it, also where
    /// it was merged with others. Within [`SseLayer`](crate::SseLayer), a stream that answers another
    /// method than GET or QUERY then gets the [`FinalEvents::lag`](crate::FinalEvents::lag) or
    /// breaks, because its client does not come back.
    pub fn end() -> Self {
        Self(Policy::End)
    }

    /// Goes on with the oldest event that is held, after an event named `lagged` whose data is the
    /// number of those that were missed.
    pub fn skip() -> Self {
        Self::skip_with(|missed| Event::new(missed.to_string()).name(LAGGED))
    }

    /// As [`skip`](Self::skip), with an event made of the number of those that were missed.
    pub fn skip_with(notice: impl Fn(u64) -> Event + Send + Sync + 'static) -> Self {
        Self(Policy::Skip(Arc::new(notice)))
    }

    /// Goes on with the newest event, and says nothing: for what is a state, of which the newest is
    /// all that counts.
    ///
    /// A subscriber lags when it falls off the log, so hold few events
    /// ([`max_events`](super::ChannelOptions::max_events)). What the server and the system have taken
    /// already is sent first: `TcpOptions::unsent_low_water` bounds the system's part.
    pub fn newest() -> Self {
        Self(Policy::Newest)
    }
}

impl fmt::Debug for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Policy::End => "Lag(end)",
            Policy::Skip(_) => "Lag(skip)",
            Policy::Newest => "Lag(newest)",
        })
    }
}
