//! The executor of a hub's tasks.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use hyper::rt::Executor;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The executor that all parts of a node share.
#[derive(Clone)]
pub(in crate::channel) struct SharedExecutor(Arc<dyn Executor<Task> + Send + Sync>);

impl SharedExecutor {
    pub(in crate::channel) fn new<E>(executor: E) -> Self
    where
        E: Executor<Pin<Box<dyn Future<Output = ()> + Send>>> + Send + Sync + 'static,
    {
        Self(Arc::new(executor))
    }

    pub(in crate::channel) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.execute(Box::pin(task));
    }
}

impl fmt::Debug for SharedExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedExecutor")
    }
}
