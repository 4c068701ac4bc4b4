//! Rust's clients: reqwest with sse-stream.

use std::time::Duration;

use futures::TryStreamExt;
use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, HeaderName},
};
use serde_json::{Value, json};
use sse_stream::SseByteStream;

use crate::{
    client::{Client, Say},
    feed::Feed,
    story,
};

#[tokio::test]
async fn sse_stream_reads_all() {
    let feed = Feed::start().await;
    let url = feed.url.clone();
    let mut client = Client::run(|say| Reader::new(say).read(url));
    story::publish(&mut client, &feed, &["comment"]).await;
}

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

struct Reader {
    say: Say,
    headers: HeaderMap,
    wait: Duration,
}

impl Reader {
    fn new(say: Say) -> Self {
        Self {
            say,
            headers: HeaderMap::new(),
            wait: Duration::ZERO,
        }
    }

    async fn read(mut self, url: String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        loop {
            let request = client.get(&url).headers(self.headers.clone());
            let response = request.send().await.unwrap();
            self.say(json!({ "open": response.status().as_u16() }));
            if response.status() != StatusCode::OK {
                break;
            }
            let end = self.read_one(response).await;
            self.say(json!({ "end": end.map_or("cut", |()| "clean") }));
            tokio::time::sleep(self.wait).await;
        }
        self.say(json!({ "exit": 0 }));
    }

    async fn read_one(&mut self, response: Response) -> Result<(), sse_stream::Error> {
        let mut events = SseByteStream::new(response.bytes_stream());
        while let Some(event) = events.try_next().await? {
            if let Some(retry) = event.retry {
                self.say(json!({ "retry": retry }));
                self.wait = Duration::from_millis(retry);
            }
            let name = event.event.as_deref().unwrap_or("message");
            self.say(json!({ "event": name, "data": event.data, "id": event.id }));
            if let Some(id) = event.id {
                self.headers.insert(LAST_EVENT_ID, id.parse().unwrap());
            }
        }
        Ok(())
    }

    fn say(&self, line: Value) {
        self.say.send(line).unwrap();
    }
}
