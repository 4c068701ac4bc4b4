use std::{
    hint::spin_loop,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

pub(crate) use crate::wait::wait;

/// A small generator of pseudo-random numbers (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Draws a number below this one.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }

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
