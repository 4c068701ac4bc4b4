//! The example `shutdown`, as a process of its own.

use std::{net::SocketAddr, process::ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use crate::{
    guard,
    launch::{self, Lines},
};

pub(crate) struct Example {
    child: Child,
    lines: Lines,
    pub(crate) address: SocketAddr,
}

impl Example {
    /// Starts it. It is killed when it is dropped.
    pub(crate) async fn start() -> Self {
        let (child, lines, url) = launch::start(launch::command("shutdown").env("PORT", "0")).await;
        let address = url.strip_prefix("http://").unwrap();
        Self {
            child,
            lines,
            address: address.parse().unwrap(),
        }
    }

    /// Sends it SIGTERM.
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
