use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::broadcast::{Receiver, Sender, error::RecvError},
};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\
    Content-Type: text/event-stream\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

/// Makes a chunk of an event, as it goes over the wire.
pub(crate) fn chunk(number: u64, text: &str) -> Bytes {
    let event = format!("id: {number}\ndata: {text}\n\n");
    format!("{:X}\r\n{event}\r\n", event.len()).into()
}

/// Sends the chunks to every client that connects, whatever it asks for.
pub(crate) async fn serve(listener: TcpListener, chunks: Sender<Bytes>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        client.set_nodelay(true).unwrap();
        tokio::spawn(send(client, chunks.subscribe()));
    }
}

async fn send(mut client: TcpStream, mut chunks: Receiver<Bytes>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        client.read_buf(&mut request).await.unwrap();
    }
    client.write_all(HEAD).await.unwrap();
    loop {
        match chunks.recv().await {
            Ok(chunk) if client.write_all(&chunk).await.is_ok() => {}
            Err(RecvError::Lagged(_)) => {}
            Ok(_) | Err(RecvError::Closed) => return,
        }
    }
}
