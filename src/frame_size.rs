/// The size, in bytes, from which on a frame is sent though more is ready. It is the default for
/// [`EventStream::frame_size`](crate::EventStream::frame_size).
pub(crate) const FRAME_SIZE: usize = 16 * 1024;
