//! How the layers of a case are configured.

use super::{commands::Client, options::Options, report::Side};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerConfig {
    pub(crate) options: Options,
    pub(crate) max_streams: Option<Limit>,
    pub(crate) max_streams_per_key: Option<Limit>,
    /// Whether a limit rejects with an empty stream, not with a status.
    pub(crate) empty_stream: bool,
    /// How long a request waits for a place, in milliseconds, if that is set.
    pub(crate) wait: Option<u64>,
    /// Whether all requests or none are expected to get a stream, if that is set.
    pub(crate) expects: Option<bool>,
    /// The shutdown that ends its streams.
    pub(crate) shutdown: Option<usize>,
    /// The registry that its streams are added to.
    pub(crate) registry: Option<usize>,
    pub(crate) has_callbacks: bool,
}

/// How many streams may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) max: usize,
    /// Whether the oldest stream is evicted for a new one.
    pub(crate) evicts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) inner: LayerConfig,
    pub(crate) outer: Option<LayerConfig>,
    /// Whether both layers have the same limits.
    pub(crate) shares_limits: bool,
    /// Whether the inner layer wraps the handler twice, which should change nothing.
    pub(crate) is_twice: bool,
}

impl LayerConfig {
    /// Returns how long a request waits: 200 milliseconds by default.
    pub(crate) fn wait(&self) -> u64 {
        self.wait.unwrap_or(200)
    }

    pub(crate) fn expects_stream(&self, client: Client) -> bool {
        self.expects.unwrap_or(client.expects_stream())
    }

    /// Returns `true` if its streams may end with an event that stops clients from reconnecting.
    pub(crate) fn stops_clients(&self) -> bool {
        let mut limits = [self.max_streams, self.max_streams_per_key]
            .into_iter()
            .flatten();
        self.registry.is_some() || limits.any(|limit| limit.evicts && limit.max > 0)
    }
}

impl Config {
    pub(crate) fn layer(&self, side: Side) -> Option<&LayerConfig> {
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

    /// Returns the options in force for a stream at a layer.
    pub(crate) fn options(&self, own: Options, side: Side) -> Options {
        let options = own.or(self.inner.options);
        match (side, &self.outer) {
            (Side::Outer, Some(outer)) => options.or(outer.options),
            _ => options,
        }
    }

    /// Returns `true` if a layer has this shutdown.
    pub(crate) fn ends_by(&self, shutdown: usize) -> bool {
        let mut sides = self.sides();
        sides.any(|side| self.layer(side).unwrap().shutdown == Some(shutdown))
    }
}
