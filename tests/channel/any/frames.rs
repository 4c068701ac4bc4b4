use std::{collections::VecDeque, mem};

use crate::decode::Seen;

/// What a body has encoded and not handed out yet, frame by frame.
#[derive(Clone, Debug)]
pub(crate) struct Frames {
    size: usize,
    complete: VecDeque<Frame>,
    current: Frame,
}

/// What a client sees of a frame, and how long it is.
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

    /// Writes what is so long. What would make a frame too long begins another.
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
        // The one in progress is there only behind those that are complete.
        match self.complete.pop_front() {
            Some(frame) => {
                self.current = current.unwrap_or_default();
                Some(frame.seen)
            }
            None => current.map(|frame| frame.seen),
        }
    }
}
