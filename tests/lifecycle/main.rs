//! Streams begin and end once, whatever happens in whatever order, and on whatever thread.

mod any;
mod races;
