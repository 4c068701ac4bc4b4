//! Stands in for this room where the feature `socket` is off: no request has a socket. The types have
//! the names of the real ones, so that the layer needs no `cfg`.

use http::{Extensions, Version};

use crate::time::SharedTimer;

#[derive(Clone, Debug)]
pub(crate) enum SocketHandle {}

impl SocketHandle {
    pub(crate) fn find(_: &Extensions) -> Option<Self> {
        None
    }

    pub(crate) fn has_stalled(&self) -> bool {
        match *self {}
    }

    pub(crate) fn begin_stream(&self, _: Version) {
        match *self {}
    }

    pub(crate) fn end_stream(&self) {
        match *self {}
    }

    pub(crate) fn reset_on_close(&self) {
        match *self {}
    }

    pub(crate) fn cancel(&self, _: Tuned) {
        match *self {}
    }
}

/// Never made. An enum without variants would make the code that follows a call unreachable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuned;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Tuning {}

impl Tuning {
    pub(crate) fn tune(&self, _: Option<Tuned>, _: &SocketHandle, _: &SharedTimer) -> Tuned {
        match *self {}
    }
}
