use std::sync::Arc;

use http::Version;

use super::{config::Config, context::StreamContext, places::Held};
use crate::{StreamInfo, report::StreamStats, socket::SocketHandle};

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
