//! An example, run as a process of its own.

use std::{
    env::{self, consts::EXE_SUFFIX},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::guard;

pub(crate) struct Example {
    pub(crate) address: String,
    lines: Lines<BufReader<ChildStdout>>,
    /// Killed when it is dropped.
    _child: Child,
}

impl Example {
    /// Starts the one that lies beside the directory that this test is in.
    pub(crate) async fn start(name: &str) -> Self {
        let test = env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let path = profile.join("examples").join(format!("{name}{EXE_SUFFIX}"));
        let mut child = Command::new(&path)
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                let path = path.display();
                panic!("{path}: {error}: run `cargo build --examples --all-features` first")
            });
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut this = Self {
            address: String::new(),
            lines,
            _child: child,
        };
        this.address = this.line("listening on ").await;
        this
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
