//! Runs a test of this program in another process, because one process may not hold both ends of many
//! connections.

use std::{env, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::guard;

pub(crate) struct Rerun {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Rerun {
    /// Starts an ignored test, with an environment. It is killed when it is dropped.
    pub(crate) fn start(test: &str, environment: [(&str, &str); 2]) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([test, "--exact", "--ignored", "--nocapture"])
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it prints this line.
    pub(crate) async fn until(&mut self, expected: &str) {
        let mut others = String::new();
        while let Some(line) = guard(self.lines.next_line()).await.unwrap() {
            if line == expected {
                return;
            }
            others += &line;
            others.push('\n');
        }
        panic!("it does not print that {expected}:\n{others}");
    }

    pub(crate) async fn succeeds(mut self) {
        assert!(guard(self.child.wait()).await.unwrap().success());
    }
}
