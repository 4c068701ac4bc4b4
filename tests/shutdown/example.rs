//! The example `shutdown`, as a process of its own.

use std::{
    env,
    net::SocketAddr,
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::guard;

pub(crate) struct Example {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl Example {
    /// Starts it. It is killed when it is dropped.
    pub(crate) async fn start() -> Self {
        let test = env::current_exe().unwrap();
        let path = test.ancestors().nth(2).unwrap().join("examples/shutdown");
        let path = path.display();
        let mut child = Command::new(path.to_string())
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{path}: {error}; run `cargo build --examples` first"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = guard(lines.next_line()).await.unwrap().unwrap();
        let address = first.strip_prefix("listening on http://").unwrap();
        let address = address.parse().unwrap();
        Self {
            child,
            lines,
            address,
        }
    }

    /// Tells it to stop.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().unwrap().try_into().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    }

    pub(crate) async fn wait(&mut self) -> ExitStatus {
        guard(self.child.wait()).await.unwrap()
    }

    /// Returns the last line that it has printed.
    pub(crate) async fn last_line(mut self) -> String {
        let mut last = String::new();
        while let Some(line) = guard(self.lines.next_line()).await.unwrap() {
            last = line;
        }
        last
    }
}
