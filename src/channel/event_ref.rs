//! The events that a filter sees.

use memchr::memchr_iter;

use crate::EncodedEvent;

/// An event as a filter sees it ([`Subscription::filter_events`](super::Subscription::filter_events)).
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    channel: &'a str,
    key: Option<&'a str>,
    event: &'a EncodedEvent,
}

impl<'a> EventRef<'a> {
    pub(super) fn new(channel: &'a str, key: Option<&'a str>, event: &'a EncodedEvent) -> Self {
        Self {
            channel,
            key,
            event,
        }
    }

    /// Returns the name of the channel in its hub. It is empty for a channel that is a hub of its own.
    pub fn channel(&self) -> &'a str {
        self.channel
    }

    /// Returns the key of the event in a [`KeyedChannel`](super::KeyedChannel), or `None` in a channel that
    /// is not keyed. The removal of a key has it, too.
    pub fn key(&self) -> Option<&'a str> {
        self.key
    }

    /// Returns the name of the event (the field `event`), or `None` if it has none. Of an item of several
    /// events it is the name of the first that has one.
    pub fn name(&self) -> Option<&'a str> {
        let bytes = self.event.as_bytes();
        let mut start = 0;
        let mut lines = memchr_iter(b'\n', bytes).map(|end| {
            let line = &bytes[start..end];
            start = end + 1;
            line
        });
        // A line of a value does not begin so: the encoder writes the field's name before it.
        let name = lines.find_map(|line| line.strip_prefix(b"event: "))?;
        std::str::from_utf8(name).ok()
    }

    /// Returns the event as it goes over the wire, with its blank line.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.event.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, EventName};

    #[test]
    fn has_the_name_of_the_event() {
        const NAME: EventName = EventName::from_static("greeting");
        let named = EncodedEvent::from(Event::new("event: no\n").comment("event: no").name(NAME));
        assert_eq!(EventRef::new("", None, &named).name(), Some("greeting"));
        let unnamed = EncodedEvent::from(Event::new("event: no"));
        assert_eq!(EventRef::new("", None, &unnamed).name(), None);
    }
}
