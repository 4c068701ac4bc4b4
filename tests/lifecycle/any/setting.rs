//! What layers and handlers may ask for, and what may happen.

use super::{client::Client, inner::Act, opts::Opts, order::Revocation, told::Side};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerSetting {
    pub(crate) opts: Opts,
    pub(crate) most: Option<Cap>,
    pub(crate) most_per_key: Option<Cap>,
    pub(crate) softly: bool,
    /// How long a request waits for a place, in milliseconds, where that is set.
    pub(crate) wait: Option<u64>,
    /// Which requests are sure to want a stream, all or none, where that is set.
    pub(crate) expects: Option<bool>,
    /// Which of the shutdowns it has.
    pub(crate) shutdown: Option<usize>,
    /// Which of the registries it has.
    pub(crate) registry: Option<usize>,
    pub(crate) watches: bool,
}

/// How many streams may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cap {
    pub(crate) most: usize,
    /// Whether the oldest ends for a newer one.
    pub(crate) evicts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) inner: LayerSetting,
    pub(crate) outer: Option<LayerSetting>,
    /// Whether both layers have the same limits.
    pub(crate) shares_limits: bool,
    /// Whether the inner layer is around the handler twice, which is to change nothing.
    pub(crate) is_twice: bool,
}

impl LayerSetting {
    /// Returns how long a request waits: 200 milliseconds by default.
    pub(crate) fn wait(&self) -> u64 {
        self.wait.unwrap_or(200)
    }

    pub(crate) fn expects_stream(&self, client: Client) -> bool {
        self.expects.unwrap_or(client.expects_stream())
    }

    /// Returns `true` if it may tell clients to stay away.
    pub(crate) fn stops_clients(&self) -> bool {
        let mut caps = [self.most, self.most_per_key].into_iter().flatten();
        self.registry.is_some() || caps.any(|cap| cap.evicts && cap.most > 0)
    }
}

impl Setting {
    pub(crate) fn layer(&self, side: Side) -> Option<&LayerSetting> {
        match side {
            Side::Inner => Some(&self.inner),
            Side::Outer => self.outer.as_ref(),
        }
    }

    /// Returns the layers that there are, from the inner one on.
    pub(crate) fn sides(&self) -> impl DoubleEndedIterator<Item = Side> + Clone + use<> {
        let outer = self.outer.map(|_| Side::Outer);
        [Side::Inner].into_iter().chain(outer)
    }

    /// Returns what holds for a stream up to a layer.
    pub(crate) fn opts(&self, own: Opts, side: Side) -> Opts {
        let opts = own.or(self.inner.opts);
        match (side, &self.outer) {
            (Side::Outer, Some(outer)) => opts.or(outer.opts),
            _ => opts,
        }
    }

    /// Returns `true` if a layer has this shutdown.
    pub(crate) fn ends_by(&self, shutdown: usize) -> bool {
        let mut sides = self.sides();
        sides.any(|side| self.layer(side).unwrap().shutdown == Some(shutdown))
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
    /// It is no stream.
    NotFound,
}

/// A request and what the handler says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) client: Client,
    pub(crate) key: Option<usize>,
    pub(crate) kind: Kind,
    pub(crate) own: Opts,
    /// Whether the handler answers later.
    pub(crate) is_slow: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Open(Opening),
    /// Has a slow handler answer.
    Answer(usize),
    Act(usize, Act),
    /// By a task that polled before, or by another.
    Poll(usize, bool),
    Drop(usize),
    Advance(u64),
    Trigger(usize),
    /// Revokes the streams of a registry, or those of a key.
    Revoke(usize, Option<usize>, Revocation),
}
