//! A client that prints what it reads, each item as a JSON object.

use std::{env, fs, future::Future, path::PathBuf, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::mpsc,
};

use crate::guard;

pub(crate) type Say = mpsc::UnboundedSender<Value>;

pub(crate) struct Client {
    lines: mpsc::UnboundedReceiver<Value>,
    stdin: Option<ChildStdin>,
    /// How many heartbeats it has printed.
    pub(crate) heartbeats: usize,
}

/// Runs a script by Node.
pub(crate) fn node(script: &str, url: &str) -> Client {
    Client::start(node_command(script, &[url]))
}

/// Runs a script by the Python that has the packages.
pub(crate) fn python(script: &str, url: &str) -> Client {
    Client::start(python_command(script, &[url]))
}

pub(crate) fn node_command(script: &str, arguments: &[&str]) -> Command {
    let mut command = command("node");
    command
        .arg("--experimental-eventsource")
        .args(["--input-type=module", "--eval", script, "--"])
        .args(arguments);
    command
}

pub(crate) fn python_command(script: &str, arguments: &[&str]) -> Command {
    let mut command = command("venv/bin/python");
    command.args(["-c", script]).args(arguments);
    command
}

/// Makes the command of a program among the packages. Node looks for packages where it runs.
fn command(program: &str) -> Command {
    let packages = packages();
    let mut command = Command::new(packages.join(program));
    command
        .current_dir(packages)
        .env("NO_PROXY", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub(crate) fn spawn(command: &mut Command) -> Child {
    let child = command.spawn();
    child.unwrap_or_else(|error| panic!("{command:?} does not run: {error}"))
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

    fn start(mut command: Command) -> Self {
        let mut child = spawn(&mut command);
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

    /// Reads what it has to print next: these lines.
    pub(crate) async fn expect(&mut self, lines: impl IntoIterator<Item = &str>) {
        for line in lines.into_iter().filter(|line| !line.is_empty()) {
            let expected: Value = serde_json::from_str(line).unwrap();
            assert_eq!(self.next().await, expected);
        }
    }

    /// Reads the next line that is not about a heartbeat.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let line = guard(self.lines.recv()).await.expect("the client is gone");
            if line["comment"] != "" {
                return line;
            }
            self.heartbeats += 1;
        }
    }
}
