use super::{
    commands::{Command, Draft, Opening, Start},
    config::{CHANNELS, Config},
    model::{Log, Model},
    payload::Payload,
    system::{Feed, System},
};
use crate::served::Polled;

/// Runs commands on the model and on the system, and compares the two after each.
pub(crate) struct Test {
    model: Model,
    system: System,
    serial: u64,
}

impl Test {
    pub(crate) fn new(configs: [Config; CHANNELS]) -> Self {
        let system = System::new(&configs);
        let log = |channel: usize| {
            let (epoch, newest) = system.position(channel);
            assert_eq!(newest, 0);
            Log::new(configs[channel], epoch)
        };
        let model = Model {
            now: 0,
            logs: (0..CHANNELS).map(log).collect(),
            current: [0, 1],
            subscribers: Vec::new(),
            seen: Vec::new(),
        };
        Self {
            model,
            system,
            serial: 0,
        }
    }

    pub(crate) fn run(&mut self, command: Command) {
        match command {
            Command::Publish(channel, drafts) => self.publish(channel, &drafts),
            Command::Open(opening) => self.open(opening),
            Command::Poll(subscriber, times, same_task) => {
                (0..times).for_each(|_| self.poll(subscriber, same_task));
            }
            Command::Drop(subscriber) => self.drop(subscriber),
            Command::Close(channel) => {
                self.model.log(channel).close();
                self.system.feeds[channel].channel().close();
            }
            Command::Restart(channel) => self.restart(channel),
            Command::Advance(millis) => {
                self.model.now += millis;
                self.system.clock.advance(millis);
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
        if let ([payload], true) = (&payloads[..], log.config.has_state) {
            log.state += payload.data();
            if expected.is_err() && !log.is_closed {
                log.skip();
            }
        }
        let published = self.system.feeds[channel].publish(&payloads);
        let published = published.map(|id| id.map(|id| id.to_string()));
        assert_eq!(published.map_err(drop), expected);
        if let Ok(Some(id)) = expected {
            self.model.see(&id);
        }
    }

    fn open(&mut self, opening: Opening) {
        let id = match opening.start {
            Start::Resume(last) => self.model.id(opening.channel, last),
            _ => None,
        };
        self.system.open(opening, id.as_ref());
        self.model.open(opening, id);
    }

    fn poll(&mut self, subscriber: usize, same_task: bool) {
        if !self.is_there(subscriber) {
            return;
        }
        let model = &mut self.model.subscribers[subscriber];
        let expected = model.poll(&mut self.model.logs[model.log], self.model.now);
        assert_eq!(
            self.system.subscribers[subscriber].poll(same_task),
            expected
        );
        if let Polled::Frame(seen) = expected {
            let ids = seen.iter().map(|[_, _, id]| id);
            ids.filter(|id| !id.is_empty())
                .for_each(|id| self.model.see(id));
        }
    }

    fn drop(&mut self, subscriber: usize) {
        if !self.is_there(subscriber) {
            return;
        }
        let served = self.system.subscribers[subscriber].served.take().unwrap();
        let summary = served.leave();
        let model = &mut self.model.subscribers[subscriber];
        if !model.has_ended {
            self.model.logs[model.log].subscribers -= 1;
        }
        model.waits_since = None;
        let client_gone = tower_sse::CloseReason::ClientGone;
        assert_eq!(summary.reason, model.close_reason().unwrap_or(client_gone));
        assert_eq!(summary.events, Some(model.events));
        assert_eq!(summary.missed, model.missed);
    }

    fn restart(&mut self, channel: usize) {
        let config = self.model.log(channel).config;
        self.system.feeds[channel] = Feed::new(config, &self.system.clock);
        let (epoch, newest) = self.system.position(channel);
        assert_eq!(newest, 0);
        self.model.restart(channel, Log::new(config, epoch));
    }

    fn is_there(&self, subscriber: usize) -> bool {
        let subscriber = self.system.subscribers.get(subscriber);
        subscriber.is_some_and(|subscriber| subscriber.served.is_some())
    }

    fn check(&mut self) {
        for channel in 0..CHANNELS {
            let subscribers = self.model.log(channel).subscribers;
            let channel_is = self.system.feeds[channel].channel();
            assert_eq!(channel_is.subscriber_count(), subscribers);
            assert_eq!(self.system.has_subscribers(channel), subscribers > 0);
        }
        let subscribers = self.system.subscribers.iter_mut();
        for (model, subscriber) in self.model.subscribers.iter().zip(subscribers) {
            let Some(served) = &subscriber.served else {
                continue;
            };
            assert_eq!(served.summary().is_some(), model.is_closed);
            let log = &self.model.logs[model.log];
            assert!(model.is_woken(log, subscriber.wakes()));
        }
    }

    /// Has all subscribers read what is left, then drops them.
    pub(crate) fn end(&mut self) {
        for subscriber in 0..self.system.subscribers.len() {
            self.run(Command::Poll(subscriber, 4, true));
            self.run(Command::Drop(subscriber));
        }
    }
}
