use tower_sse::{Event, EventName, SseOptions};

/// An event: its name, which may be empty, and its data.
type Said = (&'static str, &'static str);

/// What a server says in a protocol.
#[derive(Debug)]
pub(crate) struct Protocol {
    /// Says "one", then " two".
    pub(crate) half: &'static [Said],
    /// Says " three", and that this is all.
    pub(crate) rest: &'static [Said],
    /// Says that [`FINAL`] is why there is no more.
    pub(crate) final_event: Said,
    /// What else a server should set.
    pub(crate) options: fn() -> SseOptions,
}

/// Plain text.
pub(crate) const PLAIN: Protocol = Protocol {
    half: &[("", "one"), ("", " two")],
    rest: &[("", " three")],
    final_event: ("last", "the server restarts"),
    options: SseOptions::new,
};

/// What a client has read of half an answer, and of a whole one.
pub(crate) const HALF: &str = "one two";
pub(crate) const WHOLE: &str = "one two three";
/// What the final events say.
pub(crate) const FINAL: &str = "the server restarts";

impl Protocol {
    /// Returns the first half, of which the events have the ids 1, 2 and so on.
    pub(crate) fn half(&self) -> Vec<Event> {
        let said = self.half.iter().map(event);
        said.zip(1_u32..).map(|(event, id)| event.id(id)).collect()
    }

    pub(crate) fn rest(&self) -> Vec<Event> {
        self.rest.iter().map(event).collect()
    }

    pub(crate) fn final_event(&self) -> Event {
        event(&self.final_event)
    }

    /// Returns the bytes of half of the answer, and of an event that has begun.
    pub(crate) fn bytes(&self) -> [String; 2] {
        let half = self.half.iter().zip(1..);
        let half = half.map(|(said, id)| format!("id: {id}\n{}\n\n", text(said)));
        let mut begun = text(&self.half[self.half.len() - 1]);
        begun.pop();
        [half.collect(), begun]
    }

    /// Returns both halves of the answer, without ids.
    pub(crate) fn halves(&self) -> [Vec<Event>; 2] {
        [self.half, self.rest].map(|said| said.iter().map(event).collect())
    }

    /// Returns the bytes of both halves of the answer, without ids.
    pub(crate) fn blocks(&self) -> [String; 2] {
        let blocks = |said: &[Said]| said.iter().map(|said| text(said) + "\n\n").collect();
        [self.half, self.rest].map(blocks)
    }
}

fn event(&(name, data): &Said) -> Event {
    match name {
        "" => Event::new(data),
        name => Event::new(data).name(EventName::from_static(name)),
    }
}

fn text(&(name, data): &Said) -> String {
    match name {
        "" => format!("data: {data}"),
        name => format!("event: {name}\ndata: {data}"),
    }
}
