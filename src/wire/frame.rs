/// The size, in bytes, from which on a frame is sent though more is ready. It is the default for
/// [`EventStream::frame_size`](crate::EventStream::frame_size).
pub(crate) const FRAME_SIZE: usize = 16 * 1024;

/// The most frames or items without bytes that one poll takes, so that a source which yields nothing
/// else does not hold its thread for ever.
pub(crate) const MAX_EMPTY_ITEMS: usize = 1024;
