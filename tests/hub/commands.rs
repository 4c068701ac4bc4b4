//! What publishers, clients and the program do.
//!
//! A command can run in any state, so that any of them can be left out: a number that names a client, a
//! handle or an id means one of those that there are.

use crate::{config::Config, random::Random};

/// How many clients there are.
pub(crate) const CLIENTS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// Publishes one event by `publish`, any other number by `publish_all`.
    Publish(Through, Vec<Draft>),
    /// `Hub::publish`.
    PublishTo(Vec<usize>, Draft),
    /// Publishes by `publish_with`, while this happens.
    Store(Through, Draft, Meanwhile),
    /// Has a client that has seen nothing yet ask for these channels.
    Arrive(usize, Vec<usize>, Start),
    /// Has a client ask for its channels again, after its connection has broken.
    Return(usize, Start),
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

/// How a channel is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Through {
    /// By its name.
    Hub(usize),
    /// By a handle that was taken before, perhaps to a closed channel.
    Handle(usize),
}

/// What the closure of `publish_with` does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meanwhile {
    Succeed,
    Fail,
    Close,
    /// Closes the channel, and makes another one of its name.
    MakeAnew,
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
        let weights = [16, 5, 5, 10, 18, 3, 2, 1, 3, 2, 1, 1, 5, 3];
        let weights = match self.random.once_in(4) {
            // Publishers and readers alone.
            true => [16, 5, 0, 0, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            false => weights,
        };
        match self.random.weighted(&weights) {
            0 => Command::Publish(self.through(), self.drafts()),
            1 => Command::PublishTo(self.some_names(3), self.draft()),
            2 => Command::Arrive(self.client(), self.some_names(4), self.start()),
            3 => Command::Return(self.client(), self.start()),
            4 => Command::Poll(self.client(), self.random.within(1, 5)),
            5 => Command::Leave(self.client()),
            6 => Command::Close(self.through()),
            7 if self.random.once_in(3) => Command::CloseAll,
            8 => Command::Hold(self.name()),
            9 => Command::Release(self.random.below(8)),
            10 => Command::Get(self.name()),
            12 => Command::Advance(self.random.pick(&[1, 4, 6, 11, 31])),
            13 => Command::Store(self.through(), self.draft(), self.meanwhile()),
            _ => Command::Sweep,
        }
    }

    fn name(&mut self) -> usize {
        self.random.below(self.names)
    }

    fn client(&mut self) -> usize {
        self.random.below(self.clients)
    }

    /// Draws names, some of which may be given twice.
    fn some_names(&mut self, max: usize) -> Vec<usize> {
        let count = self.random.within(1, max);
        (0..count).map(|_| self.name()).collect()
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

    fn meanwhile(&mut self) -> Meanwhile {
        self.random.pick(&[
            Meanwhile::Succeed,
            Meanwhile::Fail,
            Meanwhile::Close,
            Meanwhile::MakeAnew,
        ])
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
