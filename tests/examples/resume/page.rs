use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use crate::{decode::Client, guard::guard};

/// What a page remembers from one connection to the next.
#[derive(Default)]
pub(super) struct Page {
    pub(super) orders: Vec<Value>,
    pub(super) last_event_id: String,
}

impl Page {
    /// Reads a stream until the page has so many orders.
    pub(super) async fn read_until(&mut self, stream: &mut Response<Incoming>, orders: usize) {
        self.read(stream, orders).await;
        assert_eq!(self.orders.len(), orders);
    }

    /// Reads a stream until it breaks.
    pub(super) async fn read_all(&mut self, stream: &mut Response<Incoming>) {
        self.read(stream, usize::MAX).await;
    }

    async fn read(&mut self, stream: &mut Response<Incoming>, orders: usize) {
        let mut client = Client::default();
        while self.orders.len() < orders {
            let Some(Ok(frame)) = guard(stream.frame()).await else {
                return;
            };
            for [name, data, id] in client.read(&frame.into_data().unwrap()) {
                self.last_event_id = id;
                match name.as_str() {
                    "message" => self.orders.push(serde_json::from_str(&data).unwrap()),
                    name => assert_eq!(name, "checkpoint"),
                }
            }
        }
    }
}
