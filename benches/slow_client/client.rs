use std::{
    fmt,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{events::age, median, server::Server};

pub(crate) struct Client {
    tcp: TcpStream,
    buffer: Vec<u8>,
    read: u64,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let mut tcp = TcpStream::connect(address).unwrap();
        // This version adds no chunks, so that what is read can be set against what was made.
        tcp.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        let buffer = vec![0; 256 * 1024];
        Self {
            tcp,
            buffer,
            read: 0,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.tcp.local_addr().unwrap().port()
    }

    /// Returns how many bytes it has read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Reads whatever comes for so long.
    pub(crate) fn read_fast(&mut self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            self.read += self.tcp.read(&mut self.buffer).unwrap() as u64;
        }
    }

    /// Reads so many bytes a second for so long, and says each time how many it has read in all.
    pub(crate) fn read_steadily(&mut self, rate: f64, time: Duration, mut say: impl FnMut(u64)) {
        let (start, before) = (Instant::now(), self.read);
        while start.elapsed() < time {
            let due = (start.elapsed().as_secs_f64() * rate) as u64 + before - self.read;
            let most = self.buffer.len().min(due as usize);
            self.read += self.tcp.read(&mut self.buffer[..most]).unwrap() as u64;
            say(self.read);
        }
    }

    /// Reads so many bytes a second for so long. Half the time is for the queues to fill.
    pub(crate) fn read_at(&mut self, rate: f64, time: Duration, server: &Server) -> ClientLag {
        let start = Instant::now();
        let (mut bytes, mut ages) = (Vec::new(), Vec::new());
        while start.elapsed() < time {
            thread::sleep(Duration::from_millis(5));
            let due = (start.elapsed().as_secs_f64() * rate) as u64 - self.read;
            let most = self.buffer.len().min(due as usize);
            let length = self.tcp.read(&mut self.buffer[..most]).unwrap();
            self.read += length as u64;
            if start.elapsed() > time / 2 {
                bytes.push(server.handed_out() as f64 - self.read as f64);
                ages.extend(age(&self.buffer[..length]));
            }
        }
        ClientLag {
            bytes: median(bytes.into_iter()),
            milliseconds: median(ages.into_iter()) / 1e6,
        }
    }
}

/// How far a client is behind, in the median.
pub(crate) struct ClientLag {
    bytes: f64,
    milliseconds: f64,
}

impl fmt::Display for ClientLag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = self.bytes / 1024.0;
        write!(f, "{kib:.0} KiB | {:.0} ms", self.milliseconds)
    }
}
