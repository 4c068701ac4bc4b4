//! Generations: answers of a model that outlive the connection for which they were started.
//!
//! - [`Generations`] has them by key (`registry`).
//! - The future that [`Generations::start`] returns drives one (`driving`): it polls the user's stream, and
//!   publishes each event in a channel of its own (`shared`).
//! - [`StoredGenerations`] has them over a hub with a store (`stored`).
//! - A [`GenerationStream`] is a client that listens (`listeners`), a position in that channel.

mod abandon;
#[cfg(feature = "axum")]
mod axum;
mod driving;
mod end;
mod ending;
mod error;
mod events;
#[expect(clippy::module_inception, reason = "it holds `Generation`")]
mod generation;
mod generations;
mod idle;
mod listeners;
mod listening;
mod options;
mod overflow;
mod registry;
mod shared;
mod stored;
mod stream;
mod unknown_id;

pub use self::{
    abandon::AbandonPolicy,
    end::GenerationEnd,
    error::GenerationError,
    generation::Generation,
    generations::Generations,
    options::GenerationOptions,
    overflow::OverflowPolicy,
    stored::{StoredGeneration, StoredGenerations},
    stream::GenerationStream,
    unknown_id::UnknownIdPolicy,
};
