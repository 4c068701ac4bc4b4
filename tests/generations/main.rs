//! Generations: answers that outlive the connection for which they were started, on a paused clock.

mod abandoning;
mod attaching;
mod bounds;
mod ending;
mod layered;
mod support;
