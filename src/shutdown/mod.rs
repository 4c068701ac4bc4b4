//! Graceful shutdown of open streams: the [`Shutdown`] handle, and the membership of each stream in it.

mod member;
#[expect(clippy::module_inception, reason = "it holds `Shutdown`")]
mod shutdown;
mod state;

pub(crate) use self::member::Member;
pub use self::shutdown::Shutdown;
