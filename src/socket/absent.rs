//! Stands in for the sockets where the feature `socket` is off: there are none.

use http::Extensions;

use crate::timer::SharedTimer;

#[derive(Clone, Debug)]
pub(crate) enum SocketHandle {}

impl SocketHandle {
    pub(crate) fn find(_: &Extensions) -> Option<Self> {
        None
    }

    pub(crate) fn has_stalled(&self) -> bool {
        match *self {}
    }

    pub(crate) fn begin_stream(&self, _: http::Version) {
        match *self {}
    }

    pub(crate) fn end_stream(&self) {
        match *self {}
    }

    pub(crate) fn break_on_close(&self) {
        match *self {}
    }

    pub(crate) fn retract(&self) {
        match *self {}
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Tuning {}

impl Tuning {
    pub(crate) fn tune(&self, _: &SocketHandle, _: &SharedTimer) -> bool {
        match *self {}
    }
}
