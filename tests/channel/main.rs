//! Channels: what each subscriber gets.

mod sizes;
