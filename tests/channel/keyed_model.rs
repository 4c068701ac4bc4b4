//! A random test of keyed channels: what a client has converges to what the channel has.
//!
//! A client is a map built from the events that it gets. It forgets the map at a `snapshot`, and comes back
//! with any id that it has seen since. Whenever it has read everything, its map is that of the channel. Beside
//! the keyed channel there may be another one, of which the client must get each event once and in order,
//! however often it comes back with its last id.
//!
//! `KEYED_SEED=<seed>` runs one seed, `KEYED_SEEDS=<count>` as many as that.

use std::{
    collections::BTreeMap,
    env,
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll},
};

use futures::Stream;
use tower_sse::{
    ChannelEvent, ChannelStart, Event, EventId, Hub, KeyPolicy, KeyedChannel, LastEventId,
    PublishError, Subscription,
};

use crate::{hub::hub_options, random::Random, support::*, task::Task};

const SEEDS: u64 = 4_000;
/// Most often there are few keys, and so many once in fifty times that a round lists some of them at a time.
const KEYS: [usize; 2] = [7, 700];

#[test]
fn what_a_client_has_converges_to_what_the_channel_has() {
    let variable = |name| env::var(name).ok().map(|value| value.parse().unwrap());
    let seeds = match variable("KEYED_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("KEYED_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        let run = move || Case::draw(seed).run();
        if std::panic::catch_unwind(run).is_err() {
            panic!("KEYED_SEED={seed} fails");
        }
    }
}

struct Case {
    random: Random,
    hub: Hub,
    channel: KeyedChannel<str>,
    /// What the channel has: keys and values, those that were updated least recently first.
    live: Vec<(String, String)>,
    keys: usize,
    max_keys: usize,
    removes_oldest: bool,
    /// Whether there is another channel in the subscription.
    has_window: bool,
    /// The events of the other channel.
    window: Vec<String>,
    /// The key that a filter hides.
    hidden: Option<String>,
    clients: Vec<Client>,
}

/// A client, connected or not.
#[derive(Default)]
struct Client {
    subscription: Option<Subscription>,
    map: BTreeMap<String, String>,
    /// The ids that it has seen since its last snapshot began, in order.
    ids: Vec<EventId>,
    /// The last id that it has.
    last: Option<EventId>,
    /// How many events of the other channel it has got.
    windows: usize,
}

impl Case {
    fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let keys = KEYS[usize::from(random.below(50) == 0)];
        let max_keys = 1 + random.below(keys + 1);
        let removes_oldest = random.below(2) == 0;
        let has_window = random.below(3) == 0;
        let policy = match removes_oldest {
            true => KeyPolicy::remove_oldest(),
            false => KeyPolicy::reject(),
        };
        let hub = Hub::new(hub_options(9).each(move |name, options| match name {
            "k" => options.keyed(NonZeroUsize::new(max_keys).unwrap(), policy),
            _ => options,
        }));
        let channel = hub.keyed_channel("k").unwrap();
        let hidden = (random.below(4) == 0).then(|| "k3".to_owned());
        let clients = (0..1 + random.below(3)).map(|_| Client::default());
        Self {
            live: Vec::new(),
            window: Vec::new(),
            clients: clients.collect(),
            random,
            hub,
            channel,
            keys,
            max_keys,
            removes_oldest,
            has_window,
            hidden,
        }
    }

    fn run(mut self) {
        if self.keys > KEYS[0] {
            (0..self.keys).for_each(|_| self.publish());
        }
        for _ in 0..10 + self.random.below(70) {
            match self.random.below(16) {
                0..=5 => self.publish(),
                6..=8 => self.remove(),
                9 if self.has_window => self.publish_window(),
                9..=12 => self.read_some(),
                13 => self.settle(),
                14 => self.reconnect(),
                _ if self.random.below(4) == 0 => self.make_anew(),
                _ => self.read_some(),
            }
        }
        for client in 0..self.clients.len() {
            self.settle_client(client);
        }
    }

    fn publish(&mut self) {
        let key = format!("k{}", self.random.below(self.keys));
        let value = parts(&self.hub.last_id()).1.to_string();
        let published = self.channel.publish(&key, &*format!("{key} {value}"));
        let is_new = !self.live.iter().any(|(live, _)| *live == key);
        if is_new && self.live.len() == self.max_keys {
            if !self.removes_oldest {
                assert!(matches!(published, Err(PublishError::Full)));
                return;
            }
            self.live.remove(0);
        }
        published.unwrap();
        self.live.retain(|(live, _)| *live != key);
        self.live.push((key, value));
    }

    fn remove(&mut self) {
        let key = format!("k{}", self.random.below(self.keys));
        let removed = self.channel.remove(&key).unwrap();
        let before = self.live.len();
        self.live.retain(|(live, _)| *live != key);
        assert_eq!(removed.is_some(), self.live.len() < before);
    }

    fn publish_window(&mut self) {
        let text = format!("w{}", self.window.len());
        self.hub.publish(["w"], &Event::new(text.clone())).unwrap();
        self.window.push(text);
    }

    /// Closes the channel, and makes another one with its name.
    fn make_anew(&mut self) {
        self.channel.close();
        self.channel = self.hub.keyed_channel("k").unwrap();
        self.live.clear();
        // The clients cannot know whether the others are closed as well, and connect again.
        for client in 0..self.clients.len() {
            self.connect(client, true);
        }
    }

    fn any_client(&mut self) -> usize {
        self.random.below(self.clients.len())
    }

    fn read_some(&mut self) {
        let client = self.any_client();
        for _ in 0..1 + self.random.below(self.keys - 1) {
            if !self.read(client) {
                return;
            }
        }
    }

    fn settle(&mut self) {
        let client = self.any_client();
        self.settle_client(client);
    }

    /// Reads everything, and compares.
    fn settle_client(&mut self, client: usize) {
        while self.read(client) {}
        let shown = self
            .live
            .iter()
            .filter(|(key, _)| Some(key) != self.hidden.as_ref());
        let shown: BTreeMap<_, _> = shown.cloned().collect();
        assert_eq!(self.clients[client].map, shown);
        if self.has_window {
            assert_eq!(self.clients[client].windows, self.window.len());
        }
        let keys: Vec<_> = self.live.iter().map(|(key, _)| &**key).collect();
        assert!(self.channel.keys().iter().map(|key| &**key).eq(keys));
    }

    /// Reads an event, if there is one.
    fn read(&mut self, client: usize) -> bool {
        if self.clients[client].subscription.is_none() {
            self.connect(client, true);
        }
        let client = &mut self.clients[client];
        let subscription = client.subscription.as_mut().unwrap();
        let Some(event) = poll_ready(subscription) else {
            return false;
        };
        let text = std::str::from_utf8(event.encoded().as_bytes())
            .unwrap()
            .to_owned();
        client.take(&text, event.id(), &self.window);
        true
    }

    fn reconnect(&mut self) {
        let client = self.any_client();
        let with_last = self.has_window || self.random.below(2) == 0;
        self.connect(client, with_last);
    }

    /// Connects a client again, with its last id or with another one that it has seen.
    fn connect(&mut self, client: usize, with_last: bool) {
        let ids = &self.clients[client].ids;
        let id = match with_last || ids.is_empty() {
            true => self.clients[client].last.clone(),
            false => Some(ids[self.random.below(ids.len())].clone()),
        };
        let id = id.and_then(LastEventId::new);
        let mut starts = vec![ChannelStart::resume("k")];
        if self.has_window {
            // A client that has no id has got nothing of the other channel.
            starts.push(match &id {
                Some(_) => ChannelStart::resume("w"),
                None => ChannelStart::replay("w"),
            });
        }
        let mut subscription = self.hub.resume(starts, id.as_ref()).unwrap();
        assert!(subscription.gaps().is_empty());
        if let Some(hidden) = self.hidden.clone() {
            subscription = subscription.filter_events(move |event| event.key() != Some(&*hidden));
        }
        self.clients[client].subscription = Some(subscription);
    }
}

impl Client {
    /// Does what a page does with an event.
    fn take(&mut self, text: &str, id: Option<EventId>, window: &[String]) {
        let line = |prefix: &str| text.lines().find_map(|line| line.strip_prefix(prefix));
        let data = line("data: ").unwrap();
        let sent = line("id: ").map(str::to_owned);
        assert_eq!(id.as_ref().map(|id| id.as_str().to_owned()), sent);
        match line("event: ") {
            Some("snapshot") => {
                self.map.clear();
                self.ids.clear();
            }
            Some("checkpoint") => assert_eq!(data, ""),
            Some("key-removed") => {
                self.map.remove(data);
            }
            Some(other) => panic!("{other}"),
            None if data.starts_with('w') => {
                assert_eq!(data, window[self.windows]);
                self.windows += 1;
            }
            None => {
                let (key, value) = data.split_once(' ').unwrap();
                self.map.insert(key.to_owned(), value.to_owned());
            }
        }
        if let Some(id) = id {
            self.last = Some(id.clone());
            self.ids.push(id);
        }
    }
}

/// Returns the next event, if it is ready. A subscription that yields to others is polled again.
fn poll_ready(subscription: &mut Subscription) -> Option<ChannelEvent> {
    let task = Task::default();
    loop {
        let waker = task.waker();
        match Pin::new(&mut *subscription).poll_next(&mut Context::from_waker(&waker)) {
            Poll::Ready(event) => return Some(event.expect("the channel is open")),
            Poll::Pending if task.wakes() > 0 => {}
            Poll::Pending => return None,
        }
    }
}
