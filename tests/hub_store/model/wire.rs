use tower_sse::{ChannelEvent, store::Epoch};

/// An event as a client reads it.
#[derive(Clone, Debug, Default)]
pub(super) struct WireEvent {
    pub(super) name: Option<String>,
    pub(super) data: Vec<String>,
    pub(super) id: Option<String>,
}

/// What an id says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WireId {
    pub(super) text: String,
    pub(super) epoch: Epoch,
    pub(super) number: u64,
    /// Whether it is of a keyed channel alone.
    pub(super) is_keyed: bool,
}

impl WireEvent {
    pub(super) fn parse(event: &ChannelEvent) -> Self {
        let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
        let mut parsed = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (field, value) = line.split_once(": ").unwrap_or((line, ""));
            match field {
                "event" => parsed.name = Some(value.to_owned()),
                "data" => parsed.data.push(value.to_owned()),
                "id" => parsed.id = Some(value.to_owned()),
                _ => panic!("an unknown field: {line}"),
            }
        }
        parsed
    }
}

impl WireId {
    pub(super) fn parse(text: &str) -> Self {
        let is_keyed = text.contains('.');
        let (epoch, number) = text.split_once(['-', '.']).unwrap();
        Self {
            text: text.to_owned(),
            epoch: epoch.parse().unwrap(),
            number: number.parse().unwrap(),
            is_keyed,
        }
    }
}
