use super::{
    log::{Id, Log},
    payload::Payload,
    reader::Reader,
    setting::{CHANNELS, How, Last, Opening},
};

/// What should be.
pub(crate) struct Model {
    pub(crate) now: u64,
    /// All channels that ever were.
    pub(crate) logs: Vec<Log>,
    /// Those that are there.
    pub(crate) current: [usize; CHANNELS],
    pub(crate) readers: Vec<Reader>,
    /// All ids that somebody has seen.
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

    /// Remembers an id that somebody has seen, which is one of a channel's.
    pub(crate) fn see(&mut self, text: &str) {
        let (epoch, number) = text.split_once('-').unwrap();
        let of = Some((epoch.to_owned(), number.parse().unwrap()));
        let text = text.to_owned();
        self.seen.push(Id { text, of });
    }

    /// Returns what a client sends.
    pub(crate) fn id(&self, channel: usize, last: Last) -> Option<Id> {
        let log = &self.logs[self.current[channel]];
        let other = |text: String| Id { text, of: None };
        Some(match last {
            Last::Nothing => return None,
            Last::Seen(index) => {
                let index = index.checked_rem(self.seen.len())?;
                self.seen[index].clone()
            }
            Last::Newest(back) => self.seen.iter().nth_back(back)?.clone(),
            Last::Back(back) => log.id(log.newest().saturating_sub(back as usize)),
            Last::Future(ahead) => log.id(log.newest() + ahead as usize),
            Last::OtherEpoch(number) => other(format!("other1-{number}")),
            Last::Garbage(kind) => other(garbage(&log.epoch, log.newest(), kind)),
        })
    }

    pub(crate) fn open(&mut self, opening: Opening, id: Option<Id>) {
        let (index, now) = (self.current[opening.channel], self.now);
        let log = &mut self.logs[index];
        log.expire(now);
        log.readers += 1;
        let new = |behind| Reader::new(index, behind, opening);
        let state = Payload::new("state", log.state.clone());
        let fresh = match log.setting.has_state {
            true => new(log.newest()).start_with(state),
            false => new(log.newest()),
        };
        let reader = match (opening.how, id) {
            (How::Preceded, _) => new(log.newest()).start_with(Payload::new("tick", "first")),
            (How::Replay, _) if log.gone == log.newest() => new(log.gone).notified(checkpoint()),
            (How::Replay, _) => new(log.gone),
            (How::Resume(_), Some(id)) => match log.resumes(&id) {
                Some(has) => new(has),
                None if log.setting.has_state => fresh,
                None => Reader::after_gap(index, log, &id, opening),
            },
            (How::Resume(_), None) if !log.setting.has_state => {
                new(log.newest()).notified(checkpoint())
            }
            (How::Subscribe | How::Resume(_), _) => fresh,
        };
        self.readers.push(reader);
    }
}

fn checkpoint() -> Payload {
    Payload::new("checkpoint", "")
}

/// Makes what looks like an id of a channel and is none.
fn garbage(epoch: &str, newest: usize, kind: usize) -> String {
    let garbage = [
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
    garbage[kind].clone()
}
