//! A client of HTTP/2 that asks for a stream, frame by frame, and does nothing more (RFC 9113).

use std::net::SocketAddr;

use tokio::{io::AsyncWriteExt, net::TcpStream};

/// How much a client is ready to take, before it says more.
#[derive(Clone, Copy)]
pub(crate) enum Windows {
    /// 65,535 bytes, for a stream and for the connection.
    Default,
    /// Two gibibytes, for both.
    Large,
}

impl Windows {
    /// Returns what begins a connection. Each frame has its length, type, flags and stream first.
    fn settings(self) -> &'static [u8] {
        match self {
            Self::Default => b"\0\0\0\x04\0\0\0\0\0",
            Self::Large => {
                b"\0\0\x06\x04\0\0\0\0\0\0\x04\x7f\xff\xff\xff\
                \0\0\x04\x08\0\0\0\0\0\x7f\xff\0\0"
            }
        }
    }
}

/// Asks for `/endless`.
pub(crate) async fn ask(windows: Windows, address: SocketAddr) -> TcpStream {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&request(windows)).await.unwrap();
    tcp
}

/// Returns what is sent to ask for `/endless`.
pub(crate) fn request(windows: Windows) -> Vec<u8> {
    const HEADERS: &[u8] = b"\0\0\x17\x01\x05\0\0\0\x01";
    // GET and http are in the static table (RFC 7541, A), and so are the names of the others.
    const METHOD_SCHEME: &[u8] = b"\x82\x86";
    const AUTHORITY: &[u8] = b"\x01\x09localhost";
    const PATH: &[u8] = b"\x04\x08/endless";

    let parts = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        windows.settings(),
        HEADERS,
        METHOD_SCHEME,
        AUTHORITY,
        PATH,
    ];
    parts.concat()
}

/// Returns whether the last frame says that the connection is to end, without an error (GOAWAY).
pub(crate) fn ends_with_goaway(bytes: &[u8]) -> bool {
    const GOAWAY: &[u8] = b"\0\0\x08\x07\0\0\0\0\0";
    const LAST_STREAM_AND_ERROR: &[u8] = b"\0\0\0\x01\0\0\0\0";

    bytes.ends_with(&[GOAWAY, LAST_STREAM_AND_ERROR].concat())
}
