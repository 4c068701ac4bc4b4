//! What publishers, clients and the program do.
//!
//! A command can run in any state, so that any of them can be left out: a number that names a client, a
//! handle or an id means one of those that there are.

use crate::{config::Config, model::Key, random::Random};

/// How many clients there are.
pub(crate) const CLIENTS: usize = 4;

/// How many keys a keyed channel may have.
const KEYS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Publishes one event by `publish`, any other number by `publish_all`.
    Publish(Through, Vec<Draft>),
    /// `Hub::publish`.
    PublishTo(Vec<usize>, Draft),
    /// Publishes the newest event of a key, in one of the keyed channels.
    Put(usize, Key, Draft),
    /// Removes a key.
    RemoveKey(usize, Key),
    /// Has a client that has seen nothing yet ask for these channels.
    Arrive(usize, Vec<Wish>, Start, Manner),
    /// Has a client ask for its channels again, after its connection has broken.
    Return(usize, Start, Manner),
    /// Adds a channel to the set of all clients of a group, and to their open streams if they are named.
    Add(usize, Wish),
    /// Removes a channel from them.
    Remove(usize, usize),
    Poll(usize, usize),
    Leave(usize),
    Close(Through),
    CloseAll,
    /// Takes a handle.
    Hold(usize),
    /// Drops a handle.
    Release(usize),
    Get(usize),
    /// `Hub::names`, which removes idle channels.
    Sweep,
    Advance(u64),
}

/// How a client connects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Whether the stream has the name of the client's group.
    pub(crate) is_named: bool,
    /// How many of three events a filter hides.
    pub(crate) hides: usize,
}

/// A channel that a client asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) name: usize,
    pub(crate) origin: WishOrigin,
    /// The position of an addition: any number that the hub has assigned.
    pub(crate) added_at: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum WishOrigin {
    Resume,
    Live,
    Replay,
    /// Since any number.
    Since(usize),
    /// Since the last number by now.
    SinceNow,
    /// Since an id of another hub.
    SinceForeign,
}

/// How a channel is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Through {
    /// By its name.
    Hub(usize),
    /// By a handle that was taken before, perhaps to a closed channel.
    Handle(usize),
}

/// An event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft {
    /// The length of what follows the text that makes it unique.
    pub(crate) padding: usize,
    /// A comment has no data, and so no id.
    pub(crate) is_comment: bool,
}

/// Where a client begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    Live,
    Replay,
    /// After the last id that it has seen, if there is one.
    Last,
    /// After one of the ids that it has seen.
    Seen(usize),
    /// After any number that the hub has assigned.
    Number(usize),
    /// After a number that the hub has yet to assign.
    Beyond(usize),
    /// After an id of another hub.
    Foreign,
    /// As `Last`, but through a handle, if there is one and the client has one channel.
    Handle(usize),
}

pub(crate) fn draw(random: &mut Random, config: &Config) -> Vec<Command> {
    let (names, clients) = (config.channels.len(), random.within(1, CLIENTS));
    let mut draw = Draw {
        random,
        names,
        clients,
    };
    let count = draw.random.within(20, 60);
    (0..count).map(|_| draw.command()).collect()
}

struct Draw<'a> {
    random: &'a mut Random,
    names: usize,
    clients: usize,
}

impl Draw<'_> {
    fn command(&mut self) -> Command {
        let weights = [16, 5, 5, 10, 18, 3, 2, 1, 3, 2, 1, 1, 5, 4, 2, 8, 3];
        let weights = match self.random.once_in(4) {
            // Publishers and readers alone.
            true => [16, 5, 0, 0, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 3],
            false => weights,
        };
        match self.random.weighted(&weights) {
            0 => Command::Publish(self.through(), self.drafts()),
            1 => Command::PublishTo(self.some_names(3), self.draft()),
            2 => {
                let wishes = self.wishes();
                Command::Arrive(self.client(), wishes, self.start(), self.manner())
            }
            3 => Command::Return(self.client(), self.start(), self.manner()),
            4 => Command::Poll(self.client(), self.random.within(1, 5)),
            5 => Command::Leave(self.client()),
            6 => Command::Close(self.through()),
            7 if self.random.once_in(3) => Command::CloseAll,
            8 => Command::Hold(self.name()),
            9 => Command::Release(self.random.below(8)),
            10 => Command::Get(self.name()),
            12 => Command::Advance(self.random.pick(&[1, 4, 6, 11, 31])),
            13 => Command::Add(self.group(), self.wish()),
            14 => Command::Remove(self.group(), self.name()),
            15 => Command::Put(self.name(), self.key(), self.draft()),
            16 => Command::RemoveKey(self.name(), self.key()),
            _ => Command::Sweep,
        }
    }

    fn name(&mut self) -> usize {
        self.random.below(self.names)
    }

    fn key(&mut self) -> Key {
        self.random.below(KEYS)
    }

    fn client(&mut self) -> usize {
        self.random.below(self.clients)
    }

    /// Draws names, some of which may be given twice.
    fn some_names(&mut self, max: usize) -> Vec<usize> {
        let count = self.random.within(1, max);
        (0..count).map(|_| self.name()).collect()
    }

    fn group(&mut self) -> usize {
        self.random.below(self.clients.div_ceil(2))
    }

    fn manner(&mut self) -> Manner {
        Manner {
            is_named: self.random.once_in(2),
            hides: self.random.pick(&[0, 0, 0, 1, 2, 3]),
        }
    }

    /// Draws channels, most often without starts of their own.
    fn wishes(&mut self) -> Vec<Wish> {
        let is_plain = self.random.once_in(2);
        let names = self.some_names(4).into_iter();
        names
            .map(|name| match is_plain || self.random.once_in(2) {
                true => Wish {
                    name,
                    origin: WishOrigin::Resume,
                    added_at: None,
                },
                false => Wish {
                    name,
                    ..self.wish()
                },
            })
            .collect()
    }

    fn wish(&mut self) -> Wish {
        let any = self.random.below(100);
        let origin = match self.random.below(8) {
            0 => WishOrigin::Resume,
            1 | 2 => WishOrigin::Live,
            3 | 4 => WishOrigin::Replay,
            5 => WishOrigin::Since(any),
            6 => WishOrigin::SinceNow,
            _ if any % 4 == 0 => WishOrigin::SinceForeign,
            _ => WishOrigin::Since(any),
        };
        Wish {
            name: self.name(),
            origin,
            added_at: self.random.once_in(3).then_some(any / 2),
        }
    }

    fn through(&mut self) -> Through {
        match self.random.once_in(4) {
            true => Through::Handle(self.random.below(8)),
            false => Through::Hub(self.name()),
        }
    }

    fn drafts(&mut self) -> Vec<Draft> {
        let count = match self.random.once_in(4) {
            true => self.random.below(5),
            false => 1,
        };
        (0..count).map(|_| self.draft()).collect()
    }

    fn draft(&mut self) -> Draft {
        Draft {
            padding: self.random.pick(&[0, 0, 0, 9, 30]),
            is_comment: self.random.once_in(12),
        }
    }

    fn start(&mut self) -> Start {
        let any = self.random.below(100);
        match self.random.weighted(&[2, 1, 8, 3, 2, 1, 1, 2]) {
            0 => Start::Live,
            1 => Start::Replay,
            2 => Start::Last,
            3 => Start::Seen(any),
            4 => Start::Number(any),
            5 => Start::Beyond(any),
            6 => Start::Foreign,
            _ => Start::Handle(any),
        }
    }
}
