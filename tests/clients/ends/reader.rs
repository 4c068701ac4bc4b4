//! A client that reads each URL it is given, all at once, and says what it makes of them.

use std::{future::Future, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
    sync::{mpsc, watch},
    time::timeout,
};

use super::{server::Http, tls};
use crate::client::{node_command, python_command, spawn};

/// Far above what any step takes.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) struct Reader {
    pub(crate) http: Http,
    urls: mpsc::UnboundedSender<String>,
    said: watch::Receiver<Vec<Value>>,
}

impl Reader {
    /// Runs a script by Node, after what such scripts share.
    pub(crate) fn node(http: Http, script: &str, arguments: &[&str]) -> Self {
        let script = [include_str!("reading.mjs"), script].concat();
        let mut command = node_command(&script, arguments);
        command
            .env("NODE_EXTRA_CA_CERTS", tls::certificate())
            // Its EventSource is an experiment.
            .env("NODE_NO_WARNINGS", "1");
        Self::run(http, command)
    }

    /// Runs a script by Python, after what such scripts share.
    pub(crate) fn python(http: Http, script: &str) -> Self {
        let script = [include_str!("reading.py"), script].concat();
        let mut command = python_command(&script, &[]);
        command.env("SSL_CERT_FILE", tls::certificate());
        Self::run(http, command)
    }

    fn run(http: Http, mut command: Command) -> Self {
        if http == Http::Two {
            command.env("HTTP2", "1");
        }
        let mut child = spawn(&mut command);
        let mut stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (urls, mut read) = mpsc::unbounded_channel::<String>();
        let (say, said) = watch::channel(Vec::new());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    url = read.recv() => {
                        // The reader is gone, and so is its process with the task.
                        let Some(url) = url else { break drop(child) };
                        stdin.write_all(format!("{url}\n").as_bytes()).await.unwrap();
                    }
                    line = lines.next_line() => {
                        let line = line.unwrap().expect("the client is gone");
                        let line = serde_json::from_str(&line).unwrap();
                        say.send_modify(|said: &mut Vec<Value>| said.push(line));
                    }
                }
            }
        });
        Self { http, urls, said }
    }

    /// Runs a client within this process, one for each URL.
    pub(crate) fn task<F>(http: Http, follow: impl Fn(String, Say) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (urls, mut read) = mpsc::unbounded_channel();
        let (say, said) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Some(url) = read.recv().await {
                let say = Say {
                    url: String::clone(&url),
                    say: say.clone(),
                };
                tokio::spawn(follow(url, say));
            }
        });
        Self { http, urls, said }
    }

    pub(crate) fn read(&self, url: &str) {
        self.urls.send(url.to_owned()).unwrap();
    }

    /// Waits until it has said something of a URL, and returns what it has said of it.
    pub(crate) async fn until(&self, url: &str, is_said: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut said = self.said.clone();
        let waited = said.wait_for(|said| is_said(&about(said, url)));
        match timeout(LONGEST, waited).await {
            Ok(said) => about(&said.expect("the client is gone"), url),
            Err(_) => panic!("it has said no more than {:?}", self.said(url)),
        }
    }

    pub(crate) fn said(&self, url: &str) -> Vec<Value> {
        about(&self.said.borrow(), url)
    }
}

fn about(said: &[Value], url: &str) -> Vec<Value> {
    let said = said.iter().filter(|line| line["url"] == url);
    said.cloned().collect()
}

/// Says what a client within this process reads.
pub(crate) struct Say {
    url: String,
    say: watch::Sender<Vec<Value>>,
}

impl Say {
    pub(crate) fn event(&self, name: &str, data: &str) {
        let line = match name {
            "message" => json!({ "text": data }),
            "last" => json!({ "last": data }),
            _ => return,
        };
        self.say(line);
    }

    pub(crate) fn say(&self, mut line: Value) {
        line["url"] = json!(self.url);
        self.say.send_modify(|said| said.push(line));
    }
}

/// Joins what a client has read.
pub(crate) fn text(said: &[Value]) -> String {
    said.iter()
        .filter_map(|line| line["text"].as_str())
        .collect()
}
