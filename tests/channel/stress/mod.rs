//! Real threads that publish, subscribe and resume at once.

mod events;
mod states;
mod threads;
mod topics;
mod wake_ups;
