//! curl, a client that shares no code with the server.

use std::process::Stdio;

use tokio::process::Command;

/// A command that runs curl, independent of the user's configuration and proxies. It is killed when it
/// is dropped.
pub(crate) fn curl_command() -> Command {
    let mut command = Command::new("curl");
    command
        .args(["--disable", "--noproxy", "*", "--silent", "--no-buffer"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub(crate) fn missing<T>(error: std::io::Error) -> T {
    panic!("these tests need curl, which does not run: {error}")
}
