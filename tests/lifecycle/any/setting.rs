//! What layers and handlers may ask for, and what may happen.

use super::{client::Client, inner::Act, opts::Opts, told::Side};

#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerSetting {
    pub(crate) opts: Opts,
    pub(crate) most: Option<usize>,
    pub(crate) most_per_key: Option<usize>,
    pub(crate) softly: bool,
    pub(crate) has_shutdown: bool,
    pub(crate) watches: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) inner: LayerSetting,
    pub(crate) outer: Option<LayerSetting>,
}

impl Setting {
    pub(crate) fn layer(&self, side: Side) -> Option<&LayerSetting> {
        match side {
            Side::Inner => Some(&self.inner),
            Side::Outer => self.outer.as_ref(),
        }
    }

    /// Returns what holds for a stream up to a layer.
    pub(crate) fn opts(&self, own: Opts, side: Side) -> Opts {
        let opts = own.or(self.inner.opts);
        match (side, &self.outer) {
            (Side::Outer, Some(outer)) => opts.or(outer.opts),
            _ => opts,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Adopted {
        announces: bool,
    },
    Zipped,
    Typed {
        /// Whether its events are such that clients can get later what they miss.
        resumes: bool,
        on_error: bool,
    },
}

/// A request and what the handler says to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) client: Client,
    pub(crate) key: Option<usize>,
    pub(crate) kind: Kind,
    pub(crate) own: Opts,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Open(Opening),
    Act(usize, Act),
    /// By a task that polled before, or by another.
    Poll(usize, bool),
    Drop(usize),
    Advance(u64),
    Trigger(Side),
}
