use std::time::Duration;

use eventsource_client::{Client, ClientBuilder, ReconnectOptions, SSE};
use futures::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use reqwest_0_12 as reqwest;
use reqwest_eventsource::{Event, EventSource};

use super::{
    agreed,
    reader::{Reader, Say},
    reconnects::{Manner, STANDARD, follow},
    server::Http,
};

#[tokio::test]
async fn reqwest_eventsource_reconnects_after_the_retry_time() {
    let readers = [Http::One, Http::TwoInTheClear].map(|http| {
        let client = reqwest::Client::builder().no_proxy();
        let client = match http {
            Http::One => client,
            _ => client.http2_prior_knowledge(),
        };
        let client = client.build().unwrap();
        Reader::task(http, move |url, say| {
            read_reqwest_eventsource(client.get(url), say)
        })
    });
    let manner = Manner {
        by_default: Duration::from_millis(300),
        ..STANDARD
    };
    follow(readers, manner).await;
}

async fn read_reqwest_eventsource(request: reqwest::RequestBuilder, say: Say) {
    let mut source = EventSource::new(request).unwrap();
    while let Some(event) = source.next().await {
        if let Ok(Event::Message(event)) = event {
            say.event(&event.event, &event.data);
        }
    }
}

#[tokio::test]
async fn eventsource_client_reconnects_after_the_retry_time() {
    let readers = [Http::One, Http::TwoInTheClear].map(|http| {
        Reader::task(http, move |url, say| {
            read_eventsource_client(http, url, say)
        })
    });
    // It draws the time.
    let manner = Manner {
        by_default: BY_DEFAULT,
        at_least: 0.5,
    };
    follow(readers, manner).await;
}

/// How long eventsource-client waits without a `retry`. Its own default is a second, as long as some
/// of the times that it gets.
const BY_DEFAULT: Duration = Duration::from_secs(6);

async fn read_eventsource_client(http: Http, url: String, say: Say) {
    let options = ReconnectOptions::reconnect(true).delay(BY_DEFAULT);
    let client = ClientBuilder::for_url(&url).unwrap();
    let client = client.reconnect(options.build());
    let transport = HyperTransport::builder().disable_proxy();
    let mut events = match http {
        Http::One => client
            .build_with_transport(transport.build_http().unwrap())
            .stream(),
        _ => {
            let transport = transport.build_with_connector(tower::service_fn(agreed::connect));
            client.build_with_transport(transport.unwrap()).stream()
        }
    };
    while let Some(event) = events.next().await {
        if let Ok(SSE::Event(event)) = event {
            say.event(&event.event_type, &event.data);
        }
    }
}
