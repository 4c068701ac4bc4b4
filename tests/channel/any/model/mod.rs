//! What should happen: channels and subscribers as plain values, which every command changes.

mod frames;
mod log;
mod subscriber;

pub(crate) use self::log::{Id, Log};
use self::subscriber::Subscriber;
use super::{
    commands::{LastId, Opening, Start},
    config::CHANNELS,
    payload::Payload,
};

/// All channels and subscribers of a case.
pub(crate) struct Model {
    pub(crate) now: u64,
    /// The channels, and those that they have replaced.
    pub(crate) logs: Vec<Log>,
    /// The index of the log of each channel.
    pub(crate) current: [usize; CHANNELS],
    pub(crate) subscribers: Vec<Subscriber>,
    /// All ids that a client has seen.
    pub(crate) seen: Vec<Id>,
}

impl Model {
    pub(crate) fn log(&mut self, channel: usize) -> &mut Log {
        &mut self.logs[self.current[channel]]
    }

    pub(crate) fn restart(&mut self, channel: usize, log: Log) {
        self.log(channel).close();
        self.current[channel] = self.logs.len();
        self.logs.push(log);
    }

    /// Remembers an id of a channel that a client has seen.
    pub(crate) fn see(&mut self, text: &str) {
        let (epoch, number) = text.split_once('-').unwrap();
        let issued = Some((epoch.to_owned(), number.parse().unwrap()));
        let text = text.to_owned();
        self.seen.push(Id { text, issued });
    }

    /// Returns the id that a client sends.
    pub(crate) fn id(&self, channel: usize, last: LastId) -> Option<Id> {
        let log = &self.logs[self.current[channel]];
        let other = |text: String| Id { text, issued: None };
        Some(match last {
            LastId::None => return None,
            LastId::Seen(index) => {
                let index = index.checked_rem(self.seen.len())?;
                self.seen[index].clone()
            }
            LastId::LatestSeen(back) => self.seen.iter().nth_back(back)?.clone(),
            LastId::Before(back) => log.id(log.newest().saturating_sub(back as usize)),
            LastId::After(ahead) => log.id(log.newest() + ahead as usize),
            LastId::OtherEpoch(number) => other(format!("other1-{number}")),
            LastId::Malformed(kind) => other(malformed(&log.epoch, log.newest(), kind)),
        })
    }

    pub(crate) fn open(&mut self, opening: Opening, id: Option<Id>) {
        let (index, now) = (self.current[opening.channel], self.now);
        let log = &mut self.logs[index];
        log.expire(now);
        log.subscribers += 1;
        let new = |position| Subscriber::new(index, position, opening);
        let state = Payload::new("state", log.state.clone());
        let fresh = match log.config.has_state {
            true => new(log.newest()).start_with(state),
            false => new(log.newest()),
        };
        let subscriber = match (opening.start, id) {
            (Start::Preceded, _) => new(log.newest()).start_with(Payload::new("tick", "first")),
            (Start::Replay, _) if log.evicted == log.newest() => {
                new(log.evicted).notified(checkpoint())
            }
            (Start::Replay, _) => new(log.evicted).replaying(log.newest()),
            (Start::Resume(_), Some(id)) => match log.resumes(&id) {
                Some(has) => new(has),
                None if log.config.has_state => fresh,
                None => Subscriber::after_gap(index, log, opening),
            },
            (Start::Resume(_), None) if !log.config.has_state => {
                new(log.newest()).notified(checkpoint())
            }
            (Start::Subscribe | Start::Resume(_), _) => fresh,
        };
        self.subscribers.push(subscriber);
    }
}

fn checkpoint() -> Payload {
    Payload::new("checkpoint", "")
}

/// Returns a text that looks like an id of a channel and is none.
fn malformed(epoch: &str, newest: usize, kind: usize) -> String {
    let malformed = [
        "0".to_owned(),
        "-".to_owned(),
        epoch.to_owned(),
        format!("{epoch}-"),
        format!("-{newest}"),
        format!("{newest}"),
        format!("{epoch}-0{newest}"),
        format!("{epoch}-+{newest}"),
        format!("{epoch}--{newest}"),
        format!("{epoch}-{newest}-{newest}"),
        format!("{epoch}-{}", u64::MAX),
        format!("{epoch}-{}", (1u128 << 64) + newest as u128),
        format!("{epoch}-\u{ff11}"),
        "a".repeat(4096),
    ];
    malformed[kind].clone()
}
