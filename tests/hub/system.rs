//! The hub under test, and what its subscriptions yield.

use std::{
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::Stream;
use tower_sse::{
    Channel, ChannelEvent, ChannelOptions, ChannelStart, CloseReason, Event, EventId, Hub,
    HubOptions, KeyPolicy, KeyedChannel, LastEventId, NoticePolicy, Subscription,
};

use crate::{
    clock::Clock,
    config::{ChannelConfig, Config, GapPolicy, LagPolicy, NAMES},
    model::{Asked, Key, Origin, Payload, Point, Position},
    task::Task,
};

/// The names of subscribers.
const GROUPS: [&str; 2] = ["x", "y"];

pub(crate) struct System {
    pub(crate) clock: Clock,
    pub(crate) hub: Hub,
    epoch: String,
}

/// The result of a poll.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Item(Item),
    Waiting,
    Completed,
    Lagged,
}

/// An item of a subscription, with the id that it has on the wire.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Event {
        /// `None` if it comes without an id, though the client may not see the id of a comment.
        id: Option<Point>,
        text: String,
        is_comment: bool,
    },
    Checkpoint {
        id: Option<Point>,
    },
    Gap {
        oldest: Option<u64>,
        name: usize,
        id: Option<Point>,
    },
    /// A keyed channel begins with a snapshot.
    Snapshot {
        name: usize,
        id: Option<Point>,
    },
    KeyRemoved {
        name: usize,
        key: Key,
        id: Option<Point>,
    },
    Lagged {
        count: u64,
        name: usize,
    },
    Added {
        name: usize,
    },
    /// A channel was removed, or closed while others are open.
    Removed {
        name: usize,
    },
}

/// A gap as `Subscription::gaps` has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) is_known: bool,
    pub(crate) oldest: Option<u64>,
    pub(crate) until: u64,
    pub(crate) name: usize,
}

impl Item {
    /// Returns the id that a browser has after it.
    pub(crate) fn id(&self) -> Option<Point> {
        match self {
            Self::Event { id, is_comment, .. } => id.filter(|_| !is_comment),
            Self::Checkpoint { id }
            | Self::Gap { id, .. }
            | Self::Snapshot { id, .. }
            | Self::KeyRemoved { id, .. } => *id,
            Self::Lagged { .. } | Self::Added { .. } | Self::Removed { .. } => None,
        }
    }
}

impl System {
    pub(crate) fn new(config: &Config) -> Self {
        let clock = Clock::new();
        let channels = config.channels.clone();
        let each = move |name: &str, options| options_of(&channels[place(name)], options);
        let options = HubOptions::with_timer(clock.clone())
            .channel_options(
                ChannelOptions::with_timer(clock.clone()).notice_policy(NoticePolicy::event()),
            )
            .each(each)
            .max_channels(NonZeroUsize::new(config.max_channels).unwrap())
            .max_bytes(config.max_bytes)
            .linger(Duration::from_millis(config.linger));
        let hub = Hub::new(options);
        let epoch = hub.last_id().as_str().split_once('-').unwrap().0.to_owned();
        Self { clock, hub, epoch }
    }

    pub(crate) fn names(&self) -> Vec<usize> {
        self.hub.names().iter().map(|name| place(name)).collect()
    }

    pub(crate) fn channel(&self, name: usize) -> Option<Channel> {
        self.hub.channel(NAMES[name]).ok()
    }

    pub(crate) fn keyed_channel(&self, name: usize) -> Option<KeyedChannel> {
        self.hub.keyed_channel(NAMES[name]).ok()
    }

    /// Returns the number of an id, which is one of this hub.
    pub(crate) fn number(&self, id: &EventId) -> u64 {
        match self.parse(id.as_str()) {
            Point::Number(number) | Point::Keyed(number) => number,
            Point::Foreign => unreachable!(),
        }
    }

    fn parse(&self, id: &str) -> Point {
        let (epoch, number) = id.split_once(['-', '.']).unwrap();
        assert_eq!(epoch, self.epoch);
        let number = number.parse().unwrap();
        match id.contains('.') {
            true => Point::Keyed(number),
            false => Point::Number(number),
        }
    }

    /// Subscribes to channels as a client asks for them. `None` if there are too many.
    pub(crate) fn subscribe(
        &self,
        asked: &[Asked],
        position: Position,
        group: Option<usize>,
    ) -> Option<Subscription> {
        let starts = asked.iter().map(|asked| self.start(asked));
        let id = self.last_event_id(position);
        let subscription = match (position, group) {
            (Position::Oldest, _) => self.hub.replay(asked.iter().map(|asked| NAMES[asked.name])),
            (Position::Now, None) => self.hub.subscribe(starts),
            (Position::Now, Some(group)) => self.hub.subscriber(GROUPS[group]).subscribe(starts),
            (_, None) => self.hub.resume(starts, id.as_ref()),
            (_, Some(group)) => {
                let subscriber = self.hub.subscriber(GROUPS[group]);
                subscriber.resume(starts, id.as_ref())
            }
        };
        subscription.ok()
    }

    fn start(&self, asked: &Asked) -> ChannelStart {
        let name = NAMES[asked.name];
        let start = match asked.origin {
            Origin::Resume => ChannelStart::from(name),
            Origin::Live => ChannelStart::live(name),
            Origin::Replay => ChannelStart::replay(name),
            Origin::Since(point) => ChannelStart::since(name, self.id(point)),
        };
        match asked.added_at {
            Some(at) => start.added_at(self.id(at)),
            None => start,
        }
    }

    /// Adds a channel to the open subscriptions of a group. `None` if there are too many channels.
    pub(crate) fn add(&self, group: usize, asked: &Asked) -> Option<u64> {
        let added = self.hub.subscribers(GROUPS[group]).add(self.start(asked));
        added.ok().map(|id| self.number(&id))
    }

    pub(crate) fn remove(&self, group: usize, name: usize) -> u64 {
        self.number(&self.hub.subscribers(GROUPS[group]).remove(NAMES[name]))
    }

    /// Subscribes through a handle.
    pub(crate) fn subscribe_to(&self, channel: &Channel, position: Position) -> Subscription {
        match position {
            Position::Now => channel.subscribe(),
            Position::Oldest => channel.replay(),
            _ => channel.resume(self.last_event_id(position).as_ref()),
        }
    }

    fn id(&self, point: Point) -> EventId {
        let text = match point {
            Point::Number(number) => format!("{}-{number}", self.epoch),
            Point::Keyed(number) => format!("{}.{number}", self.epoch),
            Point::Foreign => "another-1".to_owned(),
        };
        EventId::try_from(text).unwrap()
    }

    fn last_event_id(&self, position: Position) -> Option<LastEventId> {
        match position {
            Position::After(point) => LastEventId::new(self.id(point)),
            Position::Now | Position::FirstVisit | Position::Oldest => None,
        }
    }

    /// Returns the gaps of a client that has asked for this.
    pub(crate) fn gaps(&self, subscription: &Subscription, position: Position) -> Vec<Gap> {
        let id = self.last_event_id(position);
        let gap = |gap: &tower_sse::Gap| {
            // Without an id it is the position of the start.
            assert!(id.as_deref().is_none_or(|id| *id == gap.last_event_id));
            Gap {
                is_known: gap.is_known,
                oldest: gap.oldest.as_ref().map(|id| self.number(id)),
                until: self.number(&gap.until),
                name: place(&gap.channel),
            }
        };
        subscription.gaps().iter().map(gap).collect()
    }

    /// Polls. A subscription that yields to the runtime is polled again.
    pub(crate) fn poll(&self, subscription: &mut Subscription, task: &Task) -> Polled {
        for _ in 0..3 {
            let waker = task.waker();
            let polled = Pin::new(&mut *subscription).poll_next(&mut Context::from_waker(&waker));
            match polled {
                Poll::Ready(Some(event)) => return Polled::Item(self.read(&event)),
                Poll::Pending if task.wakes() > 0 => {}
                Poll::Pending => return Polled::Waiting,
                Poll::Ready(None) => {
                    return match subscription.close_reason() {
                        Some(CloseReason::Completed) => Polled::Completed,
                        Some(CloseReason::Lagged) => Polled::Lagged,
                        other => panic!("{other:?}"),
                    };
                }
            }
        }
        panic!("it wakes its task again and again");
    }

    /// Reads an item as a client does.
    fn read(&self, event: &ChannelEvent) -> Item {
        let (mut name, mut id, mut comment, mut data) = ("", None, None, Vec::new());
        let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
        for line in text.strip_suffix("\n\n").unwrap().split('\n') {
            match line.split_once(": ").unwrap() {
                ("event", value) => name = value,
                ("data", value) => data.push(value),
                ("id", value) => id = Some(self.parse(value)),
                ("", value) => comment = Some(value),
                other => panic!("{other:?}"),
            }
        }
        let own_id = event.id().map(|id| self.parse(id.as_str()));
        if comment.is_none() {
            assert_eq!(own_id, id);
        }
        match (name, &data[..], comment) {
            ("", [text], None) => Item::Event {
                id,
                text: (*text).to_owned(),
                is_comment: false,
            },
            ("", [], Some(text)) => Item::Event {
                id: own_id,
                text: text.to_owned(),
                is_comment: true,
            },
            ("checkpoint", [""], None) => Item::Checkpoint { id },
            ("gap", [oldest, name], None) => Item::Gap {
                oldest: (!oldest.is_empty())
                    .then(|| self.number(&EventId::try_from(*oldest).unwrap())),
                name: place(name),
                id,
            },
            ("lagged", [count, name], None) => Item::Lagged {
                count: count.parse().unwrap(),
                name: place(name),
            },
            ("snapshot", [name], None) => Item::Snapshot {
                name: place(name),
                id,
            },
            ("key-removed", [key], None) => {
                let (name, digit) = key.split_at(1);
                Item::KeyRemoved {
                    name: place(name),
                    key: key_of(digit),
                    id,
                }
            }
            ("channel-added", [name], None) => Item::Added { name: place(name) },
            ("channel-removed", [name], None) => Item::Removed { name: place(name) },
            other => panic!("{other:?}"),
        }
    }
}

fn options_of(config: &ChannelConfig, options: ChannelOptions) -> ChannelOptions {
    let options = match config.keyed {
        Some(keyed) => {
            let policy = match keyed.removes_oldest {
                true => KeyPolicy::remove_oldest(),
                false => KeyPolicy::reject(),
            };
            options.keyed(NonZeroUsize::new(keyed.max_keys).unwrap(), policy)
        }
        None => options,
    };
    let options = match (config.has_ids, config.has_history) {
        (true, true) => options,
        (false, true) => options.without_ids(),
        (true, false) => options.without_history(),
        (false, false) => options.ephemeral(),
    };
    let options = options
        .max_events(NonZeroUsize::new(config.max_events).unwrap())
        .max_bytes(config.max_bytes)
        .lag_policy(match config.lag {
            LagPolicy::Disconnect => tower_sse::LagPolicy::disconnect(),
            LagPolicy::Notify => tower_sse::LagPolicy::notify(),
            LagPolicy::Newest => tower_sse::LagPolicy::newest(),
        })
        .gap_policy(match config.gap {
            GapPolicy::Notify => tower_sse::GapPolicy::notify(),
            GapPolicy::Live => tower_sse::GapPolicy::live(),
        });
    match config.max_age {
        Some(age) => options.max_age(Duration::from_millis(age)),
        None => options,
    }
}

pub(crate) fn event(payload: &Payload) -> Event {
    match payload.is_comment {
        true => Event::default().comment(payload.text.clone()),
        false => Event::new(payload.text.clone()),
    }
}

/// Makes the text of a key, which has the name of its channel.
pub(crate) fn key_in(name: usize, key: Key) -> String {
    format!("{}{key}", NAMES[name])
}

/// Returns the key that ends with this digit.
pub(crate) fn key_of(text: &str) -> Key {
    text[text.len() - 1..].parse().unwrap()
}

fn place(name: &str) -> usize {
    NAMES.iter().position(|one| *one == name).unwrap()
}
