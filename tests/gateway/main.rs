//! What a gateway needs: the events of a stream that other code made, mapped on their way, and a head that
//! is out before the handler has an answer. On a paused clock, and over sockets where those matter.

mod bodies;
mod closes;
mod early;
mod late_options;
mod map_ends;
mod map_frames;
mod map_layered;
mod map_random;
mod map_responses;
mod mapping;
mod sockets;

#[path = "../support/cases.rs"]
mod cases;
#[path = "../support/decode.rs"]
mod decode;
#[path = "../support/guard.rs"]
mod guard;
#[path = "../support/task.rs"]
mod task;

use self::guard::guard;
