//! What the layer does to a response, driven through `oneshot` with a paused clock.

mod adopted;
mod before_the_handler;
mod caps;
mod closing;
mod ends;
mod evicting;
mod head;
mod heartbeat;
mod labels;
mod last_event_id;
mod nested;
mod opening;
mod options;
mod pass_through;
mod query;
mod revoking;
mod shutdown;
mod support;
mod typed;
