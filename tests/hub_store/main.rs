//! A hub over a store: several nodes share its channels.

mod behind;
mod changing;
mod ending;
mod failing;
mod keyed;
mod limits;
#[cfg(feature = "tracing")]
mod logging;
mod losing;
#[cfg(feature = "metrics")]
mod metrics;
mod model;
mod model_of_plain;
mod paging;
mod presence;
#[path = "../support/random.rs"]
mod random;
mod resuming;
mod rights;
#[path = "../support/stores/mod.rs"]
mod stores;
mod support;
mod threads;

/// The store of the model.
type ModelStore = stores::PlainStore;
