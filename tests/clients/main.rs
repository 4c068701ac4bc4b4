//! Streams, read by clients that share no code with the server: each as its users have it, over a
//! real socket.
//!
//! Those of JavaScript and Python want packages. `tests/clients/install <directory>` puts them
//! there, and the tests find them by the environment variable `CLIENTS`.

mod balanced;
mod bytes;
mod client;
mod ends;
mod example;
mod feed;
mod session;
mod story;
mod wire;

mod curl;
mod llm;
mod mcp;
mod node;
mod openai;
mod python;
mod rmcp;
mod rust;

#[path = "../support/curl_command.rs"]
mod curl_command;
#[path = "../support/guard.rs"]
mod guard;
#[path = "../support/launch.rs"]
mod launch;
#[path = "../support/nodes/mod.rs"]
mod nodes;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/scratch.rs"]
mod scratch;

use self::guard::guard;
