//! What fields mean to a client by the standard (WHATWG HTML 9.2.6), without any wire format.

use std::time::Duration;

use crate::call::Call;

/// An event that a page hears, and what the client would do if the connection broke then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) name: String,
    pub(crate) data: String,
    /// The `Last-Event-ID`; empty for none.
    pub(crate) id: String,
    /// The wait before a reconnect, in milliseconds, if the stream has a `retry`.
    pub(crate) retry: Option<u64>,
}

/// What a client has of a stream at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) heard: Vec<Heard>,
    pub(crate) id: String,
    pub(crate) retry: Option<u64>,
}

impl Client {
    /// What a client has of items, each of which is some fields and the end of an event.
    pub(crate) fn after(items: impl IntoIterator<Item: AsRef<[Call]>>) -> Self {
        let mut client = Self::default();
        for item in items {
            client.take(item.as_ref());
        }
        client
    }

    /// Takes fields and the end of the event that the last of them are in.
    fn take(&mut self, calls: &[Call]) {
        let mut block = Block::default();
        for call in calls {
            match call {
                Call::Name(name) => block.name = Some(name.clone()),
                Call::Id(id) => block.id = Some(id.clone()),
                Call::Retry(retry) => self.retry = Some(millis(*retry)),
                Call::Data(data) => block.data.push(normalized(data)),
                Call::Format(a, b) => block.data.push(normalized(&format!("{a}{b}"))),
                Call::Comment(_) | Call::BrokenFormat(_) => {}
                Call::Dispatch => self.dispatch(std::mem::take(&mut block)),
                Call::Encoded(calls) => {
                    self.dispatch(std::mem::take(&mut block));
                    self.take(calls);
                }
            }
        }
        self.dispatch(block);
    }

    fn dispatch(&mut self, block: Block) {
        // The id holds without data too, and until the next one.
        if let Some(id) = block.id {
            self.id = id;
        }
        if block.data.is_empty() {
            return;
        }
        self.heard.push(Heard {
            name: block.name.unwrap_or_else(|| "message".to_owned()),
            data: block.data.join("\n"),
            id: self.id.clone(),
            retry: self.retry,
        });
    }
}

#[derive(Default)]
struct Block {
    name: Option<String>,
    id: Option<String>,
    data: Vec<String>,
}

/// The text as a client reads it, to which every line end is an LF.
pub(crate) fn normalized(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whole milliseconds, rounded up, at most 2^31 - 1.
fn millis(time: Duration) -> u64 {
    let millis = time.as_nanos().div_ceil(1_000_000);
    u64::try_from(millis).unwrap_or(u64::MAX).min(2_147_483_647)
}
