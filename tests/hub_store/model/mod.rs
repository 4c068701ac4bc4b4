//! A random test of several hubs over one faulty store.
//!
//! A seed draws a history ([`history`]): hubs that are opened, killed and closed, publishers, channels that are added
//! to open streams and removed from them, and the faults of the store. Clients ([`client`]) read the wire alone,
//! disconnect, and resume at any hub by the last id that they have. The [`recorder`] notes everything that was ever
//! stored, so that a client can check what it gets:
//!
//! - the events of each channel come in their order, and none twice, except what the client had not acknowledged,
//!   the history of a channel that was added, and what the store has lost (rule 16);
//! - an id, or the end of all faults, means that everything before it was received, or reported as missed;
//! - what was acknowledged to a publisher and lost by the store is reported;
//! - what is reported as missed hides an event, or a loss of the store;
//! - nothing comes of a channel that was published after its removal;
//! - in the end a client has the newest event of each key, and no other key.
//!
//! The store is the [`ModelStore`](crate::ModelStore) of the target that has this module: the plain one of tests, or
//! Redis. With the plain one, one thread and a paused clock make a seed the same history each time. A failure prints
//! the seed and the history:
//!
//! ```sh
//! NODES_SEED=<seed> cargo test --all-features --test hub_store model
//! NODES_SEEDS=20000 tests/optimized/cargo test --test hub_store model
//! REDIS_SEEDS=1000 cargo test -p tower-sse-redis --test redis model_of_hubs
//! ```
//!
//! `mutants/run` breaks a copy of the crate by each of the patches beside it, each against one rule, and counts the
//! seeds that fail. It has none against the start of a topic that a store has forgotten (rule 18): that is a matter of
//! the store alone, and the store of the model forgets none. `tests/store/memory.rs` checks it for `MemoryStore`
//! (`the_topic_that_was_idle_for_the_longest_makes_room`, `a_topic_that_comes_back_starts_at_what_was_dropped`).

mod changing;
mod client;
mod connection;
mod executor;
mod history;
mod keys;
mod member;
mod nodes;
mod publishing;
mod recorder;
pub(crate) mod restarting;
pub(crate) mod running;
mod settings;
mod timer;
mod truth;
mod wire;
mod world;
