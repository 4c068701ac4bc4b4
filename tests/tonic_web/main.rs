//! gRPC and gRPC-Web, unharmed by the layer, in either order with `GrpcWebLayer`.

mod client;
mod script;
mod server;

mod calls;
mod sse;
mod wire;

#[path = "../support/guard.rs"]
mod guard;

use self::guard::guard;
