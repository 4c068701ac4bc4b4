use tokio::runtime::{self, Runtime};
use tower_sse::store::Epoch;

use super::DamagedRedis;
use crate::server::Server;

/// A server for the stores of all seeds, and a runtime whose clock is not paused.
pub(crate) struct Host {
    pub(super) server: Server,
    pub(super) runtime: Runtime,
}

impl Host {
    pub(crate) fn start() -> Self {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Self {
            // Streams are trimmed by whole nodes: the fewer entries these have, the sooner.
            server: Server::with("--save '' --appendonly no --stream-node-max-entries 2"),
            runtime: runtime.unwrap(),
        }
    }

    /// Creates the store of a seed, which has keys of its own.
    pub(crate) fn store(&self, seed: u64, epoch: Epoch) -> DamagedRedis {
        DamagedRedis::connect(self, seed, epoch)
    }
}
