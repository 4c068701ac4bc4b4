use std::{fs, net::SocketAddr, process::Command, time::Duration};

use axum::Router;
use tokio::net::{TcpListener, TcpStream};

use crate::{guard, process::Process, scratch::Scratch};

/// HAProxy in front of two nodes, and of a server for everything but their streams.
pub(super) struct Balancer {
    pub(super) address: SocketAddr,
    _process: Process,
    _scratch: Scratch,
}

impl Balancer {
    pub(super) async fn start(nodes: &[String; 2], app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });

        let (scratch, address) = (Scratch::new(), free().await);
        let config = scratch.path().join("haproxy.cfg");
        fs::write(&config, configuration(address, nodes, other)).unwrap();
        let process = Process::start(Command::new("haproxy").arg("-db").arg("-f").arg(&config));
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        guard(listens).await;
        Self {
            address,
            _process: process,
            _scratch: scratch,
        }
    }
}

/// Returns an address on which nothing listens.
async fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// A request goes to either node in turn, and to the other one if the first refuses the connection.
fn configuration(address: SocketAddr, [one, two]: &[String; 2], other: SocketAddr) -> String {
    format!(
        "
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    option http-no-delay
    option redispatch 1
    retries 3
frontend all
    bind {address}
    use_backend nodes if {{ path /sse }}
    default_backend other
backend nodes
    balance roundrobin
    server one {one}
    server two {two}
backend other
    server other {other}
"
    )
}
