//! Pages that answer a question rather than describe an item.

#[doc = include_str!("deployment.md")]
pub mod deployment {}

#[doc = include_str!("operating.md")]
pub mod operating {}
