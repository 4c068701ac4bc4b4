//! A client of bytes, where those of the connection itself matter.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::guard;

pub(crate) async fn send(request: &str, address: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// Reads until the server closes, with this side still open. Returns head and body.
pub(crate) async fn read_to_close(mut socket: TcpStream) -> (String, String) {
    let mut text = String::new();
    guard(socket.read_to_string(&mut text)).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("there is a head");
    (head.to_owned(), body.to_owned())
}

/// Returns the status line and the headers, these sorted, for their order means nothing, and
/// without the date.
pub(crate) fn lines(head: &str) -> Vec<&str> {
    let mut lines: Vec<_> = head.lines().map(str::trim_end).collect();
    lines.retain(|line| !line.starts_with("date: "));
    lines[1..].sort_unstable();
    lines
}
