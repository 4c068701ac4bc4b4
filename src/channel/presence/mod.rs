//! The names that are present in channels.
//!
//! - A [`Roster`] has the names of one channel: those of this node, and those of the others.
//! - A [`Feed`] is the keyed channel from which clients get the changes of a roster.
//! - [`NodePresence`] is what the nodes of a store tell each other: its [`Announcements`] go out in
//!   [`PresenceMessage`]s, and the [`Peers`] are what the others have told.

mod announcements;
mod attendance;
mod feed;
mod feed_state;
mod message;
mod name_change;
mod node_presence;
mod parts;
mod peer;
mod peers;
mod roster;
mod signal;
mod stays;
mod unsent;

pub(super) use self::{
    feed::{Feed, name_of, track, tracked_by},
    feed_state::FeedState,
    message::PresenceMessage,
    node_presence::NodePresence,
    peer::MovesByChannel,
};
