//! Streams begin and end once, whatever happens in whatever order, and on whatever thread.

mod any;
mod races;

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
