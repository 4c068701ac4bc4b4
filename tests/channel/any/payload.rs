use tower_sse::{Event, EventName};

use super::commands::{Draft, MORE};
use crate::decode::Seen;

const TICK: EventName = EventName::from_static("tick");

/// An event as it is sent, without the id that the channel gives it.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    name: &'static str,
    data: String,
    has_id: bool,
}

impl Payload {
    pub(crate) fn new(name: &'static str, data: impl Into<String>) -> Self {
        Self {
            name,
            data: data.into(),
            has_id: false,
        }
    }

    /// Makes the payload of a draft; the serial number makes it unique.
    pub(crate) fn of(draft: Draft, serial: u64) -> Self {
        let name = if draft.is_named { "tick" } else { "message" };
        Self {
            has_id: draft.has_id,
            ..Self::new(name, format!("{serial}{}", MORE[draft.more]))
        }
    }

    pub(crate) fn data(&self) -> &str {
        &self.data
    }

    pub(crate) fn event(&self) -> Event {
        let event = Event::new(self.data.clone());
        let event = match self.name {
            "message" => event,
            "tick" => event.name(TICK),
            other => event.name(EventName::try_from(other).unwrap()),
        };
        match self.has_id {
            true => event.id(77),
            false => event,
        }
    }

    pub(crate) fn is_tick(&self) -> bool {
        self.name == "tick"
    }

    /// Returns how many bytes it has on the wire.
    pub(crate) fn len(&self, id: &str) -> usize {
        let name = match self.name {
            "message" => 0,
            name => "event: \n".len() + name.len(),
        };
        let lines = self.data.split('\n');
        let data: usize = lines.map(|line| "data: \n".len() + line.len()).sum();
        name + data + "id: \n".len() + id.len() + "\n".len()
    }

    pub(crate) fn seen(&self, id: &str) -> Seen {
        [self.name.to_owned(), self.data.clone(), id.to_owned()]
    }
}
