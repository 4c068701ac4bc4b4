//! What tonic's own clients see.

use std::sync::Arc;

use tokio::sync::Notify;
use tonic::{Code, Response, Status, Streaming, metadata::MetadataMap};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::{
    client::{Health, PROTOCOLS, connect},
    guard,
    server::{HOSTS, LAYERS, start},
};

/// All that a client can know of a call.
#[derive(Debug, PartialEq)]
struct Seen {
    head: Option<String>,
    statuses: Vec<i32>,
    code: Code,
    message: String,
    details: Vec<u8>,
    trailer: Option<String>,
}

impl Seen {
    fn of(head: &MetadataMap, statuses: Vec<i32>, status: &Status) -> Self {
        Self {
            head: value(head, "x-head"),
            statuses,
            code: status.code(),
            message: status.message().to_owned(),
            details: status.details().to_vec(),
            trailer: value(status.metadata(), "x-trailer"),
        }
    }

    fn success(statuses: &[i32]) -> Self {
        Self {
            head: Some("before".to_owned()),
            statuses: statuses.to_vec(),
            code: Code::Ok,
            message: String::new(),
            details: Vec::new(),
            trailer: None,
        }
    }

    fn failure(head: Option<&str>, statuses: &[i32], code: Code, message: &str) -> Self {
        Self {
            head: head.map(str::to_owned),
            statuses: statuses.to_vec(),
            code,
            message: message.to_owned(),
            details: b"\0\xff".to_vec(),
            trailer: Some("after".to_owned()),
        }
    }
}

fn value(metadata: &MetadataMap, name: &str) -> Option<String> {
    let value = metadata.get(name)?;
    Some(value.to_str().unwrap().to_owned())
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

async fn check(client: &mut Health, service: &str) -> Seen {
    match client.check(of(service)).await {
        Ok(response) => {
            let statuses = vec![response.get_ref().status];
            Seen::of(response.metadata(), statuses, &Status::ok(""))
        }
        Err(status) => Seen::of(&MetadataMap::new(), Vec::new(), &status),
    }
}

async fn watch(client: &mut Health, service: &str) -> Seen {
    match client.watch(of(service)).await {
        Ok(response) => drain(response).await,
        Err(status) => Seen::of(&MetadataMap::new(), Vec::new(), &status),
    }
}

async fn drain(response: Response<Streaming<HealthCheckResponse>>) -> Seen {
    let (head, mut stream, _) = response.into_parts();
    let mut statuses = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(message)) => statuses.push(message.status),
            Ok(None) => return Seen::of(&head, statuses, &Status::ok("")),
            Err(status) => return Seen::of(&head, statuses, &status),
        }
    }
}

/// Runs a test with each protocol against each server.
async fn everywhere(test: impl AsyncFn(Health, Arc<Notify>, &str)) {
    for host in HOSTS {
        for layer in LAYERS {
            for protocol in PROTOCOLS {
                let (address, live) = start(host, layer).await;
                let client = connect(address, protocol);
                let place = format!("{protocol:?}, {host:?}, layer {layer:?}");
                guard(test(client, live, &place)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_unary_call_has_its_answer() {
    everywhere(async |mut client, _live, place| {
        assert_eq!(check(&mut client, "").await, Seen::success(&[1]), "{place}");
    })
    .await;
}

#[tokio::test]
async fn a_unary_call_has_its_error() {
    let expected = Seen::failure(None, &[], Code::NotFound, "kein Dienst für 100%");
    everywhere(async |mut client, _live, place| {
        assert_eq!(check(&mut client, "unknown").await, expected, "{place}");
    })
    .await;
}

#[tokio::test]
async fn a_server_stream_has_all_its_messages() {
    everywhere(async |mut client, _live, place| {
        let seen = watch(&mut client, "").await;
        assert_eq!(seen, Seen::success(&[1, 2]), "{place}");
    })
    .await;
}

#[tokio::test]
async fn a_server_stream_has_its_error_at_once_or_after_a_message() {
    let at_once = Seen::failure(None, &[], Code::NotFound, "nothing to watch");
    let later = Seen::failure(Some("before"), &[1], Code::DataLoss, "lost");
    everywhere(async |mut client, _live, place| {
        assert_eq!(watch(&mut client, "unknown").await, at_once, "{place}");
        assert_eq!(watch(&mut client, "failing").await, later, "{place}");
    })
    .await;
}

#[tokio::test]
async fn a_message_does_not_wait_for_the_next() {
    everywhere(async |mut client, live, place| {
        let mut stream = client.watch(of("live")).await.unwrap().into_inner();
        let first = stream.message().await.unwrap().unwrap();
        assert_eq!(first.status, 1, "{place}");
        live.notify_one();
        let second = stream.message().await.unwrap().unwrap();
        assert_eq!(second.status, 2, "{place}");
        assert_eq!(stream.message().await.unwrap(), None, "{place}");
    })
    .await;
}
