use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
};

use hyper::rt::Executor;
use tokio::task::AbortHandle;

/// The executor of one hub, whose tasks end with its node.
#[derive(Clone, Default)]
pub(super) struct NodeExecutor(Arc<Mutex<Vec<AbortHandle>>>);

impl NodeExecutor {
    /// Drops all tasks, as the death of a process does.
    pub(super) fn kill(&self) {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap());
        tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Executor<Pin<Box<dyn Future<Output = ()> + Send>>> for NodeExecutor {
    fn execute(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let task = tokio::spawn(task);
        let mut tasks = self.0.lock().unwrap();
        tasks.retain(|task| !task.is_finished());
        tasks.push(task.abort_handle());
    }
}
