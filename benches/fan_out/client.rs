use std::{cell::RefCell, io::ErrorKind, rc::Rc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::{JoinSet, LocalSet},
};

use super::{reader::Reader, report::Report};

const REQUEST: &[u8] = b"GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";

/// More than the kernel has for one connection at a time, as a rule.
const BUFFER: usize = 256 * 1024;

/// What the connections share.
struct Shared {
    buffer: Vec<u8>,
    report: Report,
}

/// Connects so many clients, prints a line once all have the head of their response, and a report
/// when all of them have the last event.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn read(address: &str, clients: u64, total: u64) {
    let shared = Rc::new(RefCell::new(Shared {
        buffer: vec![0; BUFFER],
        report: Report::default(),
    }));
    let mut connections = Vec::new();
    for _ in 0..clients {
        connections.push(connect(address).await);
    }
    println!("connected");
    let read_all = async {
        let mut reading = JoinSet::new();
        for (stream, rest) in connections {
            reading.spawn_local(follow(stream, rest, total, Rc::clone(&shared)));
        }
        reading.join_all().await;
    };
    LocalSet::new().run_until(read_all).await;
    println!("{}", shared.borrow().report);
}

/// Returns a connection that has had the head of its response, and what came after it.
async fn connect(address: &str) -> (TcpStream, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let mut read = Vec::new();
    loop {
        assert!(stream.read_buf(&mut read).await.unwrap() > 0, "no response");
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            assert!(read.starts_with(b"HTTP/1.1 200"), "refused");
            return (stream, read.split_off(end + 4));
        }
    }
}

/// Reads the body of a response until the last event.
async fn follow(stream: TcpStream, mut rest: Vec<u8>, total: u64, shared: Rc<RefCell<Shared>>) {
    let mut reader = Reader::default();
    while reader.next() < total {
        stream.readable().await.unwrap();
        let Shared { buffer, report } = &mut *shared.borrow_mut();
        buffer[..rest.len()].copy_from_slice(&rest);
        match stream.try_read(&mut buffer[rest.len()..]) {
            Ok(0) => panic!("the server has gone"),
            Ok(len) => {
                let read = &buffer[..rest.len() + len];
                rest.splice(.., reader.read(read, report).iter().copied());
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}
