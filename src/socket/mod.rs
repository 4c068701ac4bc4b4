//! The connections below the streams: a [`Socket`] around the accepted one, and the [`SocketHandle`] by
//! which the layer sets its [`TcpOptions`] and stall timeout once it carries a stream.
//!
//! Streams leave orders in the handle, and the socket carries them out at its next write: only the socket
//! owns the connection.

mod ahead;
#[cfg(feature = "axum-serve")]
mod axum;
mod handle;
mod io;
mod options;
mod orders;
mod pace;
mod platform;
mod requests;
mod service;
mod stall;
mod tuning;

#[cfg(unix)]
use std::os::fd::AsFd as AsSocket;
#[cfg(windows)]
use std::os::windows::io::AsSocket;

#[cfg(feature = "axum-serve")]
pub use self::axum::{MakeServiceWithSocket, MakeServiceWithSocketFuture, SocketListener};
pub(crate) use self::tuning::{Tuned, Tuning};
pub use self::{handle::SocketHandle, io::Socket, options::TcpOptions, service::AddSocketHandle};
use self::{orders::SocketOrder, pace::Pace};
