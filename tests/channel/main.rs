//! Channels: what each subscriber gets.

mod any;
mod backfilling;
mod batches;
mod bounds;
mod closing;
mod combinators;
mod counting;
mod ending;
mod fairness;
mod frames;
mod gaps;
mod hostile;
mod hub;
mod hub_bounds;
mod idling;
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
mod restarting;
mod resuming;
mod served;
mod several;
mod several_gaps;
mod several_lags;
mod sizes;
mod snapshots;
mod state;
mod storing;
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
#[path = "../support/task.rs"]
mod task;
#[path = "../support/wait.rs"]
mod wait;
