//! An example, run as a process of its own.

use tokio::process::Child;

use crate::{
    guard,
    launch::{self, Lines},
};

pub(crate) struct Example {
    pub(crate) address: String,
    lines: Lines,
    /// Killed when it is dropped.
    _child: Child,
}

impl Example {
    /// Starts one, and waits until it listens.
    pub(crate) async fn start(name: &str) -> Self {
        let (child, lines, address) = launch::start(launch::command(name).env("PORT", "0")).await;
        Self {
            address,
            lines,
            _child: child,
        }
    }

    /// Waits for a line that begins so, and returns the rest of it.
    pub(crate) async fn line(&mut self, start: &str) -> String {
        loop {
            let line = guard(self.lines.next_line()).await.unwrap();
            let line = line.expect("the example has ended");
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }
}
