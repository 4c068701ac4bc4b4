//! A client that tells what it reads, each thing as an object of JSON.

use std::{env, ffi::OsStr, fs, future::Future, path::PathBuf, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{ChildStdin, Command},
    sync::mpsc,
};

use crate::guard;

pub(crate) type Say = mpsc::UnboundedSender<Value>;

pub(crate) struct Client {
    lines: mpsc::UnboundedReceiver<Value>,
    stdin: Option<ChildStdin>,
    /// How many heartbeats it has told of.
    pub(crate) heartbeats: usize,
}

/// Runs a script by Node.
pub(crate) fn node(script: &str, url: &str) -> Client {
    // Node looks for packages where it runs.
    let arguments = ["--input-type=module", "--eval", script, "--", url];
    Client::start("node".as_ref(), &arguments)
}

/// Runs a script by the Python that has the packages.
pub(crate) fn python(script: &str, url: &str) -> Client {
    let python = packages().join("venv/bin/python");
    Client::start(python.as_ref(), &["-c", script, url])
}

fn packages() -> PathBuf {
    let directory = env::var_os("CLIENTS").expect(
        "run `tests/clients/install <directory>`, and set the variable CLIENTS to that directory",
    );
    fs::canonicalize(directory).expect("the directory CLIENTS is not there")
}

impl Client {
    /// Runs one within this process.
    pub(crate) fn run<F>(client: impl FnOnce(Say) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (say, lines) = mpsc::unbounded_channel();
        tokio::spawn(client(say));
        Self {
            lines,
            stdin: None,
            heartbeats: 0,
        }
    }

    fn start(program: &OsStr, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(packages())
            .env("NO_PROXY", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not run: {error}", program.display()));
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let client = Self::run(async move |say| {
            while let Some(line) = lines.next_line().await.unwrap() {
                say.send(serde_json::from_str(&line).unwrap()).unwrap();
            }
            let status = child.wait().await.unwrap();
            say.send(json!({ "exit": status.code() })).unwrap();
        });
        Self { stdin, ..client }
    }

    /// Lets a script go on that waits for the end of what it reads.
    pub(crate) fn go_on(&mut self) {
        self.stdin = None;
    }

    /// Reads what it must tell next: these lines.
    pub(crate) async fn expect(&mut self, lines: impl IntoIterator<Item = &str>) {
        for line in lines.into_iter().filter(|line| !line.is_empty()) {
            let expected: Value = serde_json::from_str(line).unwrap();
            assert_eq!(self.next().await, expected);
        }
    }

    /// Reads the next line that is not about a heartbeat.
    async fn next(&mut self) -> Value {
        loop {
            let line = guard(self.lines.recv()).await.expect("the client is gone");
            if line["comment"] != "" {
                return line;
            }
            self.heartbeats += 1;
        }
    }
}
