//! What a client has of a stream of bytes: once by the letter of the standard, once by `sse-core`.

use bytes::Bytes;
use sse_core::{SseDecoder, SseEvent};

/// What a client learns, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Learned {
    Retry(u32),
    Event {
        name: String,
        data: String,
        id: String,
    },
}

/// What a client has of a stream at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) learned: Vec<Learned>,
    pub(crate) id: String,
}

/// Reads a stream, and asserts that both ways to read it come to the same.
#[track_caller]
pub(crate) fn read(bytes: &[u8]) -> Client {
    let client = by_the_standard(bytes);
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(
        by_sse_core(bytes),
        client,
        "the decoders differ over {text:?}"
    );
    client
}

/// WHATWG HTML 9.2.5 and 9.2.6.
fn by_the_standard(bytes: &[u8]) -> Client {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut client, mut block) = (Client::default(), Block::default());
    // What is after the last line end is no line.
    while let Some(end) = rest.find(['\r', '\n']) {
        let line = &rest[..end];
        rest = &rest[end..];
        rest = rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..]);
        if line.is_empty() {
            block.dispatch(&mut client);
        } else {
            block.line(line, &mut client);
        }
    }
    client
}

#[derive(Default)]
struct Block {
    name: String,
    /// Each line with an LF after it.
    data: String,
    /// Not of the block alone: it stays when the block ends.
    id: String,
}

impl Block {
    fn line(&mut self, line: &str, client: &mut Client) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.to_owned(),
            "data" => self.data += &format!("{value}\n"),
            "id" if !value.contains('\0') => self.id = value.to_owned(),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // The standard knows no bound; `sse-core` ignores what is over 32 bits.
                client
                    .learned
                    .extend(value.parse().ok().map(Learned::Retry));
            }
            _ => {}
        }
    }

    fn dispatch(&mut self, client: &mut Client) {
        client.id.clone_from(&self.id);
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        if data.pop().is_none() {
            return;
        }
        client.learned.push(Learned::Event {
            name: if name.is_empty() {
                "message".to_owned()
            } else {
                name
            },
            data,
            id: self.id.clone(),
        });
    }
}

fn by_sse_core(bytes: &[u8]) -> Client {
    let mut decoder = SseDecoder::new();
    let mut bytes = Bytes::copy_from_slice(bytes);
    let mut learned = Vec::new();
    while let Some(event) = decoder.next(&mut bytes) {
        learned.push(match event.unwrap() {
            SseEvent::Retry(retry) => Learned::Retry(retry),
            SseEvent::Message(message) => Learned::Event {
                name: message.event.into_owned(),
                data: message.data,
                id: message.last_event_id.as_deref().unwrap_or("").to_owned(),
            },
        });
    }
    let id = decoder.last_event_id().map_or("", |id| id).to_owned();
    Client { learned, id }
}
