//! The scripts that run in Redis, each as one step.

use std::sync::LazyLock;

use redis::{Cmd, ErrorKind, RedisError, Script, ServerErrorKind, Value};

use crate::link::{CallError, Link};

/// The layout of the keys. A node refuses a hub of another layout.
pub(crate) const LAYOUT: u32 = 1;

pub(crate) static APPEND: LazyLock<Source> = LazyLock::new(|| {
    Source::new(concat!(
        include_str!("common.lua"),
        include_str!("append.lua")
    ))
});

pub(crate) static READ: LazyLock<Source> = LazyLock::new(|| {
    Source::new(concat!(
        include_str!("common.lua"),
        include_str!("read.lua")
    ))
});

pub(crate) static NEWEST: LazyLock<Source> =
    LazyLock::new(|| Source::new(include_str!("newest.lua")));

/// The text of a script, by whose hash Redis knows it.
#[derive(Debug)]
pub(crate) struct Source {
    text: &'static str,
    hash: String,
}

impl Source {
    fn new(text: &'static str) -> Self {
        let hash = Script::new(text).get_hash().into();
        Self { text, hash }
    }

    /// Runs the script. Redis forgets scripts when it restarts, and then gets the text.
    pub(crate) async fn run(&self, link: &Link, input: &Input) -> Result<Value, CallError> {
        let answer = link.call(&input.command("EVALSHA", &self.hash)).await;
        match answer {
            Err(CallError::Sent(error)) if is_unknown(&error) => {
                link.call(&input.command("EVAL", self.text)).await
            }
            answer => answer,
        }
    }
}

fn is_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// The keys and arguments of a script.
#[derive(Debug, Default)]
pub(crate) struct Input {
    keys: Vec<String>,
    arguments: Vec<Argument>,
}

#[derive(Debug)]
enum Argument {
    Text(String),
    Bytes(bytes::Bytes),
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

    pub(crate) fn bytes(&mut self, bytes: &bytes::Bytes) {
        self.arguments.push(Argument::Bytes(bytes.clone()));
    }

    pub(crate) fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            match argument {
                Argument::Text(text) => command.arg(text),
                Argument::Bytes(bytes) => command.arg(&bytes[..]),
            };
        }
        command
    }
}
