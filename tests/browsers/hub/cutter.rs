use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

/// A proxy that cuts connections in the middle. It ends when it is dropped.
pub(super) struct Cutter {
    pub(super) address: SocketAddr,
    _proxy: JoinSet<()>,
}

/// After how many bytes of responses the next connections are cut. Later ones are not.
type Cuts = Arc<Mutex<VecDeque<usize>>>;

impl Cutter {
    pub(super) async fn start(server: SocketAddr, cuts: impl IntoIterator<Item = usize>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Cuts::new(Mutex::new(cuts.into_iter().collect()));
        let mut proxy = JoinSet::new();
        proxy.spawn(accept(listener, server, cuts));
        Self {
            address,
            _proxy: proxy,
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, cuts: Cuts) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(server).await.unwrap();
        connections.spawn(forward(client, server, Arc::clone(&cuts)));
    }
}

/// Forwards until one side ends, or the cut.
async fn forward(client: TcpStream, server: TcpStream, cuts: Cuts) {
    let (mut requests, client) = client.into_split();
    let (server, mut to_server) = server.into_split();
    tokio::select! {
        _ = copy(&mut requests, &mut to_server) => {}
        () = forward_responses(server, client, &cuts) => {}
    }
}

async fn forward_responses(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, cuts: &Cuts) {
    let (mut buffer, mut total) = ([0; 4096], 0);
    loop {
        let Ok(read @ 1..) = server.read(&mut buffer).await else {
            return;
        };
        let allowed = take_cut(cuts, total + read).map(|cut| cut - total);
        let bytes = &buffer[..allowed.unwrap_or(read)];
        if client.write_all(bytes).await.is_err() || allowed.is_some() {
            return;
        }
        total += read;
    }
}

/// Returns where to cut a connection that has had so many bytes.
fn take_cut(cuts: &Cuts, total: usize) -> Option<usize> {
    let mut cuts = cuts.lock().unwrap();
    let is_due = cuts.front().is_some_and(|cut| *cut <= total);
    is_due.then(|| cuts.pop_front()).flatten()
}
