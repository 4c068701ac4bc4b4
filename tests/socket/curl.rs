//! Runs curl, and takes apart what it writes.

use std::{net::SocketAddr, process::Stdio};

use tokio::{io::AsyncReadExt, process::Command};

use crate::{
    curl_command::{curl_command, missing},
    guard,
};

pub(crate) const HTTP_10: &str = "--http1.0";
pub(crate) const HTTP_11: &str = "--http1.1";
pub(crate) const HTTP_2: &str = "--http2-prior-knowledge";

/// What curl wrote, and the code it exited with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) exit: Option<i32>,
}

/// Runs curl until it exits by itself.
pub(crate) async fn curl(arguments: &[&str], address: SocketAddr) -> Answer {
    let output = guard(command(arguments, address).output()).await;
    let output = output.unwrap_or_else(missing);
    let text = String::from_utf8(output.stdout).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answer {
        head: head.to_owned(),
        body: body.to_owned(),
        exit: output.status.code(),
    }
}

/// Runs curl until it has written so many bytes of the body, then kills it. Returns them.
pub(crate) async fn curl_some(length: usize, arguments: &[&str], address: SocketAddr) -> String {
    let mut child = command(arguments, address).spawn().unwrap_or_else(missing);
    let mut stdout = child.stdout.take().unwrap();
    let mut text = String::new();
    loop {
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
        if let Some(start) = body.and_then(|body| body.get(..length)) {
            return start.to_owned();
        }
        let mut bytes = [0; 1024];
        let count = guard(stdout.read(&mut bytes)).await.unwrap();
        assert_ne!(count, 0, "curl has ended after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
}

fn command(arguments: &[&str], address: SocketAddr) -> Command {
    let mut command = curl_command();
    command
        .arg("--include")
        .args(arguments)
        .arg(format!("http://{address}/"))
        .stderr(Stdio::null());
    command
}
