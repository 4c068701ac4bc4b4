use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use futures_util::StreamExt;
use tower_sse::{CloseReason, LastEventId, store::Epoch};

use super::{
    changing::{Asked, Origin, event_id},
    connection::{Beginning, Connection},
    keys::Keys,
    publishing::topic,
    settings::{KEYED, chance, millis},
    truth::{FactKind, Place, Truth},
    wire::{WireEvent, WireId},
    world::World,
};
use crate::random::Random;

/// A client that disconnects and resumes, and checks everything that it gets.
pub(super) struct Client {
    world: Rc<World>,
    random: Random,
    label: String,
    /// The name by which its channels are changed.
    name: Option<String>,
    /// Its channels, unless they are changed.
    asked: Vec<Asked>,
    id: Option<WireId>,
    connection: Option<Connection>,
    connections: u64,
    /// What it has received, each with the number of the connection.
    received: BTreeMap<Place, u64>,
    keys: Keys,
    has_made_up: bool,
    /// Where it has begun first in each epoch.
    starts: BTreeMap<Epoch, u64>,
    /// What was reported as missed.
    told: Vec<(Epoch, String, u64)>,
}

/// How far an id that is made up is above another one. No store gets there, nor one that numbers by time.
const MADE_UP: u64 = 1 << 50;

/// What a step has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Event,
    Nothing,
    End,
}

impl Client {
    pub(super) fn new(
        world: Rc<World>,
        random: Random,
        label: String,
        name: Option<String>,
        asked: Vec<Asked>,
    ) -> Self {
        Self {
            world,
            random,
            label,
            name,
            asked,
            id: None,
            connection: None,
            connections: 0,
            received: BTreeMap::new(),
            keys: Keys::default(),
            has_made_up: false,
            starts: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) {
        while !self.world.is_quiet.get() {
            let makes_up = chance(&mut self.random, 20);
            self.connect(makes_up).await;
            for _ in 0..self.random.below(12) {
                let wait = millis(&mut self.random, 60);
                if self.step(wait).await == Step::End {
                    break;
                }
            }
            if chance(&mut self.random, 200) {
                self.note(|| "disconnects".to_owned());
                self.connection = None;
            }
            let pause = match self.random.below(3) {
                0 => Duration::ZERO,
                1 => millis(&mut self.random, 100),
                _ => millis(&mut self.random, 600),
            };
            tokio::time::sleep(pause).await;
        }
        self.read_to_end().await;
        self.check_end();
    }

    fn note(&self, text: impl FnOnce() -> String) {
        self.world.note(|| format!("{}: {}", self.label, text()));
    }

    /// Reads until nothing comes any more.
    async fn read_to_end(&mut self) {
        for _ in 0..5_000 {
            self.connect(false).await;
            match self.step(Duration::from_secs(60)).await {
                Step::Nothing if self.connection.is_some() => return,
                Step::Nothing => tokio::time::sleep(Duration::from_millis(100)).await,
                Step::Event | Step::End => {}
            }
        }
        panic!("no end of events");
    }

    async fn connect(&mut self, makes_up: bool) {
        if self.connection.is_some() {
            return;
        }
        let (world, name) = (Rc::clone(&self.world), self.name.clone());
        let Some(asked) = self.channels() else { return };
        let Some(node) = world.nodes.draw(&mut self.random) else {
            return;
        };
        let mut id = self.id.clone();
        if let Some(id) = id.as_mut().filter(|_| makes_up) {
            id.number += MADE_UP;
            let separator = if id.is_keyed { '.' } else { '-' };
            id.text = format!("{}{separator}{}", id.epoch, id.number);
            self.has_made_up = true;
        }
        let Some((asked_in, asked_at)) = world.nodes.position(node) else {
            return;
        };
        self.note(|| {
            let id = id.as_ref().map(|id| &id.text);
            format!(
                "connects to node {} ({asked_in}-{asked_at}), id {id:?}, {asked:?}",
                node.place
            )
        });
        let starts: Vec<_> = asked.iter().map(Asked::start).collect();
        let last = id.as_ref().map(event_id).and_then(LastEventId::new);
        let subscribing = world.nodes.with(node, |hub| match &name {
            Some(name) => {
                let subscriber = hub.subscriber(name.clone());
                futures_util::future::Either::Left(subscriber.resume(starts, last.as_ref()))
            }
            None => futures_util::future::Either::Right(hub.resume(starts, last.as_ref())),
        });
        let subscribing = subscribing.unwrap();
        let subscribed = tokio::time::timeout(Duration::from_secs(120), subscribing).await;
        let subscription = subscribed.expect("connecting takes too long").unwrap();
        // Otherwise it was made by a hub that is gone, or in an epoch whose beginning is not known.
        let Some((epoch, published)) = world.nodes.position(node) else {
            return;
        };
        if name.is_some() && epoch != asked_in {
            return;
        }
        self.connections += 1;
        let connection = Connection::new(
            subscription,
            &world.recorder.truth(),
            &Beginning {
                node,
                number: self.connections,
                name: name.as_deref(),
                asked: &asked,
                id: id.as_ref(),
                epoch,
                asked_at,
                published,
            },
        );
        self.note(|| {
            let gaps = connection.subscription.gaps();
            let gaps: Vec<_> = gaps.iter().map(|gap| (&gap.channel, &gap.until)).collect();
            format!("is connected, {epoch}-{published}, gaps {gaps:?}")
        });
        self.check_unknown_id(id.as_ref(), &connection);
        self.begin(connection);
    }

    /// Returns its channels, unless they are being changed.
    fn channels(&self) -> Option<Vec<Asked>> {
        let Some(name) = &self.name else {
            return Some(self.asked.clone());
        };
        let grants = self.world.grants.borrow();
        let grants = &grants[name];
        let channels = grants.channels.values();
        (!grants.is_in_doubt.get()).then(|| channels.cloned().collect())
    }

    fn begin(&mut self, connection: Connection) {
        let epoch = connection.epoch;
        let windows = connection.members.iter();
        let windows = windows.filter(|member| !member.is_ephemeral());
        let starts = windows.map(|one| one.at.max(if one.is_replay { one.replay_upto } else { 0 }));
        if let Some(start) = starts.max() {
            let first = self.starts.entry(epoch).or_insert(start);
            // Without an id it does not continue the connection before.
            *first = if self.id.is_none() { start } else { *first };
        }
        for member in connection.members.iter().filter(|member| member.told > 0) {
            let channel = member.topic.as_str().to_owned();
            self.told.push((epoch, channel, member.told));
        }
        self.keys.connect();
        self.connection = Some(connection);
    }

    fn check_unknown_id(&self, id: Option<&WireId>, connection: &Connection) {
        if connection.lowered.is_none() {
            return;
        }
        let (truth, settings) = (self.world.recorder.truth(), &self.world.settings);
        let is_new_epoch = id.is_some_and(|id| id.epoch != connection.epoch);
        // A hub that has not noticed it cannot get what it lacks.
        let is_over = self.world.recorder.head().epoch != connection.epoch;
        match is_new_epoch {
            true => assert!(truth.wipes > 0, "a new epoch of nothing"),
            false => assert!(
                truth.losses > 0 || self.has_made_up || settings.has_outages || is_over,
                "an id that is known was taken for unknown"
            ),
        }
    }

    /// Reads an event, if there is one in time.
    async fn step(&mut self, wait: Duration) -> Step {
        let Some(connection) = &mut self.connection else {
            return Step::Nothing;
        };
        match tokio::time::timeout(wait, connection.subscription.next()).await {
            Err(_) => Step::Nothing,
            Ok(None) => {
                self.end();
                Step::End
            }
            Ok(Some(event)) => {
                self.receive(&WireEvent::parse(&event));
                Step::Event
            }
        }
    }

    fn end(&mut self) {
        let connection = self.connection.take().unwrap();
        let reason = connection.subscription.close_reason();
        self.note(|| format!("ends: {reason:?}"));
        let world = Rc::clone(&self.world);
        let position = world.nodes.position(connection.node);
        match (reason, position) {
            (Some(CloseReason::Completed), None) => {}
            (Some(CloseReason::Lagged), Some((epoch, published))) => {
                let truth = world.recorder.truth();
                let mut members = connection.members.iter();
                let can_lag = epoch != connection.epoch
                    || self.name.is_some() && world.can_miss_changes(&truth)
                    || members.any(|one| one.can_miss(&world, &truth, epoch, published));
                assert!(
                    can_lag,
                    "{} lags for nothing: {:?}",
                    self.label, connection.members
                );
            }
            (Some(CloseReason::Lagged), None) => {}
            _ => panic!("{} ends: {reason:?}", self.label),
        }
    }

    fn receive(&mut self, event: &WireEvent) {
        self.note(|| format!("gets {event:?}"));
        let world = Rc::clone(&self.world);
        let truth = world.recorder.truth();
        match event.name.as_deref() {
            None => self.receive_event(&truth, event),
            Some("checkpoint") => {}
            Some("gap") => self.receive_gap(&truth, &event.data[0], &event.data[1]),
            Some("lagged") => self.receive_gap(&truth, "", &event.data[1]),
            Some("channel-added") => self.change(&truth, &event.data[0], true),
            Some("channel-removed") => self.change(&truth, &event.data[0], false),
            Some("snapshot") => {
                self.keys.begin_snapshot();
                let connection = self.connection.as_mut().unwrap();
                // A client that forgets what it has must not resume from there.
                connection.last = if event.id.is_some() {
                    0
                } else {
                    connection.last
                };
            }
            Some("key-removed") => self.keys.remove(&event.data[0]),
            Some(name) => panic!("an unknown event: {name}"),
        }
        if let Some(id) = &event.id {
            self.receive_id(&truth, WireId::parse(id));
        }
    }

    /// Returns the position of the hub, or that of the last record in its epoch if the hub is gone.
    fn published(&self, truth: &Truth, connection: &Connection) -> u64 {
        let position = self.world.nodes.position(connection.node);
        let position = position.filter(|(epoch, _)| *epoch == connection.epoch);
        position.map_or_else(|| truth.last(connection.epoch), |(_, published)| published)
    }

    fn receive_event(&mut self, truth: &Truth, event: &WireEvent) {
        let (key, payload) = event.data[0].split_once(' ').unwrap();
        let payload: u64 = payload.parse().unwrap();
        let connection = self.connection.as_ref().unwrap();
        let epoch = connection.epoch;
        let number = match &event.id {
            Some(id) => WireId::parse(id).number,
            None => self.locate(truth, payload),
        };
        let fact = truth.fact((epoch, number));
        assert_eq!(fact.payload, payload, "{number} has another event");
        if let Some(position) = self.world.nodes.position(connection.node) {
            let is_above = position.0 == epoch && position.1 < number;
            assert!(!is_above, "{number} is above the position of the hub");
        }
        if let FactKind::Keyed(of) = &fact.kind {
            assert_eq!(of, key);
            assert!(
                connection.has_keys,
                "{number} is of a channel that the client does not have"
            );
            connection.check_not_removed(truth, KEYED, number);
            let is_lost = |position| truth.fact((epoch, position)).is_lost;
            return self.keys.set(key, payload, number, is_lost);
        }
        self.receive_number(truth, number);
    }

    /// Returns the position of an event without an id.
    fn locate(&self, truth: &Truth, payload: u64) -> u64 {
        let connection = self.connection.as_ref().unwrap();
        let facts = truth.between(connection.epoch, 0, u64::MAX - 1);
        let places = facts.filter(|(_, fact)| fact.payload == payload);
        let mut places: Vec<_> = places.map(|(position, _)| position).collect();
        assert!(
            !places.is_empty(),
            "{payload} was never stored in this epoch"
        );
        // After a loss it may be stored twice.
        let last = *places.last().unwrap();
        if matches!(
            truth.fact((connection.epoch, last)).kind,
            FactKind::Keyed(_)
        ) {
            let published = self.published(truth, connection);
            return places
                .into_iter()
                .rfind(|place| *place <= published)
                .unwrap_or(last);
        }
        let is_new = |position: &u64| {
            self.received.get(&(connection.epoch, *position)) != Some(&connection.number)
        };
        let is_due = |position: &u64| {
            let fact = truth.fact((connection.epoch, *position));
            let mut members = connection.members.iter();
            members.any(|one| fact.has(one.topic.as_str()) && one.at < *position)
        };
        let new = places
            .iter()
            .copied()
            .find(|place| !connection.is_gone(*place) && is_new(place) && is_due(place));
        new.unwrap_or_else(|| places.pop().unwrap())
    }

    fn receive_number(&mut self, truth: &Truth, number: u64) {
        let world = Rc::clone(&self.world);
        let connection = self.connection.as_mut().unwrap();
        let epoch = connection.epoch;
        let fact = truth.fact((epoch, number));
        let is_of = |topic: &str| fact.has(topic);
        let of: Vec<_> = connection
            .members
            .iter()
            .filter(|one| is_of(one.topic.as_str()))
            .collect();
        assert!(
            !of.is_empty(),
            "{number} is of a channel that the client does not have"
        );
        assert!(
            of.iter().any(|member| member.at < number),
            "{number} is out of order: {of:?}"
        );
        let is_again = of.iter().any(|member| member.is_again);
        let is_kept = |channel: &str| {
            let checked = std::panic::AssertUnwindSafe(|| {
                connection.check_not_removed(truth, channel, number);
            });
            std::panic::catch_unwind(checked).is_ok()
        };
        assert!(
            of.iter().any(|member| is_kept(member.topic.as_str())),
            "{number} comes after the removal of its channel"
        );
        let before = self.received.insert((epoch, number), connection.number);
        if let Some(before) = before {
            let is_unacknowledged = connection.came_with.is_none_or(|id| id < number);
            let is_lost = fact.is_lost && connection.lowered.is_some_and(|upto| upto < number);
            // An id says nothing of a channel without ids.
            let is_ephemeral = of.iter().all(|member| member.is_ephemeral());
            let is_allowed = is_again
                || before != connection.number && is_ephemeral
                || before != connection.number && is_unacknowledged && connection.lowered.is_none()
                || is_lost;
            assert!(is_allowed, "{number} comes twice");
        }
        for member in &mut connection.members {
            if is_of(member.topic.as_str()) && member.at < number {
                member.check_nothing_skipped(&world, truth, epoch, number - 1);
                member.at = number;
                // It may come by another channel, of which the store retains it.
                member.is_replay =
                    member.is_replay && !world.recorder.retains(&member.topic, (epoch, number));
            }
        }
    }

    fn receive_id(&mut self, truth: &Truth, id: WireId) {
        let world = Rc::clone(&self.world);
        let connection = self.connection.as_mut().unwrap();
        assert_eq!(id.epoch, connection.epoch, "an id of another epoch");
        // A keyed channel that is left alone goes on from its own position.
        let is_other = std::mem::replace(&mut connection.is_keyed, id.is_keyed) != id.is_keyed;
        assert!(
            is_other || connection.last <= id.number,
            "the id falls to {}",
            id.number
        );
        for member in &mut connection.members {
            if member.added_at.is_none_or(|at| at <= id.number) && !member.is_ephemeral() {
                member.check_nothing_skipped(&world, truth, id.epoch, id.number);
                member.at = member.at.max(id.number);
                member.is_replay &= id.number < member.replay_upto;
            }
        }
        connection.last = id.number;
        // A hub that is closed closes one channel after the other, so that a keyed one may be the last.
        if id.is_keyed && (self.name.is_some() || self.asked.len() > 1) {
            return;
        }
        // What a client replays comes once: then it resumes.
        for asked in &mut self.asked {
            if asked.origin == Origin::Replay {
                asked.origin = Origin::Resume;
            }
        }
        self.id = Some(id);
    }

    fn receive_gap(&mut self, truth: &Truth, oldest: &str, channel: &str) {
        let world = Rc::clone(&self.world);
        let published = self.published(truth, self.connection.as_ref().unwrap());
        let connection = self.connection.as_mut().unwrap();
        if connection.take_opening_gap(channel) {
            return;
        }
        let epoch = connection.epoch;
        let upto = match oldest {
            "" => published,
            oldest => WireId::parse(oldest).number - 1,
        };
        if channel == super::settings::EPHEMERAL {
            return;
        }
        // A hub that is gone reads its store no longer: what its log lacks is reported as missed.
        let is_gone = world.nodes.position(connection.node).is_none();
        let member = connection
            .member(channel)
            .expect("a gap of another channel");
        if std::mem::take(&mut member.may_begin_with_gap) {
            return;
        }
        assert!(
            is_gone || member.can_miss(&world, truth, epoch, upto),
            "a false gap up to {upto}: {member:?}"
        );
        member.told = member.told.max(upto);
        if !oldest.is_empty() {
            member.told_exactly = member.told_exactly.max(upto);
        }
        self.told.push((epoch, channel.to_owned(), upto));
    }

    fn change(&mut self, truth: &Truth, channel: &str, is_added: bool) {
        let published = self.published(truth, self.connection.as_ref().unwrap());
        let is_gone = self
            .world
            .nodes
            .position(self.connection.as_ref().unwrap().node)
            .is_none();
        let connection = self.connection.as_mut().unwrap();
        match is_gone && !is_added {
            // A hub that is closed closes its channels.
            true => connection.drop_channel(channel),
            false => connection.change(truth, channel, is_added, published),
        }
        if channel == KEYED && !is_added {
            self.keys.begin_snapshot();
        }
    }

    /// Checks that nothing is due any more.
    fn check_end(&self) {
        let (truth, head) = (self.world.recorder.truth(), self.world.recorder.head());
        let connection = self.connection.as_ref().unwrap();
        let (epoch, end) = (connection.epoch, u64::MAX - 1);
        assert_eq!(epoch, head.epoch, "the new epoch was not noticed");
        for member in &connection.members {
            member.check_nothing_skipped(&self.world, &truth, epoch, end);
        }
        if connection.has_keys {
            let newest = self.world.recorder.newest(&topic(KEYED));
            assert_eq!(self.keys.newest, newest, "the keys of {}", self.label);
        }
        if let Some(name) = &self.name {
            let grants = self.world.grants.borrow();
            let granted: BTreeSet<_> = grants[name].channels.keys().map(String::as_str).collect();
            let mut has: BTreeSet<_> = connection
                .members
                .iter()
                .map(|one| one.topic.as_str())
                .collect();
            has.extend(connection.has_keys.then_some(KEYED));
            assert_eq!(has, granted, "the channels of {name}");
        }
        self.check_losses(&truth, epoch);
    }

    /// Checks that what was acknowledged and lost was received or reported.
    fn check_losses(&self, truth: &Truth, epoch: Epoch) {
        // Of what only a hub has seen that was killed, no other one knows, unless the store notices it itself.
        let is_noticed = !self.world.has_restarted.get() || self.world.recorder.records_restarts();
        let Some(start) = self.starts.get(&epoch).filter(|_| is_noticed) else {
            return;
        };
        let grants = self.world.grants.borrow();
        let changed = self.name.as_ref().map(|name| &grants[name].changed);
        for place in self.world.acknowledged() {
            let fact = truth.fact(place);
            let is_due = fact.is_lost && place.0 == epoch && place.1 > *start;
            if !is_due || self.received.contains_key(&place) || fact.kind != FactKind::Window {
                continue;
            }
            for member in &self.connection.as_ref().unwrap().members {
                let channel = member.topic.as_str();
                let is_changed =
                    changed.is_some_and(|changed| changed.iter().any(|one| one == channel));
                if !fact.has(channel) || member.is_ephemeral() || is_changed {
                    continue;
                }
                let mut told = self.told.iter();
                assert!(
                    told.any(|(of, at, upto)| *of == epoch && at == channel && *upto >= place.1),
                    "{place:?} of {channel} was acknowledged, and lost in silence"
                );
            }
        }
    }
}

impl World {
    /// Returns `true` if a hub may have missed changes of open streams.
    fn can_miss_changes(&self, truth: &Truth) -> bool {
        self.settings.trims || truth.losses > 0
    }
}
