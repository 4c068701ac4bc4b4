//! Graceful shutdown of open streams.

mod member;
#[expect(clippy::module_inception, reason = "it holds `Shutdown`")]
mod shutdown;
mod state;

pub(crate) use self::member::Member;
pub use self::shutdown::Shutdown;
