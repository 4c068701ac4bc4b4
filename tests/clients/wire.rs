//! What lies between the server and a client: it notes what the server sends, and can break.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::guard;

/// What a chunk begins with that is a heartbeat.
const HEARTBEAT: &str = "\r\n:\n";

pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    recorded: watch::Sender<Vec<u8>>,
    cut: Mutex<Option<&'static str>>,
}

impl Wire {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            recorded: watch::Sender::default(),
            cut: Mutex::default(),
        });
        let lasting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&lasting)));
            }
        });
        Self { address, shared }
    }

    /// Waits until the server has sent this, since the last time.
    async fn until(&self, text: &str) {
        let mut recorded = self.shared.recorded.subscribe();
        let is_there = |recorded: &Vec<u8>| find(recorded, text).is_some();
        guard(recorded.wait_for(is_there)).await.unwrap();
        drop(recorded);
        self.shared.recorded.send_modify(Vec::clear);
    }

    /// Waits until the server has sent this, and a heartbeat after it.
    pub(crate) async fn heartbeat_after(&self, text: &str) {
        self.until(text).await;
        self.until(HEARTBEAT).await;
    }

    /// Closes the connection over which the server sends this, right after it.
    pub(crate) fn cut_after(&self, text: &'static str) {
        *self.shared.cut.lock().unwrap() = Some(text);
    }

    /// Returns `true` if the text to cut after has been cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.shared.cut.lock().unwrap().is_none()
    }
}

/// Carries what both sides send until one of them ends. Then it closes both connections.
async fn carry(client: TcpStream, server: SocketAddr, shared: Arc<Shared>) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::select! {
        done = copy(&mut from_client, &mut to_server) => done.map(drop),
        done = shared.record(from_server, to_client) => done,
    }
}

impl Shared {
    async fn record(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut sent = Vec::new();
        loop {
            let before = sent.len();
            if from.read_buf(&mut sent).await? == 0 {
                return Ok(());
            }
            let cut = self.cut(&sent);
            let bytes = &sent[before..cut.unwrap_or(sent.len())];
            to.write_all(bytes).await?;
            self.recorded.send_modify(|recorded| recorded.extend(bytes));
            if cut.is_some() {
                return Ok(());
            }
        }
    }

    /// Finds where to cut.
    fn cut(&self, sent: &[u8]) -> Option<usize> {
        let mut cut = self.cut.lock().unwrap();
        let end = cut.and_then(|text| Some(find(sent, text)? + text.len()))?;
        *cut = None;
        Some(end)
    }
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    memmem::find(bytes, text.as_bytes())
}
