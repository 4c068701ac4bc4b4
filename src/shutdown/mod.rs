//! Graceful shutdown of open streams.

mod member;
mod shared;
#[expect(clippy::module_inception, reason = "it holds `Shutdown`")]
mod shutdown;

pub(crate) use self::member::Member;
pub use self::shutdown::Shutdown;
