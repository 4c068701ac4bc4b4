use std::{
    future::IntoFuture,
    time::{Duration, Instant},
};

use axum::serve::ListenerExt;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    net::TcpListener,
    runtime,
    time::sleep_until,
};
use tower::Layer;
use tower_sse::{MakeServiceWithSocket, Socket, SocketListener};

use super::{
    bare,
    feed::{Feed, HyperService, Server, Way},
    message,
};

/// Serves on so many threads. Prints its address, and ends when there is no more to read.
pub(crate) fn serve(way: Way, threads: usize) {
    let mut runtime = match threads {
        1 => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.worker_threads(threads).enable_all().build();
    // A task, so that it publishes where handlers do.
    let follow = async move { tokio::spawn(follow(way.feed())).await.unwrap() };
    runtime.unwrap().block_on(follow);
}

/// Reads lines of a rate per second and a number of events, and publishes them.
async fn follow(Feed { server, publish }: Feed) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    match server {
        Server::Axum(router) => {
            let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).unwrap());
            tokio::spawn(axum::serve(listener, router).into_future());
        }
        Server::AxumWithSocket(router) => {
            let router = MakeServiceWithSocket(router.into_make_service());
            tokio::spawn(axum::serve(SocketListener::new(listener), router).into_future());
        }
        Server::Hyper(service) => drop(tokio::spawn(serve_hyper(listener, service))),
        Server::Bare(chunks) => drop(tokio::spawn(bare::serve(listener, chunks))),
    }

    let mut lines = BufReader::new(stdin()).lines();
    let mut number = 0;
    while let Some(line) = lines.next_line().await.unwrap() {
        let (rate, count) = line.split_once(' ').unwrap();
        let (rate, count): (u32, u32) = (rate.parse().unwrap(), count.parse().unwrap());
        let start = Instant::now();
        // Those for which it comes too late go one upon the other.
        for event in 0..count {
            let due = start + Duration::from_secs(event.into()) / rate;
            sleep_until(due.into()).await;
            publish(number, message::write(number));
            number += 1;
        }
    }
}

async fn serve_hyper(listener: TcpListener, service: HyperService) {
    loop {
        let socket = Socket::new(listener.accept().await.unwrap().0);
        let service = socket.handle().layer(service.clone());
        let service = TowerToHyperService::new(service);
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
    }
}
