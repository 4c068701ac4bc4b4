//! Guides: deployment, operation, and what clients do.

#[doc = include_str!("features.md")]
pub mod features {}

#[doc = include_str!("clients.md")]
pub mod clients {}

#[doc = include_str!("deployment.md")]
pub mod deployment {}

#[doc = include_str!("ends.md")]
pub mod ends {}

#[doc = include_str!("gateways.md")]
pub mod gateways {}

#[doc = include_str!("operating.md")]
pub mod operating {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[cfg(feature = "channel")]
#[doc = include_str!("hubs.md")]
pub mod hubs {}

#[cfg(feature = "channel")]
#[doc = include_str!("nodes.md")]
pub mod nodes {}

#[cfg(feature = "channel")]
#[doc = include_str!("from_broadcast.md")]
pub mod from_broadcast {}
