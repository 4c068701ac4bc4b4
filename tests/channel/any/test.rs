use super::{
    feed::Feed,
    log::Log,
    model::Model,
    payload::{Draft, Payload},
    setting::{CHANNELS, How, Opening, Setting, Step},
    world::World,
};
use crate::served::Polled;

/// What should be, and what is.
pub(crate) struct Test {
    model: Model,
    world: World,
    serial: u64,
}

impl Test {
    pub(crate) fn new(settings: [Setting; CHANNELS]) -> Self {
        let world = World::new(&settings);
        let log = |channel: usize| {
            let (epoch, newest) = world.point(channel);
            assert_eq!(newest, 0);
            Log::new(settings[channel], epoch)
        };
        let model = Model {
            now: 0,
            logs: (0..CHANNELS).map(log).collect(),
            current: [0, 1],
            readers: Vec::new(),
            seen: Vec::new(),
        };
        Self {
            model,
            world,
            serial: 0,
        }
    }

    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Publish(channel, drafts) => self.publish(channel, &drafts),
            Step::Open(opening) => self.open(opening),
            Step::Poll(reader, times, same_task) => {
                (0..times).for_each(|_| self.poll(reader, same_task));
            }
            Step::Drop(reader) => self.drop(reader),
            Step::Close(channel) => {
                self.model.log(channel).close();
                self.world.feeds[channel].channel().close();
            }
            Step::Restart(channel, goes_on) => self.restart(channel, goes_on),
            Step::Advance(millis) => {
                self.model.now += millis;
                self.world.clock.advance(millis);
            }
        }
        self.check();
    }

    fn publish(&mut self, channel: usize, drafts: &[Draft]) {
        let payload = |draft: &Draft| {
            self.serial += 1;
            Payload::of(*draft, self.serial)
        };
        let payloads: Vec<_> = drafts.iter().map(payload).collect();
        let now = self.model.now;
        let log = self.model.log(channel);
        let expected = log.publish(&payloads, now);
        if let ([payload], true) = (&payloads[..], log.setting.has_state) {
            log.state += payload.data();
            if expected.is_err() && !log.is_closed {
                log.skip();
            }
        }
        let published = self.world.feeds[channel].publish(&payloads);
        let published = published.map(|id| id.map(|id| id.to_string()));
        assert_eq!(published.map_err(drop), expected);
        if let Ok(Some(id)) = expected {
            self.model.see(&id);
        }
    }

    fn open(&mut self, opening: Opening) {
        let id = match opening.how {
            How::Resume(last) => self.model.id(opening.channel, last),
            _ => None,
        };
        self.world.open(opening, id.as_ref());
        self.model.open(opening, id);
    }

    fn poll(&mut self, reader: usize, same_task: bool) {
        if !self.is_there(reader) {
            return;
        }
        let model = &mut self.model.readers[reader];
        let expected = model.poll(&mut self.model.logs[model.log], self.model.now);
        assert_eq!(self.world.readers[reader].poll(same_task), expected);
        if let Polled::Frame(seen) = expected {
            let ids = seen.iter().map(|[_, _, id]| id);
            ids.filter(|id| !id.is_empty())
                .for_each(|id| self.model.see(id));
        }
    }

    fn drop(&mut self, reader: usize) {
        if !self.is_there(reader) {
            return;
        }
        let served = self.world.readers[reader].served.take().unwrap();
        let summary = served.leave();
        let model = &mut self.model.readers[reader];
        if !model.has_left {
            self.model.logs[model.log].readers -= 1;
        }
        model.waits_since = None;
        let gone = tower_sse::CloseReason::ClientGone;
        assert_eq!(summary.reason, model.seen_end().unwrap_or(gone));
        assert_eq!(summary.events, Some(model.events));
        assert_eq!(summary.missed, model.missed);
    }

    fn restart(&mut self, channel: usize, goes_on: bool) {
        let feed = &self.world.feeds[channel];
        let newest = feed.newest().filter(|_| goes_on);
        let setting = self.model.log(channel).setting;
        let clock = &self.world.clock;
        let (feed, log) = match newest {
            Some(newest) => {
                let log = Log::after(self.model.log(channel));
                assert_eq!(newest, *log.id_text(log.newest()));
                (Feed::after(feed, clock, &newest), Some(log))
            }
            None => (Feed::new(setting, clock), None),
        };
        self.world.feeds[channel] = feed;
        let (epoch, newest) = self.world.point(channel);
        let log = log.unwrap_or_else(|| Log::new(setting, epoch.clone()));
        assert_eq!((&epoch, newest), (&log.epoch, log.newest()));
        self.model.restart(channel, log);
    }

    fn is_there(&self, reader: usize) -> bool {
        let running = self.world.readers.get(reader);
        running.is_some_and(|running| running.served.is_some())
    }

    fn check(&mut self) {
        for channel in 0..CHANNELS {
            let readers = self.model.log(channel).readers;
            let channel_is = self.world.feeds[channel].channel();
            assert_eq!(channel_is.subscriber_count(), readers);
            assert_eq!(self.world.has_subscribers(channel), readers > 0);
        }
        for (model, running) in self.model.readers.iter().zip(&self.world.readers) {
            let Some(served) = &running.served else {
                continue;
            };
            assert_eq!(served.summary().is_some(), model.is_over);
            let log = &self.model.logs[model.log];
            assert!(model.is_woken(log, running.task.wakes_so_far()));
        }
    }

    /// Has all read what is left, and leave.
    pub(crate) fn end(&mut self) {
        for reader in 0..self.world.readers.len() {
            self.step(Step::Poll(reader, 4, true));
            self.step(Step::Drop(reader));
        }
    }
}
