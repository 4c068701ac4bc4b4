//! The example `dashboard`: fast clients and slow ones, over HTTP/2 and TLS.

use std::collections::BTreeMap;

use http::{Response, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::{Server, collect, decode, guard::guard, tls};

const KEYS: usize = 500;

/// A client, and the rounds of the values that it has read, by key.
struct Watcher {
    response: Response<Incoming>,
    decoder: decode::Client,
    rounds: BTreeMap<usize, Vec<u64>>,
}

impl Watcher {
    async fn open(server: &Server) -> Self {
        let mut client = tls::Client::connect(Version::HTTP_2, &server.address).await;
        let response = client.get(&format!("{}/sse", server.address)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.version(), Version::HTTP_2);
        Self {
            response,
            decoder: decode::Client::default(),
            rounds: BTreeMap::new(),
        }
    }

    /// Reads on until each key has a value of this round or a later one.
    async fn read_to(&mut self, round: u64) {
        while self.oldest() < Some(round) {
            let frame = guard(self.response.frame()).await;
            let frame = frame.expect("the stream is open").unwrap();
            for [_, data, _] in self.decoder.read(&frame.into_data().unwrap()) {
                let (key, round, _): (usize, u64, f64) = serde_json::from_str(&data).unwrap();
                self.rounds.entry(key).or_default().push(round);
            }
        }
    }

    /// Returns the oldest round that is the newest of a key, once all keys have one.
    fn oldest(&self) -> Option<u64> {
        let newest = self.rounds.values().filter_map(|rounds| rounds.last());
        newest.min().copied().filter(|_| self.rounds.len() == KEYS)
    }

    fn assert_in_order(&self) {
        for (key, rounds) in &self.rounds {
            let is_in_order = rounds.is_sorted_by(|one, next| one < next);
            assert!(is_in_order, "{key}: {rounds:?}");
        }
    }
}

#[tokio::test]
async fn a_client_gets_all_values_and_then_newer_ones() {
    let server = Server::start("dashboard").await;
    Watcher::open(&server).await.read_to(5).await;

    let mut late = Watcher::open(&server).await;
    late.read_to(0).await;
    let keys: Vec<_> = late.rounds.keys().copied().collect();
    assert_eq!(keys, Vec::from_iter(0..KEYS));
    // Another round may have been under way when the first client read the last of round 5.
    let first = late.rounds.values().map(|rounds| rounds[0]);
    assert!(first.min() >= Some(5));
    late.read_to(late.oldest().unwrap() + 10).await;
    late.assert_in_order();
}

#[tokio::test]
async fn a_slow_client_gets_the_newest_of_each_value_and_stays() {
    const ROUNDS: u64 = 200;
    let server = Server::start("dashboard").await;
    let mut slow = Watcher::open(&server).await;
    slow.read_to(0).await;
    let begin = slow.oldest().unwrap();
    let mut fast = Watcher::open(&server).await;
    fast.read_to(begin + ROUNDS).await;

    slow.read_to(begin + ROUNDS).await;
    slow.assert_in_order();
    for (key, rounds) in &slow.rounds {
        let is_superseded = rounds.len() as u64 > ROUNDS / 2;
        assert!(!is_superseded, "{key} has superseded values: {rounds:?}");
    }
    slow.read_to(slow.oldest().unwrap() + 1).await;
}

#[tokio::test]
async fn dashboard_has_a_page() {
    let server = Server::start("dashboard").await;
    let mut client = tls::Client::connect(Version::HTTP_2, &server.address).await;
    let page = client.get(&format!("{}/", server.address)).await;
    assert!(collect(page).await.starts_with(b"<!doctype html>"));
}
