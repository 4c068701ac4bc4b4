use std::{
    hint::spin_loop,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

pub(crate) use crate::{random::Random, wait::wait};

impl Random {
    /// Lets some time pass.
    pub(crate) fn pause(&mut self) {
        match self.below(16) {
            0 => thread::sleep(Duration::from_micros(50)),
            1 => thread::yield_now(),
            _ => (0..self.below(200)).for_each(|_| spin_loop()),
        }
    }
}

/// Begins what somebody is to find out.
pub(crate) fn start<T: Send + 'static>(find: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(find()));
    receiver
}
