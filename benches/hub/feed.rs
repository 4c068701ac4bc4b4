use std::{cell::Cell, fmt};

use tower_sse::{Channel, ChannelOptions, Event, Hub, HubOptions, Subscription};

/// Which channels a subscription reads.
#[derive(Clone, Copy)]
pub(crate) enum Width {
    /// A channel that is a hub of its own.
    Alone,
    /// So many channels of one hub.
    Hub(usize),
}

/// The channels of one subscription, to which events are published in turn.
pub(crate) struct Feed {
    hub: Option<Hub>,
    names: Vec<String>,
    channels: Vec<Channel>,
    next: Cell<usize>,
}

impl Width {
    pub(crate) const ALL: [Self; 5] = [
        Self::Alone,
        Self::Hub(1),
        Self::Hub(3),
        Self::Hub(10),
        Self::Hub(100),
    ];
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone => f.write_str("`Channel`"),
            Self::Hub(channels) => write!(f, "{channels} of a `Hub`"),
        }
    }
}

impl Feed {
    pub(crate) fn new(width: Width) -> Self {
        let Width::Hub(count) = width else {
            return Self {
                hub: None,
                names: Vec::new(),
                channels: vec![Channel::new(ChannelOptions::new())],
                next: Cell::new(0),
            };
        };
        let hub = Hub::new(HubOptions::new());
        let names: Vec<_> = (0..count).map(|at| format!("channel/{at}")).collect();
        let channels = names.iter().map(|name| hub.channel(name).unwrap());
        Self {
            channels: channels.collect(),
            hub: Some(hub),
            names,
            next: Cell::new(0),
        }
    }

    pub(crate) fn channels(&self) -> &[Channel] {
        &self.channels
    }

    pub(crate) fn publish(&self, event: &Event) {
        let at = self.next.get();
        self.next.set((at + 1) % self.channels.len());
        self.channels[at].publish(event).unwrap();
    }

    pub(crate) fn subscribe(&self) -> Subscription {
        match &self.hub {
            Some(hub) => hub.subscribe(&self.names).unwrap(),
            None => self.channels[0].subscribe(),
        }
    }
}

/// An event of 200 B of data with a name.
pub(crate) fn event() -> Event {
    let name = tower_sse::EventName::from_static("message");
    Event::new("x".repeat(200)).name(name)
}
