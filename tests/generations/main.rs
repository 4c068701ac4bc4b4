//! Generations: answers that outlive the connection for which they were started, on a paused clock.

mod abandoning;
mod attaching;
mod bounds;
mod dying;
mod ending;
mod layered;
mod nodes;
mod support;
mod way;
