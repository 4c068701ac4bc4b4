//! The processes of the nodes.

use std::{
    env,
    net::SocketAddr,
    process::Stdio,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::{
    guard,
    node::{FAILS, LISTENS, NodeOptions, OPTIONS, URL},
};

/// Two nodes of one hub.
#[derive(Debug)]
pub(crate) struct Nodes {
    url: String,
    options: NodeOptions,
    places: [Mutex<Option<Node>>; 2],
}

#[derive(Debug)]
struct Node {
    address: SocketAddr,
    /// Killed when it is dropped.
    child: Child,
}

impl Nodes {
    pub(crate) async fn start(url: String, options: NodeOptions) -> Self {
        let nodes = Self {
            url,
            options,
            places: Default::default(),
        };
        nodes.restart(0).await;
        nodes.restart(1).await;
        nodes
    }

    /// Starts a node again.
    pub(crate) async fn restart(&self, place: usize) {
        let node = self.launch().await.expect("the node is opened");
        *self.place(place) = Some(node);
    }

    /// Kills a node.
    pub(crate) async fn kill(&self, place: usize) {
        let node = self.place(place).take();
        node.unwrap().child.kill().await.unwrap();
    }

    /// Returns the address of a node that was not killed.
    pub(crate) fn address(&self, place: usize) -> Option<SocketAddr> {
        self.place(place).as_ref().map(|node| node.address)
    }

    /// Stops a node, which does nothing until it [goes on](Self::go_on).
    pub(crate) fn pause(&self, place: usize) {
        self.signal(place, Signal::STOP);
    }

    pub(crate) fn go_on(&self, place: usize) {
        self.signal(place, Signal::CONT);
    }

    fn signal(&self, place: usize, signal: Signal) {
        let id = self.place(place).as_ref().and_then(|node| node.child.id());
        let id = Pid::from_raw(id.unwrap().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    fn place(&self, place: usize) -> MutexGuard<'_, Option<Node>> {
        self.places[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one more node. Returns what it prints if it cannot be opened.
    async fn launch(&self) -> Result<Node, String> {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["node::a_node", "--exact", "--ignored", "--nocapture"])
            .env(URL, &self.url)
            .env(OPTIONS, self.options.to_text())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        loop {
            let line = guard(lines.next_line()).await.unwrap();
            let line = line.expect("the node prints where it listens");
            if let Some(address) = line.strip_prefix(LISTENS) {
                let address = address.parse().unwrap();
                tokio::spawn(print(lines));
                return Ok(Node { address, child });
            }
            if let Some(error) = line.strip_prefix(FAILS) {
                return Err(error.to_owned());
            }
        }
    }

    /// Returns why another node cannot be opened.
    pub(crate) async fn launch_error(&self) -> String {
        self.launch().await.expect_err("the node is opened")
    }
}

/// Prints what a node prints, such as the message of a panic.
async fn print(mut lines: Lines<BufReader<ChildStderr>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("a node: {line}");
    }
}
