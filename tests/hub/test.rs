//! Runs commands on the model and on the system, and compares the two.

use tower_sse::{Channel, KeyedChannel, Subscription};

use crate::{
    commands::{CLIENTS, Command, Draft, Manner, Start, Through, Wish, WishOrigin},
    config::{Config, NAMES},
    model::{
        Asked, Client, Hide, Hub, Key, LifeId, Origin, Payload, Point, Position, hides, hides_key,
    },
    system::{Gap, Polled, System, event, key_in, key_of},
    task::Task,
};

pub(crate) struct Test {
    model: Hub,
    system: System,
    /// The handles that the program holds.
    handles: Vec<(LifeId, Channel)>,
    visitors: [Visitor; CLIENTS],
    serial: u64,
    /// The number of the last event of which the clients' models know.
    noted: u64,
}

/// A client, connected or not.
#[derive(Default)]
struct Visitor {
    asked: Vec<Asked>,
    /// The ids that it has seen.
    seen: Vec<Point>,
    /// The last id of its last connection.
    id: Option<Point>,
    /// The events that this connection had still to send, each with the name of its channel.
    owed: Vec<(u64, usize)>,
    connection: Option<Connection>,
}

struct Connection {
    is_named: bool,
    client: Client,
    subscription: Subscription,
    task: Task,
}

impl Test {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            model: Hub::new(config.clone()),
            system: System::new(config),
            handles: Vec::new(),
            visitors: Default::default(),
            serial: 0,
            noted: 0,
        }
    }

    pub(crate) fn run(&mut self, command: &Command) {
        match command {
            Command::Publish(through, drafts) => self.publish(*through, drafts),
            Command::PublishTo(names, draft) => self.publish_to(names, *draft),
            Command::Put(name, key, draft) => self.put(*name, *key, *draft),
            Command::RemoveKey(name, key) => self.remove_key(*name, *key),
            Command::Arrive(client, wishes, start, manner) => {
                self.arrive(*client, wishes, *start, *manner);
            }
            Command::Return(client, start, manner) => self.open(*client, *start, *manner),
            Command::Add(group, wish) => self.add(*group, wish),
            Command::Remove(group, name) => self.remove(*group, *name),
            Command::Poll(client, times) => {
                (0..*times).for_each(|_| drop(self.poll(*client)));
            }
            Command::Leave(client) => self.leave(*client),
            Command::Close(through) => self.close(*through),
            Command::CloseAll => {
                self.model.close_all();
                self.system.hub.close();
            }
            Command::Hold(name) => self.hold(*name),
            Command::Release(handle) => self.release(*handle),
            Command::Get(name) => {
                let is_keyed = self.is_keyed(*name);
                let expected = self.model.get(*name).is_some() && !is_keyed;
                let found = self.system.hub.get::<str>(NAMES[*name]);
                assert_eq!(found.is_some(), expected);
            }
            Command::Sweep => assert_eq!(self.system.names(), self.model.names()),
            Command::Advance(millis) => {
                self.model.now += millis;
                self.system.clock.advance(*millis);
            }
        }
        let last = self.system.hub.last_id();
        assert_eq!(self.system.number(&last), self.model.last());
    }

    /// Has all clients read what is left, and then what is left when all channels are closed.
    pub(crate) fn end(mut self) {
        (0..CLIENTS).for_each(|client| self.drain(client));
        self.run(&Command::Sweep);
        let Self { system, model, .. } = &mut self;
        model.close_all();
        system.hub.close();
        (0..CLIENTS).for_each(|client| self.drain(client));
        // A named stream without channels stays open.
        let mut open = self
            .visitors
            .iter()
            .filter_map(|visitor| visitor.connection.as_ref());
        assert!(open.all(|open| open.is_named && open.client.has_no_channels()));
    }

    fn drain(&mut self, client: usize) {
        while let Some(Polled::Item(_)) = self.poll(client) {}
    }

    fn payload(&mut self, draft: Draft) -> Payload {
        self.serial += 1;
        Payload {
            text: format!("{}{}", self.serial, ".".repeat(draft.padding)),
            is_comment: draft.is_comment,
        }
    }

    /// Finds a channel, and holds it until it is [`put_back`](Self::put_back).
    fn take(&mut self, through: Through) -> Option<(LifeId, Channel)> {
        let found = match through {
            Through::Hub(name) => {
                let (expected, found) = (self.model.channel(name), self.system.channel(name));
                let is_keyed = self.is_keyed(name);
                let expected = expected.filter(|_| !is_keyed);
                assert_eq!(found.is_some(), expected.is_some());
                expected.zip(found)
            }
            Through::Handle(handle) => self.handle(handle).cloned(),
        };
        let (life, channel) = found?;
        self.model.lives[life].handles += 1;
        assert_eq!(channel.name(), NAMES[self.model.lives[life].name]);
        Some((life, channel))
    }

    fn put_back(&mut self, (life, channel): (LifeId, Channel)) {
        self.model.release(&[life]);
        drop(channel);
    }

    fn handle(&self, handle: usize) -> Option<&(LifeId, Channel)> {
        let count = self.handles.len().max(1);
        self.handles.get(handle % count)
    }

    fn hold(&mut self, name: usize) {
        if self.handles.len() < 4 {
            let taken = self.take(Through::Hub(name));
            self.handles.extend(taken);
        }
    }

    fn release(&mut self, handle: usize) {
        if !self.handles.is_empty() {
            let released = self.handles.swap_remove(handle % self.handles.len());
            self.put_back(released);
        }
    }

    fn is_keyed(&self, name: usize) -> bool {
        self.model.config.channels[name].keyed.is_some()
    }

    /// Returns the keyed channel that this means, if there is any.
    fn keyed(&mut self, any: usize) -> Option<(LifeId, KeyedChannel)> {
        let names = 0..self.model.config.channels.len();
        let keyed: Vec<_> = names.filter(|name| self.is_keyed(*name)).collect();
        self.keyed_named(*keyed.get(any % keyed.len().max(1))?)
    }

    fn keyed_named(&mut self, name: usize) -> Option<(LifeId, KeyedChannel)> {
        let (expected, found) = (self.model.channel(name), self.system.keyed_channel(name));
        assert_eq!(found.is_some(), expected.is_some());
        expected.zip(found)
    }

    fn put(&mut self, any: usize, key: Key, draft: Draft) {
        let Some((life, channel)) = self.keyed(any) else {
            return;
        };
        let is_comment = false;
        let payload = self.payload(Draft {
            is_comment,
            ..draft
        });
        let text = key_in(self.model.lives[life].name, key);
        let published = channel.publish(&text, event(&payload)).ok();
        let number = published.map(|id| self.system.number(&id));
        assert_eq!(number, self.model.put(life, key, &payload));
        self.noted = self.model.last();
    }

    fn remove_key(&mut self, any: usize, key: Key) {
        let Some((life, channel)) = self.keyed(any) else {
            return;
        };
        let text = key_in(self.model.lives[life].name, key);
        let removed = channel.remove(&text).unwrap();
        let number = removed.map(|id| self.system.number(&id));
        assert_eq!(number, self.model.remove_key(life, key));
        self.noted = self.model.last();
    }

    fn publish(&mut self, through: Through, drafts: &[Draft]) {
        let Some(taken) = self.take(through) else {
            return;
        };
        let payloads: Vec<_> = drafts.iter().map(|draft| self.payload(*draft)).collect();
        let events: Vec<_> = payloads.iter().map(event).collect();
        let published = match &events[..] {
            [only] => taken.1.publish(only).map(Some),
            events => taken.1.publish_all(events),
        };
        let number = published.ok().flatten().map(|id| self.system.number(&id));
        let expected = match &payloads[..] {
            [] => None,
            payloads => self.model.publish(&[taken.0], payloads),
        };
        assert_eq!(number, expected);
        self.note(number, &[taken.0]);
        self.put_back(taken);
    }

    fn publish_to(&mut self, names: &[usize], draft: Draft) {
        let payload = self.payload(draft);
        let texts = names.iter().map(|name| NAMES[*name]);
        let published = self.system.hub.publish(texts, &event(&payload)).ok();
        let number = published.map(|id| self.system.number(&id));
        let lives = self.model.channels(names).unwrap_or_default();
        let expected = match &lives[..] {
            [] => None,
            _ if names.iter().any(|name| self.is_keyed(*name)) => None,
            lives => self.model.publish(lives, &[payload]),
        };
        assert_eq!(number, expected);
        self.note(number, &lives);
        self.model.release(&lives);
    }

    /// Notes what was published last, up to this number.
    fn note(&mut self, last: Option<u64>, to: &[LifeId]) {
        let Some(last) = last else {
            return;
        };
        let first = self.noted + 1;
        self.noted = last;
        for visitor in &mut self.visitors {
            if let Some(connection) = &mut visitor.connection {
                (first..=last).for_each(|number| connection.client.note(number, to));
            }
        }
    }

    fn close(&mut self, through: Through) {
        let found = match through {
            Through::Hub(name) if self.is_keyed(name) => {
                if let Some((life, channel)) = self.keyed_named(name) {
                    self.model.close(life);
                    channel.close();
                }
                return;
            }
            Through::Hub(name) => {
                let expected = self.model.get(name);
                let found = self.system.hub.get::<tower_sse::Event>(NAMES[name]);
                assert_eq!(found.is_some(), expected.is_some());
                expected.zip(found)
            }
            Through::Handle(handle) => self.handle(handle).cloned(),
        };
        if let Some((life, channel)) = found {
            self.model.close(life);
            channel.close();
            assert!(channel.is_closed());
        }
    }

    fn arrive(&mut self, client: usize, wishes: &[Wish], start: Start, manner: Manner) {
        self.leave(client);
        let asked = wishes.iter().map(|wish| self.asked(wish)).collect();
        self.visitors[client] = Visitor {
            asked,
            ..Visitor::default()
        };
        self.open(client, start, manner);
    }

    fn asked(&self, wish: &Wish) -> Asked {
        let last = self.model.last();
        let any = |any: usize| Point::Number(any as u64 % (last + 1));
        Asked {
            name: wish.name,
            origin: match wish.origin {
                WishOrigin::Resume => Origin::Resume,
                WishOrigin::Live => Origin::Live,
                WishOrigin::Replay => Origin::Replay,
                WishOrigin::Since(number) => Origin::Since(any(number)),
                WishOrigin::SinceNow => Origin::Since(Point::Number(last)),
                WishOrigin::SinceForeign => Origin::Since(Point::Foreign),
            },
            added_at: wish.added_at.map(any),
        }
    }

    /// Adds a channel to the set of all clients of a group.
    fn add(&mut self, group: usize, wish: &Wish) {
        let asked = self.asked(wish);
        let added = self.system.add(group, &asked);
        let life = self.model.channel(wish.name);
        assert_eq!(added.is_some(), life.is_some());
        let Some((life, added)) = life.zip(added) else {
            return;
        };
        let group = || group * 2..group * 2 + 2;
        for client in group() {
            let connection = self.visitors[client].connection.as_ref();
            if connection.is_some_and(|connection| connection.is_named) {
                self.model.join(&[life]);
            }
        }
        let at = self.model.take_number();
        assert_eq!(added, at);
        self.noted = at;
        for client in group() {
            let visitor = &mut self.visitors[client];
            let connection = visitor.connection.as_mut();
            if let Some(connection) = connection.filter(|connection| connection.is_named) {
                connection
                    .client
                    .add(&mut self.model, life, asked.origin, at);
            }
            if visitor.asked.iter().all(|asked| asked.name != wish.name) {
                let added_at = Some(Point::Number(at));
                visitor.asked.push(Asked { added_at, ..asked });
            }
        }
    }

    /// Removes a channel from the set of all clients of a group.
    fn remove(&mut self, group: usize, name: usize) {
        let removed = self.system.remove(group, name);
        let at = self.model.take_number();
        assert_eq!(removed, at);
        self.noted = at;
        for visitor in &mut self.visitors[group * 2..group * 2 + 2] {
            visitor.asked.retain(|asked| asked.name != name);
            visitor.owed.retain(|(_, of)| *of != name);
            let connection = visitor.connection.as_mut();
            if let Some(connection) = connection.filter(|connection| connection.is_named) {
                connection.client.remove(&mut self.model, name);
            }
        }
    }

    /// Connects a client, again if it is connected.
    fn open(&mut self, client: usize, start: Start, manner: Manner) {
        self.leave(client);
        let visitor = &self.visitors[client];
        let (asked, position) = (visitor.asked.clone(), self.position(visitor, start));
        let hide = Hide::new(manner.hides);
        let group = manner.is_named && !matches!(position, Position::Oldest);
        let group = group.then_some(client / 2);
        let handle = match (start, &asked[..]) {
            (Start::Handle(handle), [one]) if is_plain(one) => self.handle_to(one.name, handle),
            _ => None,
        };
        let handle_is_none = handle.is_none();
        let is_named = handle_is_none && group.is_some();
        let opened = match (handle, &asked[..]) {
            (_, []) if group.is_none() => None,
            (Some((life, channel)), _) => {
                let subscription = self.system.subscribe_to(&channel, position);
                let (hub, lives) = (&mut self.model, [life]);
                let (model, gaps) = Client::open(hub, &lives, &asked, position, hide, false);
                Some((subscription, model, gaps))
            }
            (None, _) => self.open_by_names(&asked, position, hide, group),
        };
        let Some((mut subscription, client_model, gaps)) = opened else {
            return;
        };
        assert_eq!(self.system.gaps(&subscription, position), gaps);
        let visitor = &self.visitors[client];
        if let (Position::After(Point::Number(id)), true) = (position, handle_is_none) {
            if visitor.id == Some(Point::Number(id)) {
                client_model.check_owed(&self.model, id, &visitor.owed, &gaps);
            }
        }
        if manner.hides > 0 {
            let of_three = manner.hides;
            subscription = subscription.filter_events(move |event| match event.key() {
                Some(key) => !hides_key(of_three, key_of(key)),
                None => !hides(of_three, std::str::from_utf8(event.as_bytes()).unwrap()),
            });
        }
        self.visitors[client].connection = Some(Connection {
            is_named,
            client: client_model,
            subscription,
            task: Task::default(),
        });
    }

    fn open_by_names(
        &mut self,
        asked: &[Asked],
        position: Position,
        hide: Hide,
        group: Option<usize>,
    ) -> Option<(Subscription, Client, Vec<Gap>)> {
        let subscription = self.system.subscribe(asked, position, group);
        let names: Vec<_> = asked.iter().map(|asked| asked.name).collect();
        let lives = self.model.channels(&names);
        assert_eq!(subscription.is_some(), lives.is_some());
        let (subscription, lives) = subscription.zip(lives)?;
        let (hub, is_named) = (&mut self.model, group.is_some());
        let (client, gaps) = Client::open(hub, &lives, asked, position, hide, is_named);
        self.model.release(&lives);
        Some((subscription, client, gaps))
    }

    fn position(&self, visitor: &Visitor, start: Start) -> Position {
        let (last, seen) = (self.model.last(), &visitor.seen);
        let after = |number| Position::After(Point::Number(number));
        let keyed = |number| Position::After(Point::Keyed(number));
        match start {
            Start::Live => Position::Now,
            Start::Replay => Position::Oldest,
            Start::Seen(place) if !seen.is_empty() => Position::After(seen[place % seen.len()]),
            Start::Number(number) if number % 4 == 0 => keyed(number as u64 % (last + 1)),
            Start::Number(number) => after(number as u64 % (last + 1)),
            Start::Beyond(more) if more % 4 == 0 => keyed(last + 1 + more as u64),
            Start::Beyond(more) => after(last + 1 + more as u64),
            Start::Foreign => Position::After(Point::Foreign),
            Start::Handle(_) | Start::Last | Start::Seen(_) => {
                visitor.id.map_or(Position::FirstVisit, Position::After)
            }
        }
    }

    /// Returns one of the handles to a channel with this name.
    fn handle_to(&self, name: usize, handle: usize) -> Option<(LifeId, Channel)> {
        let is_of_it = |(life, _): &&(LifeId, Channel)| self.model.lives[*life].name == name;
        let handles: Vec<_> = self.handles.iter().filter(is_of_it).collect();
        let count = handles.len().max(1);
        handles.get(handle % count).copied().cloned()
    }

    fn poll(&mut self, client_place: usize) -> Option<Polled> {
        let visitor = &mut self.visitors[client_place];
        let connection = visitor.connection.as_mut()?;
        let Connection {
            client,
            subscription,
            task,
            ..
        } = connection;
        let polled = self.system.poll(subscription, task);
        let has_ended = client.check(&mut self.model, &polled, subscription.missed());
        if let Polled::Item(item) = &polled {
            if let Some(id) = item.id() {
                client.check_id(&self.model, id);
                visitor.seen.push(id);
            }
        }
        if has_ended {
            self.leave(client_place);
        }
        Some(polled)
    }

    fn leave(&mut self, client: usize) {
        let visitor = &mut self.visitors[client];
        if let Some(connection) = visitor.connection.take() {
            visitor.id = connection.client.id();
            visitor.owed = connection.client.owed(&self.model);
            connection.client.leave(&mut self.model);
        }
    }
}

fn is_plain(asked: &Asked) -> bool {
    matches!(asked.origin, Origin::Resume) && asked.added_at.is_none()
}
