use http::Version;

use crate::socket::{SocketHandle, Tuned};

/// The connection of a stream, as one layer has set it.
pub(super) struct StreamConnection {
    pub(super) socket: SocketHandle,
    /// What this layer has asked of the connection.
    pub(super) tuned: Option<Tuned>,
    /// `None` if an inner layer has counted the stream.
    pub(super) _carried: Option<CarriedStream>,
}

/// Counts a stream on its connection until it is dropped.
pub(super) struct CarriedStream(SocketHandle);

impl CarriedStream {
    pub(super) fn begin(socket: &SocketHandle, version: Version) -> Self {
        socket.begin_stream(version);
        Self(socket.clone())
    }
}

impl Drop for CarriedStream {
    fn drop(&mut self) {
        self.0.end_stream();
    }
}
