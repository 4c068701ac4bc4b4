//! Channels: what each subscriber gets.

mod closing;
mod sizes;
