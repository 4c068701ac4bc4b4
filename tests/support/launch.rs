//! Launches the examples, each as a process of its own.

use std::{
    env::{self, consts::EXE_SUFFIX},
    process::{self, Stdio},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
};

use crate::guard;

pub(crate) type Lines = tokio::io::Lines<BufReader<ChildStdout>>;

/// Returns the command of an example. It is killed when it is dropped.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::from(path(name));
    command.kill_on_drop(true).stdout(Stdio::piped());
    command
}

/// Finds an example in the directory beside the one of this test.
pub(crate) fn path(name: &str) -> process::Command {
    let test = env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let path = profile.join("examples").join(format!("{name}{EXE_SUFFIX}"));
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --workspace --examples --all-features` first",
        path.display()
    );
    process::Command::new(path)
}

/// Starts an example, and waits until it listens. Returns the URL that it prints, and the lines after.
pub(crate) async fn start(command: &mut Command) -> (Child, Lines, String) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = guard(lines.next_line()).await.unwrap();
        let line = line.expect("the example prints where it listens");
        if let Some(url) = line.strip_prefix("listening on ") {
            return (child, lines, url.to_owned());
        }
    }
}
