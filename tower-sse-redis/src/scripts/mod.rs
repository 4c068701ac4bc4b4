//! The scripts that run in Redis, each as one step.

mod input;

use std::sync::LazyLock;

use redis::{ErrorKind, RedisError, Script, ServerErrorKind, Value};

pub(crate) use self::input::Input;
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

/// The text of a script and its hash, by which `EVALSHA` finds it.
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
        let answer = link
            .call_server(|server| input.command("EVALSHA", &self.hash, server))
            .await;
        match answer {
            Err(CallError::Sent(error)) if is_unknown(&error) => {
                link.call_server(|server| input.command("EVAL", self.text, server))
                    .await
            }
            answer => answer,
        }
    }
}

fn is_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
