use std::{fmt, sync::Arc};

use http::Version;

use super::{
    config::Config,
    context::StreamContext,
    guard::StreamGuard,
    limit::{Control, Permit},
    rejection::Rejection,
};
use crate::{StreamInfo, report::StreamStats, shutdown::Member, socket::SocketHandle};

/// The places that a stream holds in the limits of a layer.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) permits: Vec<Permit>,
    /// By which the stream can be ended from outside.
    pub(crate) control: Arc<Control>,
}

/// What a layer brings to a stream that it attaches itself to.
pub(crate) struct Admission<'a> {
    pub(crate) noted: StreamContext,
    /// What it has claimed before the handler.
    pub(crate) held: Option<Held>,
    /// Whether the request came before the layer's shutdown.
    pub(crate) came_before: bool,
    pub(crate) socket: Option<SocketHandle>,
    pub(crate) version: Version,
    pub(crate) config: &'a Arc<Config>,
    /// What the handler says of its stream.
    pub(crate) own: Option<Arc<StreamInfo>>,
    pub(crate) tally: Option<StreamStats>,
}

impl Admission<'_> {
    /// Claims what the stream needs to open: places in the limits, and the shutdown that ends it.
    pub(super) fn claim(
        &mut self,
        before: &[StreamGuard],
    ) -> Result<(Held, Option<Member>), Rejection> {
        let config = self.config;
        let shutdown = config.shutdown.as_ref();
        if shutdown.is_some_and(|it| it.is_triggered()) && !self.came_before {
            return Err(config.refuse_at_shutdown());
        }
        let is_new = |shutdown| !before.iter().any(|other| other.config.ends_by(shutdown));
        let shutdown = shutdown.filter(|shutdown| is_new(shutdown));
        let member = match shutdown.map(|shutdown| shutdown.join(self.came_before)) {
            Some(None) => return Err(config.refuse_at_shutdown()),
            joined => joined.flatten(),
        };
        // All layers of a stream use one control.
        let by_inner = before.iter().find_map(|other| other.control.clone());
        let by_outer = self.noted.outer().control();
        let (mut permits, own) = match self.held.take() {
            Some(held) => (held.permits, Some(held.control)),
            None => (Vec::new(), by_outer),
        };
        let control = by_inner.or(own).unwrap_or_default();
        let counted = |limit| before.iter().any(|other| other.config.counts(limit));
        let mut claims = self.noted.take_rest(config, counted);
        if !claims.is_empty() {
            permits.extend(claims.decide(&config.turn, &control)?);
        }
        let held = Held { permits, control };
        Ok((held, member))
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}
