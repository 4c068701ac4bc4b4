//! Real threads that publish, subscribe and resume at once.

mod changing;
mod events;
mod hub;
mod states;
mod threads;
mod wake_ups;
