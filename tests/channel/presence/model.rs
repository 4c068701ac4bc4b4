//! Random comings and goings, compared with a model.
//!
//! A name is present in a room if it has an open subscription there, or if the last one has ended less than
//! the grace time ago. That is computed anew after each command, from a plain list of what is open.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::cases::cases;

const NAMES: [&str; 4] = ["ada", "bob", "dan", "eve"];
const ROOMS: [&str; 2] = ["room/7", "room/8"];

#[derive(Clone, Copy, Debug)]
enum Command {
    Enter { name: usize, rooms: [bool; 2] },
    Leave(usize),
    Add { name: usize, room: usize },
    Remove { name: usize, room: usize },
    Watch { room: usize, is_eager: bool },
    Read(usize),
    Unwatch(usize),
    List(usize),
    Close(usize),
    Advance(u64),
}

fn command() -> impl Strategy<Value = Command> {
    let name = || 0..NAMES.len();
    let room = || 0..ROOMS.len();
    prop_oneof![
        12 => (name(), any::<[bool; 2]>()).prop_map(|(name, rooms)| Command::Enter { name, rooms }),
        10 => any::<usize>().prop_map(Command::Leave),
        4 => (name(), room()).prop_map(|(name, room)| Command::Add { name, room }),
        4 => (name(), room()).prop_map(|(name, room)| Command::Remove { name, room }),
        4 => (room(), any::<bool>())
            .prop_map(|(room, is_eager)| Command::Watch { room, is_eager }),
        4 => any::<usize>().prop_map(Command::Read),
        2 => any::<usize>().prop_map(Command::Unwatch),
        3 => room().prop_map(Command::List),
        1 => room().prop_map(Command::Close),
        10 => select(&[1, 999, 1_000, 2_500, 60_000][..]).prop_map(Command::Advance),
    ]
}

/// A room, and how often it was closed before.
type Place = (usize, usize);

struct Open {
    name: usize,
    stream: Subscription,
    places: BTreeSet<Place>,
}

struct Watching {
    place: Place,
    is_eager: bool,
    stream: Subscription,
    /// The names that a page shows.
    page: BTreeSet<String>,
}

struct Test {
    hub: Hub,
    clock: Clock,
    grace: u64,
    now: u64,
    open: Vec<Open>,
    watching: Vec<Watching>,
    /// How often each room was closed.
    closed: [usize; 2],
    /// When the last subscription of a name has ended in a place.
    gone_at: BTreeMap<(Place, usize), u64>,
}

impl Test {
    fn new(grace: u64) -> Self {
        let clock = Clock::new();
        let options = hub_options(&clock).linger(Duration::from_secs(3));
        let options =
            options.each(move |_, options| options.presence(Duration::from_millis(grace)));
        Self {
            hub: Hub::new(options),
            clock,
            grace,
            now: 0,
            open: Vec::new(),
            watching: Vec::new(),
            closed: [0; 2],
            gone_at: BTreeMap::new(),
        }
    }

    fn place(&self, room: usize) -> Place {
        (room, self.closed[room])
    }

    fn expected(&self, place: Place) -> BTreeSet<String> {
        let is_present = |name: usize| {
            let mut open = self.open.iter();
            let gone_at = self.gone_at.get(&(place, name));
            open.any(|open| open.name == name && open.places.contains(&place))
                || gone_at.is_some_and(|at| self.now < at + self.grace)
        };
        let is_open = place == self.place(place.0);
        let names = (0..NAMES.len()).filter(|name| is_open && is_present(*name));
        names.map(|name| NAMES[name].to_owned()).collect()
    }

    fn left(&mut self, name: usize, places: impl IntoIterator<Item = Place>) {
        for place in places {
            let mut open = self.open.iter();
            if !open.any(|open| open.name == name && open.places.contains(&place)) {
                self.gone_at.insert((place, name), self.now);
            }
        }
    }

    fn run(&mut self, command: Command) {
        match command {
            Command::Enter { name, rooms } => {
                let rooms: Vec<_> = (0..2).filter(|room| rooms[*room]).collect();
                let names: Vec<_> = rooms.iter().map(|room| ROOMS[*room]).collect();
                self.open.push(Open {
                    name,
                    stream: enter(&self.hub, NAMES[name], &names),
                    places: rooms.iter().map(|room| self.place(*room)).collect(),
                });
            }
            Command::Leave(at) if !self.open.is_empty() => {
                let open = self.open.remove(at % self.open.len());
                drop(open.stream);
                self.left(open.name, open.places);
            }
            Command::Add { name, room } => {
                self.hub.subscribers(NAMES[name]).add(ROOMS[room]).unwrap();
                let place = self.place(room);
                for open in self.open.iter_mut().filter(|open| open.name == name) {
                    open.places.insert(place);
                }
            }
            Command::Remove { name, room } => {
                self.hub.subscribers(NAMES[name]).remove(ROOMS[room]);
                let mut places = BTreeSet::new();
                for open in self.open.iter_mut().filter(|open| open.name == name) {
                    let (removed, kept) = open.places.iter().partition(|place| place.0 == room);
                    open.places = kept;
                    places.extend::<BTreeSet<_>>(removed);
                }
                self.left(name, places);
            }
            Command::Watch { room, is_eager } => {
                let feed = ["presence:", ROOMS[room]].concat();
                self.watching.push(Watching {
                    place: self.place(room),
                    is_eager,
                    stream: self.hub.subscribe([&feed]).unwrap(),
                    page: BTreeSet::new(),
                });
            }
            Command::Read(at) if !self.watching.is_empty() => {
                let at = at % self.watching.len();
                let expected = self.expected(self.watching[at].place);
                self.watching[at].read();
                assert_eq!(self.watching[at].page, expected);
            }
            Command::Unwatch(at) if !self.watching.is_empty() => {
                self.watching.remove(at % self.watching.len());
            }
            Command::List(room) => self.list(room),
            Command::Close(room) => {
                crate::hub::close(&self.hub, ROOMS[room]);
                self.closed[room] += 1;
            }
            Command::Advance(millis) => {
                self.now += millis;
                self.clock.advance(millis);
            }
            Command::Leave(_) | Command::Read(_) | Command::Unwatch(_) => {}
        }
        self.settle();
    }

    fn list(&self, room: usize) {
        let presence = self.hub.presence(ROOMS[room]).unwrap();
        let names: Vec<_> = presence
            .names()
            .iter()
            .map(|name| name.to_string())
            .collect();
        let expected: Vec<_> = self.expected(self.place(room)).into_iter().collect();
        assert_eq!(names, expected);
        assert_eq!(presence.len(), expected.len());
    }

    /// Has the streams polled that their tasks would poll, and checks what eager pages get.
    fn settle(&mut self) {
        for open in &mut self.open {
            seen(&mut open.stream);
        }
        // A closed channel leaves a stream that has others. A stream ends when all of them are closed.
        let closed = self.closed;
        let is_current = |place: &Place| place.1 == closed[place.0];
        for open in &mut self.open {
            if open.places.iter().any(is_current) {
                open.places.retain(is_current);
            }
        }
        let has_ended =
            |open: &mut Open| !open.places.is_empty() && !open.places.iter().any(is_current);
        for ended in self.open.extract_if(.., has_ended) {
            assert!(ended.stream.close_reason().is_some());
        }
        for at in 0..self.watching.len() {
            if !self.watching[at].is_eager {
                continue;
            }
            let after = self.expected(self.watching[at].place);
            let watching = &mut self.watching[at];
            let before = watching.page.clone();
            let mut got = watching.read();
            got.sort();
            let left = before.difference(&after).map(|name| ("left", name));
            let joined = after.difference(&before).map(|name| ("joined", name));
            let expected = left.chain(joined);
            let mut expected: Vec<_> = expected
                .map(|(event, name)| (event.to_owned(), name.clone()))
                .collect();
            expected.sort();
            assert_eq!(got, expected);
        }
    }

    fn end(mut self) {
        (0..ROOMS.len()).for_each(|room| self.list(room));
        for at in 0..self.watching.len() {
            self.run(Command::Read(at));
        }
    }
}

impl Watching {
    /// Reads all that is ready, as a page does. Returns the events and their names.
    fn read(&mut self) -> Vec<(String, String)> {
        let room = ROOMS[self.place.0];
        let mut changes = Vec::new();
        for [event, data, id] in seen(&mut self.stream) {
            assert_eq!(id, "");
            if event == "snapshot" {
                assert!(self.page.is_empty(), "there is one, and it comes first");
                continue;
            }
            let (name, channel) = data.split_once('\n').unwrap();
            assert_eq!(channel, room);
            match &*event {
                // A name that the page has may join again.
                "joined" => self.page.extend([name.to_owned()]),
                _ => assert!(self.page.remove(name), "{name} was not there"),
            }
            changes.push((event, name.to_owned()));
        }
        changes
    }
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn the_list_and_the_feed_are_what_the_model_says(
        grace in select(&[0, 1_000, 5_000][..]),
        commands in vec(command(), 0..60),
    ) {
        let mut test = Test::new(grace);
        commands.into_iter().for_each(|command| test.run(command));
        test.end();
    }
}
