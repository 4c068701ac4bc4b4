//! What a connection takes, as a test has it.

use std::{
    io,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

/// Says how much a [`Scripted`](crate::scripted::Scripted) takes.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    room: usize,
    writer: Option<Waker>,
    vectored: bool,
    calls: Vec<Call>,
}

/// A write, with the lengths of what it was asked to write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Plain(usize),
    Vectored(Vec<usize>),
}

impl Script {
    /// Makes room for so many bytes more.
    pub(crate) fn make_room(&self, bytes: usize) {
        if let Some(writer) = self.add(bytes) {
            writer.wake();
        }
    }

    /// Makes room, but wakes nobody: the process is held up.
    pub(crate) fn make_room_unseen(&self, bytes: usize) {
        drop(self.add(bytes));
    }

    /// Returns the waker of the task that waits for the room.
    fn add(&self, bytes: usize) -> Option<Waker> {
        let mut state = self.0.lock().unwrap();
        state.room += bytes;
        state.writer.take()
    }

    /// Waits until there is no room for what is to be written.
    pub(crate) async fn full(&self) {
        for _ in 0..1_000_000 {
            if self.0.lock().unwrap().writer.is_some() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("nothing is written");
    }

    /// Has the connection say that it takes several slices at once.
    pub(crate) fn set_vectored(&self) {
        self.0.lock().unwrap().vectored = true;
    }

    pub(crate) fn is_vectored(&self) -> bool {
        self.0.lock().unwrap().vectored
    }

    /// Returns the writes since this was asked last.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    pub(crate) fn poll_write(&self, call: Call, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock().unwrap();
        let count = state.room.min(call.length());
        state.calls.push(call);
        if count == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.room -= count;
        Poll::Ready(Ok(count))
    }
}

impl Call {
    fn length(&self) -> usize {
        match self {
            Self::Plain(length) => *length,
            Self::Vectored(lengths) => lengths.iter().sum(),
        }
    }
}
