//! The example `nodes` of tower-sse-redis behind HAProxy: two nodes over one Redis, which can be killed.

mod balancer;
mod example;

use axum::Router;

use self::{balancer::Balancer, example::Example};

/// Two nodes behind a balancer, which ends when it is dropped.
pub(crate) struct Nodes {
    balancer: Balancer,
    example: Example,
    client: reqwest::Client,
    /// The texts of the messages that were published, as clients get them.
    pub(crate) messages: Vec<String>,
}

impl Nodes {
    /// Starts nodes, and a balancer that also serves these routes.
    pub(crate) async fn start(app: Router) -> Self {
        let example = Example::start().await;
        let balancer = Balancer::start(&example.addresses(), app).await;
        Self {
            balancer,
            example,
            client: reqwest::Client::new(),
            messages: Vec::new(),
        }
    }

    /// Returns a URL at the balancer.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.balancer.address)
    }

    /// Returns a URL at a node.
    pub(crate) fn url_of_node(&self, node: usize, path: &str) -> String {
        format!("http://{}{path}", self.example.node(node).1)
    }

    /// Publishes so many messages at a node.
    pub(crate) async fn publish(&mut self, node: usize, count: usize) {
        for _ in 0..count {
            let text = format!("message {}", self.messages.len());
            let request = self.client.post(self.url_of_node(node, "/api/message"));
            let body = serde_json::json!({ "message": text }).to_string();
            let request = request.header("content-type", "application/json");
            let response = request.body(body).send().await.unwrap();
            assert_eq!(response.status(), 204);
            let (name, _) = self.example.node(node);
            self.messages.push(format!("{name}: {text}"));
        }
    }

    /// Kills the nodes in turn. `has_all` waits until the client has these messages.
    pub(crate) async fn take_turns(
        &mut self,
        turns: usize,
        mut has_all: impl AsyncFnMut(&[String]),
    ) {
        for turn in 0..turns {
            self.kill(turn % 2, &mut has_all).await;
        }
    }

    /// Kills a node, publishes at the other one meanwhile, and waits until the node is back.
    pub(crate) async fn kill(&mut self, node: usize, mut has_all: impl AsyncFnMut(&[String])) {
        self.publish(node, 3).await;
        self.example.kill(node);
        self.publish(1 - node, 3).await;
        has_all(&self.messages).await;
        self.example.until_back(node).await;
        self.publish(node, 3).await;
        has_all(&self.messages).await;
    }
}
