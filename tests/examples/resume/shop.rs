use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

use super::page::Page;
use crate::{Server, collect, command, guard::guard};

/// The directory of a database, which is removed when this is dropped.
pub(super) struct Files(PathBuf);

impl Files {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        let path = env::temp_dir().join("tower-sse-orders-".to_owned() + &name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) async fn open(&self) -> Shop {
        let database = self.0.join("orders");
        let server = Server::launch(command("resume").env("ORDERS", database)).await;
        let api = Api {
            address: server.address.clone(),
            client: Client::builder(TokioExecutor::new()).build_http(),
        };
        Shop { server, api }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The example, as a process.
pub(super) struct Shop {
    server: Server,
    pub(super) api: Api,
}

impl Shop {
    /// Kills the process, by SIGKILL.
    pub(super) async fn kill(mut self) {
        guard(self.server.child.kill()).await.unwrap();
    }
}

/// What the example answers.
#[derive(Clone)]
pub(super) struct Api {
    address: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Api {
    /// Orders. Returns the status, or an error if the process is killed meanwhile.
    pub(super) async fn order(&self, items: &[&str]) -> Result<u16, Error> {
        let request = Request::post(format!("{}/orders", self.address));
        let request = request.header("content-type", "application/json");
        let body = json!({ "items": items }).to_string();
        let response = self.client.request(request.body(body.into()).unwrap());
        Ok(guard(response).await?.status().as_u16())
    }

    pub(super) async fn orders(&self) -> Vec<Value> {
        let orders = format!("{}/orders", self.address);
        let response = guard(self.client.get(orders.parse().unwrap())).await;
        serde_json::from_slice(&collect(response.unwrap()).await).unwrap()
    }

    /// Opens the stream of a page, after its last event.
    pub(super) async fn stream(&self, page: &Page) -> Response<Incoming> {
        let request = Request::get(format!("{}/sse", self.address))
            .header("accept", "text/event-stream")
            .header("last-event-id", &page.last_event_id);
        let response = self.client.request(request.body(Full::default()).unwrap());
        let response = guard(response).await.unwrap();
        assert_eq!(response.status(), 200);
        response
    }
}
