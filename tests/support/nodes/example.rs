use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};

use crate::{guard, launch, process::Process};

/// The example, which starts Redis and both nodes, and starts a node again that was killed.
pub(super) struct Example {
    /// Ended as a group with what it has started.
    _process: Process,
    lines: Lines<BufReader<tokio::process::ChildStdout>>,
    nodes: [Node; 2],
}

#[derive(Default)]
struct Node {
    address: String,
    pid: i32,
    listens: bool,
}

const NAMES: [&str; 2] = ["node 1", "node 2"];

impl Example {
    pub(super) async fn start() -> Self {
        let mut command = launch::path("nodes");
        command
            .env("PORT", "0")
            .env_remove("REDIS")
            .stdout(Stdio::piped());
        let mut process = Process::start(&mut command);
        let lines = lines(&mut process.child);
        let mut example = Self {
            _process: process,
            lines,
            nodes: Default::default(),
        };
        for node in 0..2 {
            example.until_back(node).await;
        }
        example
    }

    pub(super) fn addresses(&self) -> [String; 2] {
        self.nodes.each_ref().map(|node| node.address.clone())
    }

    /// Returns the name and the address of a node.
    pub(super) fn node(&self, node: usize) -> (&'static str, &str) {
        (NAMES[node], &self.nodes[node].address)
    }

    /// Kills a node, by SIGKILL.
    pub(super) fn kill(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        kill_process(Pid::from_raw(node.pid).unwrap(), Signal::KILL).unwrap();
        node.listens = false;
    }

    /// Waits until a node listens.
    pub(super) async fn until_back(&mut self, node: usize) {
        while !self.nodes[node].listens {
            let line = guard(self.lines.next_line()).await.unwrap();
            self.read(&line.expect("the example has ended"));
        }
    }

    /// Reads a line that the example has printed, such as `node 1: http://127.0.0.1:80   to kill it: kill -9 7`.
    fn read(&mut self, line: &str) {
        let Some(place) = NAMES.iter().position(|name| line.starts_with(name)) else {
            return;
        };
        let (node, rest) = (&mut self.nodes[place], &line[NAMES[place].len()..]);
        if rest == " listens" {
            node.listens = true;
        } else if let Some(rest) = rest.strip_prefix(": http://") {
            let mut words = rest.split_whitespace();
            node.address = words.next().unwrap().to_owned();
            node.pid = words.next_back().unwrap().parse().unwrap();
        }
    }
}

fn lines(child: &mut Child) -> Lines<BufReader<tokio::process::ChildStdout>> {
    let stdout = child.stdout.take().unwrap();
    BufReader::new(tokio::process::ChildStdout::from_std(stdout).unwrap()).lines()
}
