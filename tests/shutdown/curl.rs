//! Reads a stream by curl.

use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStdout},
};

use crate::{
    curl_command::{curl_command, missing},
    guard,
};

/// A curl that has begun, and what it has written so far.
pub(crate) struct Curl {
    child: Child,
    stdout: ChildStdout,
    pub(crate) text: String,
}

impl Curl {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = curl_command();
        command
            .args(["--header", "accept: text/event-stream"])
            .args(arguments);
        let mut child = command.spawn().unwrap_or_else(missing);
        let stdout = child.stdout.take().unwrap();
        let text = String::new();
        Self {
            child,
            stdout,
            text,
        }
    }

    /// Waits for the first line.
    pub(crate) async fn begin(&mut self) {
        while !self.text.contains('\n') {
            let mut bytes = [0; 1024];
            let count = guard(self.stdout.read(&mut bytes)).await.unwrap();
            assert_ne!(count, 0, "curl has ended after {:?}", self.text);
            self.text += std::str::from_utf8(&bytes[..count]).unwrap();
        }
    }

    /// Waits until it exits by itself, with code 0, and returns all that it has written.
    pub(crate) async fn end(mut self) -> String {
        let read = self.stdout.read_to_string(&mut self.text);
        guard(read).await.unwrap();
        let status = guard(self.child.wait()).await.unwrap();
        assert_eq!(status.code(), Some(0), "{:?}", self.text);
        self.text
    }
}
