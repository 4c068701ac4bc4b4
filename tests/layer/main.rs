//! What the layer does to a response, driven through `oneshot` with a paused clock.

mod adopted;
mod caps;
mod closing;
mod head;
mod heartbeat;
mod last_event_id;
mod nested;
mod opening;
mod options;
mod pass_through;
mod shutdown;
mod support;
mod typed;
