use std::{cell::RefCell, io::ErrorKind, rc::Rc};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, stdin},
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
    /// How many events each is to have.
    until: u64,
    /// How many connections have fewer.
    left: u64,
}

/// Connects so many clients, and prints a line once all have the head of their response. Then reads
/// lines with the number of events that there will have been, and for each prints a report when all
/// clients have the last of them.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn read(address: &str, clients: u64) {
    let shared = Rc::new(RefCell::new(Shared {
        buffer: vec![0; BUFFER],
        report: Report::default(),
        until: 0,
        left: 0,
    }));
    let mut connections = Vec::new();
    for _ in 0..clients {
        connections.push(connect(address).await);
    }
    println!("connected");
    let follow_all = async {
        let mut following = JoinSet::new();
        for (stream, rest) in connections {
            following.spawn_local(follow(stream, rest, Rc::clone(&shared)));
        }
        let mut lines = BufReader::new(stdin()).lines();
        loop {
            let line = tokio::select! {
                line = lines.next_line() => line.unwrap(),
                // It has panicked.
                Some(ended) = following.join_next() => return ended.unwrap(),
            };
            let Some(line) = line else { return };
            let mut shared = shared.borrow_mut();
            shared.until = line.parse().unwrap();
            shared.left = clients;
        }
    };
    LocalSet::new().run_until(follow_all).await;
}

/// Returns a connection that has had the head of its response, and what came after it.
async fn connect(address: &str) -> (TcpStream, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let mut read = Vec::new();
    loop {
        assert!(stream.read_buf(&mut read).await.unwrap() > 0, "no response");
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            assert!(read.starts_with(b"HTTP/1.1 200"), "not a 200 response");
            return (stream, read.split_off(end + 4));
        }
    }
}

/// Reads the body of a response.
async fn follow(stream: TcpStream, mut rest: Vec<u8>, shared: Rc<RefCell<Shared>>) {
    let mut reader = Reader::default();
    loop {
        stream.readable().await.unwrap();
        let shared = &mut *shared.borrow_mut();
        shared.buffer[..rest.len()].copy_from_slice(&rest);
        match stream.try_read(&mut shared.buffer[rest.len()..]) {
            Ok(0) => panic!("the server has gone"),
            Ok(len) => {
                let had = reader.next();
                let read = &shared.buffer[..rest.len() + len];
                rest.splice(.., reader.read(read, &mut shared.report).iter().copied());
                if had < shared.until && reader.next() >= shared.until {
                    shared.left -= 1;
                    if shared.left == 0 {
                        println!("{}", std::mem::take(&mut shared.report));
                    }
                }
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}
