use std::sync::Arc;

use http::Version;

use super::{config::Config, context::StreamContext, permits::StreamPermits};
use crate::{StreamInfo, report::StreamLink, socket::SocketHandle};

/// The facts by which a layer decides whether to admit a stream, and of which it makes the guard.
pub(crate) struct Admission<'a> {
    pub(crate) context: StreamContext,
    /// What the request has taken before the handler was called.
    pub(crate) permits: Option<StreamPermits>,
    /// Whether the request came before the layer's shutdown.
    pub(crate) before_shutdown: bool,
    pub(crate) socket: Option<SocketHandle>,
    pub(crate) version: Version,
    pub(crate) config: &'a Arc<Config>,
    /// The labels, tags and data of the handler.
    pub(crate) handler_info: Option<Arc<StreamInfo>>,
    pub(crate) link: Option<StreamLink>,
}
