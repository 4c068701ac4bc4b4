//! The two parsers, made to report what a client has.
//!
//! Read against the standard, both keep to it in all that the encoder writes of a text: line ends,
//! the BOM, NUL, and where chunks are cut. Where they differ from it or from each other:
//!
//! - `sse-stream` yields blocks, not events: also those without data. What an event stream's
//!   client makes of blocks (an id holds on, a block without data is no event, no name is
//!   `message`) is done here.
//! - `sse-stream` fails at a field that is not UTF-8, where the standard reads U+FFFD. So it has no
//!   part in the tests of data that is not UTF-8, which call [`sse_core`] alone.
//! - `sse-core` rejects events over 512 KiB. Nothing here is so large.

use std::convert::Infallible;

use bytes::Bytes;
use futures::{StreamExt, executor::block_on, stream};
use sse_core::{SseDecoder, SseEvent};
use sse_stream::{SseByteStream, SseStream};

use crate::{
    cut::Cuts,
    meaning::{Client, Heard},
};

/// Asserts that both parsers read the bytes, in these chunks, as they were meant.
#[track_caller]
pub(crate) fn assert_read(bytes: &[u8], cuts: &Cuts, meant: &Client) {
    let chunks = cuts.of(bytes);
    let written = String::from_utf8_lossy(bytes);
    assert_eq!(&sse_core(&chunks), meant, "sse-core read {written:?}");
    assert_eq!(&sse_stream(&chunks), meant, "sse-stream read {written:?}");
}

pub(crate) fn sse_core(chunks: &[Bytes]) -> Client {
    let mut decoder = SseDecoder::new();
    let mut client = Client::default();
    for mut chunk in chunks.iter().cloned() {
        while let Some(event) = decoder.next(&mut chunk) {
            match event.unwrap() {
                SseEvent::Retry(retry) => client.retry = Some(retry.into()),
                SseEvent::Message(message) => client.heard.push(Heard {
                    name: message.event.into_owned(),
                    data: message.data,
                    id: message.last_event_id.as_deref().unwrap_or("").to_owned(),
                    retry: client.retry,
                }),
            }
        }
    }
    client.id = decoder.last_event_id().map_or("", |id| id).to_owned();
    client
}

fn sse_stream(chunks: &[Bytes]) -> Client {
    let chunks = || stream::iter(chunks.iter().cloned().map(Ok::<_, Infallible>));
    let blocks: Vec<_> = block_on(SseByteStream::new(chunks()).collect());
    let blocks: Result<Vec<_>, _> = blocks.into_iter().collect();
    let through_body: Vec<_> = block_on(SseStream::from_bytes_stream(chunks()).collect());
    assert_eq!(blocks.as_ref().unwrap().len(), through_body.len());

    let mut client = Client::default();
    for block in blocks.unwrap() {
        client.id = block.id.unwrap_or(client.id);
        client.retry = block.retry.or(client.retry);
        if let Some(data) = block.data {
            client.heard.push(Heard {
                name: block.event.unwrap_or_else(|| "message".to_owned()),
                data,
                id: client.id.clone(),
                retry: client.retry,
            });
        }
    }
    client
}
