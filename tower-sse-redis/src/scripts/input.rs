//! The input of a script.

use bytes::Bytes;
use redis::Cmd;

/// The keys and arguments of a script.
#[derive(Debug, Default)]
pub(crate) struct Input {
    keys: Vec<String>,
    arguments: Vec<Argument>,
}

#[derive(Debug)]
enum Argument {
    Text(String),
    Bytes(Bytes),
    /// The id of the server, which is that of the connection.
    Server,
}

impl Input {
    pub(crate) fn new(keys: Vec<String>) -> Self {
        Self {
            keys,
            arguments: Vec::new(),
        }
    }

    pub(crate) fn key(&mut self, key: String) {
        self.keys.push(key);
    }

    pub(crate) fn text(&mut self, text: impl ToString) {
        self.arguments.push(Argument::Text(text.to_string()));
    }

    pub(crate) fn bytes(&mut self, bytes: &Bytes) {
        self.arguments.push(Argument::Bytes(bytes.clone()));
    }

    pub(crate) fn server(&mut self) {
        self.arguments.push(Argument::Server);
    }

    pub(super) fn command(&self, name: &str, script: &str, server: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            match argument {
                Argument::Text(text) => command.arg(text),
                Argument::Bytes(bytes) => command.arg(&bytes[..]),
                Argument::Server => command.arg(server),
            };
        }
        command
    }
}
