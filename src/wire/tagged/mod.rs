//! A serde enum as an event: the variant is the name, its content the data.

mod content;
mod error;
#[expect(clippy::module_inception, reason = "it holds `Tagged`")]
mod tagged;
mod variant;

pub use self::{error::TaggedError, tagged::Tagged};
