//! Channels: what each subscriber gets.

mod any;
mod batches;
mod blocks;
mod bounds;
mod changing;
mod closing;
mod combinators;
mod counting;
mod ending;
mod ephemeral;
mod fairness;
mod filtering;
mod frames;
mod gaps;
mod hostile;
mod hub;
mod hub_bounds;
mod hub_closing;
mod idling;
mod keyed;
mod keyed_model;
mod keyed_rounds;
mod lagging;
#[cfg(feature = "metrics")]
mod metrics;
mod names;
mod notices;
mod passing;
mod peaks;
mod presence;
mod publishing;
mod publishing_together;
mod reentrance;
mod removing;
#[cfg(feature = "axum")]
mod responses;
mod resuming;
mod served;
mod several;
mod several_gaps;
mod several_lags;
mod sizes;
mod snapshots;
mod starts;
mod state;
mod stress;
mod summaries;
mod support;
mod typed;
mod types;
mod wake_ups;

#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/clock.rs"]
mod clock;
#[path = "../support/decode.rs"]
mod decode;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/task.rs"]
mod task;
#[path = "../support/wait.rs"]
mod wait;
