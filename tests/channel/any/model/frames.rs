use std::{collections::VecDeque, mem};

use crate::decode::Seen;

/// The frames that a body has encoded and not yet yielded.
#[derive(Clone, Debug)]
pub(crate) struct Frames {
    size: usize,
    complete: VecDeque<Frame>,
    current: Frame,
}

/// The events that a client sees of a frame, and the length of the frame.
#[derive(Clone, Debug, Default)]
struct Frame {
    seen: Vec<Seen>,
    len: usize,
}

impl Frames {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size: size.max(1),
            complete: VecDeque::new(),
            current: Frame::default(),
        }
    }

    /// Writes this many bytes. If they would make the frame too long, they begin another.
    pub(crate) fn write(&mut self, len: usize, seen: Option<Seen>) {
        if self.current.len > 0 && self.current.len + len > self.size {
            self.complete.push_back(mem::take(&mut self.current));
        }
        self.current.len += len;
        self.current.seen.extend(seen);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.current.len == 0 && self.complete.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.current.len >= self.size || !self.complete.is_empty()
    }

    pub(crate) fn take(&mut self) -> Option<Vec<Seen>> {
        let current = (self.current.len > 0).then(|| mem::take(&mut self.current));
        // The current frame comes after the complete ones.
        match self.complete.pop_front() {
            Some(frame) => {
                self.current = current.unwrap_or_default();
                Some(frame.seen)
            }
            None => current.map(|frame| frame.seen),
        }
    }
}
