//! Waits for another thread, but not forever.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

/// Far longer than any thread takes.
const LIMIT: Duration = Duration::from_secs(30);

#[track_caller]
pub(crate) fn wait<T>(receiver: &Receiver<T>) -> T {
    match receiver.recv_timeout(LIMIT) {
        Ok(received) => received,
        Err(RecvTimeoutError::Timeout) => panic!("another thread does not end"),
        Err(RecvTimeoutError::Disconnected) => panic!("another thread has panicked"),
    }
}
