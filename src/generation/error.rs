//! The errors of generations.

use std::{error::Error as StdError, fmt};

use super::GenerationEnd;
use crate::ChannelError;

/// An error from starting a generation, from attaching to it, or in the stream of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GenerationError {
    /// A generation with this key runs. [`Generations::get`](super::Generations::get) returns it.
    Running,
    /// As many generations run as may at the same time
    /// ([`GenerationOptions::max_generations`](super::GenerationOptions::max_generations)).
    TooMany {
        /// The maximum number of generations.
        max: usize,
    },
    /// The client's id is not of this generation ([`UnknownIdPolicy`](super::UnknownIdPolicy)).
    UnknownId,
    /// The next event of the client was evicted ([`OverflowPolicy::evict`](super::OverflowPolicy::evict)).
    Evicted,
    /// The generation has ended, and the client has all of it. Answer with
    /// [`stop_reconnecting`](crate::stop_reconnecting).
    Complete,
    /// The store of the hub cannot be read or written in time.
    Unavailable,
    /// The hub cannot have a channel for a generation with this key.
    Channel(ChannelError),
    /// The generation has ended early, without last events that tell the client.
    Ended(GenerationEnd),
}

impl fmt::Display for GenerationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("a generation with this key is running"),
            Self::TooMany { max } => write!(f, "there are {max} generations, which is the maximum"),
            Self::UnknownId => f.write_str("the last event id is not of this generation"),
            Self::Evicted => f.write_str("the next event of the generation was evicted"),
            Self::Complete => f.write_str("the client has the whole generation"),
            Self::Unavailable => f.write_str("the store of the generations is not available"),
            Self::Channel(error) => error.fmt(f),
            Self::Ended(end) => write!(f, "the generation has ended early: {end}"),
        }
    }
}

impl StdError for GenerationError {}
