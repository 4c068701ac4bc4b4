//! The process of many clients, for not every system lets one hold both ends.

use std::{env, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, Command},
};

use crate::guard;

pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    stdin: ChildStdin,
}

impl Process {
    /// Starts a test of this program, with an environment.
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
        Self {
            lines: BufReader::new(child.stderr.take().unwrap()).lines(),
            stdin: child.stdin.take().unwrap(),
            child,
        }
    }

    /// Waits until it says this.
    pub(crate) async fn says(&mut self, what: &str) {
        let mut others = String::new();
        while let Some(line) = guard(self.lines.next_line()).await.unwrap() {
            if line == what {
                return;
            }
            others += &line;
            others.push('\n');
        }
        panic!("it does not say that {what}:\n{others}");
    }

    /// Lets it go on.
    pub(crate) async fn go_on(&mut self) {
        self.stdin.write_all(b"\n").await.unwrap();
    }

    pub(crate) async fn succeeds(mut self) {
        assert!(guard(self.child.wait()).await.unwrap().success());
    }
}
