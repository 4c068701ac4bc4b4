//! The bounds of frames, for typed streams and for other bodies, and their bytes.

use bytes::{Buf, Bytes};

/// The size, in bytes, at which a frame is sent although more is ready. It is the default of
/// [`EventStream::frame_size`](crate::EventStream::frame_size).
pub(crate) const FRAME_SIZE: usize = 16 * 1024;

/// The most items or frames without bytes that one poll takes, so that a source which yields nothing else
/// does not hold its thread for ever.
pub(crate) const MAX_EMPTY_ITEMS: usize = 1024;

/// Returns what is left of a buffer; of `Bytes`, the same without a copy.
pub(crate) fn into_bytes(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}
