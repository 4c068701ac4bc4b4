//! Rust's clients, each of which comes back by itself.

use std::time::Duration;

use eventsource_client::{Client, ClientBuilder, ReconnectOptions, SSE};
use futures::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use reqwest_0_12 as reqwest;
use reqwest_eventsource::{Event, EventSource};
use serde_json::json;

use crate::ends::{
    reader::{Reader, Say},
    server::Http,
};

pub(super) fn reqwest_eventsource() -> Reader {
    Reader::task(Http::One, |url, say| async move {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut source = EventSource::new(client.get(url)).unwrap();
        while let Some(event) = source.next().await {
            match event {
                Ok(Event::Message(event)) => heard(&say, &event.event, &event.data),
                Ok(Event::Open) | Err(reqwest_eventsource::Error::StreamEnded) => (),
                Err(error) => say.say(json!({ "error": error.to_string() })),
            }
        }
        say.say(json!({ "closed": true }));
    })
}

pub(super) fn eventsource_client() -> Reader {
    Reader::task(Http::One, |url, say| async move {
        let options = ReconnectOptions::reconnect(true).delay(Duration::from_millis(100));
        let client = ClientBuilder::for_url(&url).unwrap();
        let transport = HyperTransport::builder().disable_proxy();
        let client = client.reconnect(options.build());
        let client = client.build_with_transport(transport.build_http().unwrap());
        let mut events = client.stream();
        while let Some(event) = events.next().await {
            match event {
                Ok(SSE::Event(event)) => heard(&say, &event.event_type, &event.data),
                Ok(SSE::Comment(_)) => say.say(json!({ "extra": ":" })),
                Ok(SSE::Connected(_)) | Err(eventsource_client::Error::Eof) => (),
                Err(error) => say.say(json!({ "error": error.to_string() })),
            }
        }
        say.say(json!({ "closed": true }));
    })
}

fn heard(say: &Say, name: &str, data: &str) {
    say.say(match data {
        "" => json!({ "extra": name }),
        data => json!({ "text": data }),
    });
}
