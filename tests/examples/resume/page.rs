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
    /// Reads a stream until the page has an order of this item.
    pub(super) async fn read_to(&mut self, stream: &mut Response<Incoming>, item: &str) {
        let is_last = |order: &Value| order["items"][0] == item;
        guard(self.read(stream, is_last)).await;
        assert!(self.orders.last().is_some_and(is_last));
    }

    /// Reads a stream until it breaks.
    pub(super) async fn read_all(&mut self, stream: &mut Response<Incoming>) {
        self.read(stream, |_| false).await;
    }

    async fn read(&mut self, stream: &mut Response<Incoming>, is_last: impl Fn(&Value) -> bool) {
        let mut client = Client::default();
        while let Some(Ok(frame)) = stream.frame().await {
            for [name, data, id] in client.read(&frame.into_data().unwrap()) {
                self.last_event_id = id;
                match name.as_str() {
                    "message" => self.orders.push(serde_json::from_str(&data).unwrap()),
                    name => assert_eq!(name, "checkpoint"),
                }
            }
            if self.orders.last().is_some_and(&is_last) {
                return;
            }
        }
    }
}
