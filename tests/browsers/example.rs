use std::path::PathBuf;

use tokio::process::Child;

use crate::{
    guard,
    launch::{self, Lines},
};

/// An example that runs. It is killed when it is dropped.
pub(crate) struct Example {
    name: &'static str,
    variables: Vec<(&'static str, PathBuf)>,
    child: Child,
    lines: Lines,
    address: String,
}

impl Example {
    pub(crate) async fn start(name: &'static str) -> Self {
        Self::start_with(name, Vec::new()).await
    }

    /// Starts one with these variables in its environment.
    pub(crate) async fn start_with(
        name: &'static str,
        variables: Vec<(&'static str, PathBuf)>,
    ) -> Self {
        Self::start_at("0", name, variables).await
    }

    async fn start_at(
        port: &str,
        name: &'static str,
        variables: Vec<(&'static str, PathBuf)>,
    ) -> Self {
        let mut command = launch::command(name);
        command.env("PORT", port).envs(variables.iter().cloned());
        let (child, lines, address) = launch::start(&mut command).await;
        Self {
            name,
            variables,
            child,
            lines,
            address,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Waits for a line with this text.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        loop {
            let line = guard(self.lines.next_line()).await.unwrap();
            let line = line.unwrap_or_else(|| panic!("{} does not print `{text}`", self.name));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Kills it, by SIGKILL.
    pub(crate) async fn kill(mut self) -> Killed {
        guard(self.child.kill()).await.unwrap();
        Killed(self)
    }
}

/// An example that has been killed.
pub(crate) struct Killed(Example);

impl Killed {
    /// Starts it again, on the same port.
    pub(crate) async fn restart(self) -> Example {
        let Self(example) = self;
        let (_, port) = example.address.rsplit_once(':').unwrap();
        Example::start_at(port, example.name, example.variables).await
    }
}
