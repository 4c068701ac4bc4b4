use crate::any::{config::Config, payload::Payload};

/// A channel: all events that were ever published, and how many of them are evicted.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) config: Config,
    pub(crate) epoch: String,
    /// The first event has the number 1.
    pub(crate) published: Vec<Published>,
    pub(crate) evicted: usize,
    pub(crate) is_closed: bool,
    pub(crate) state: String,
    /// How often the waiting subscribers have been notified.
    pub(crate) notifications: u64,
    pub(crate) subscribers: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) payload: Payload,
    at: u64,
}

/// An id that a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    pub(crate) text: String,
    /// The epoch and the number, if it is an id of a channel.
    pub(crate) issued: Option<(String, usize)>,
}

impl Log {
    pub(crate) fn new(config: Config, epoch: String) -> Self {
        Self {
            config,
            epoch,
            published: Vec::new(),
            evicted: 0,
            is_closed: false,
            state: String::new(),
            notifications: 0,
            subscribers: 0,
        }
    }

    /// Returns the number of the newest event, 0 if there was none.
    pub(crate) fn newest(&self) -> usize {
        self.published.len()
    }

    pub(crate) fn id(&self, number: usize) -> Id {
        Id {
            text: format!("{}-{number}", self.epoch),
            issued: Some((self.epoch.clone(), number)),
        }
    }

    pub(crate) fn id_text(&self, number: usize) -> String {
        self.id(number).text
    }

    /// Returns the id of the newest event; `Err` if nothing is published.
    pub(crate) fn publish(&mut self, payloads: &[Payload], now: u64) -> Result<Option<String>, ()> {
        if payloads.is_empty() {
            return Ok(None);
        }
        let ids = (self.newest() + 1..).map(|number| self.id_text(number));
        let lens = payloads
            .iter()
            .zip(ids)
            .map(|(payload, id)| payload.len(&id));
        let is_too_large = lens.sum::<usize>() > self.config.max_bytes;
        if is_too_large || payloads.len() > self.config.max_events || self.is_closed {
            return Err(());
        }
        self.expire(now);
        let published = payloads.iter().map(|payload| Published {
            payload: payload.clone(),
            at: now,
        });
        self.published.extend(published);
        let fits = |evicted: &usize| self.fits(*evicted);
        self.evicted = (self.evicted..=self.newest()).find(fits).unwrap();
        self.notifications += 1;
        Ok(Some(self.id_text(self.newest())))
    }

    /// Notes a change of the state whose event is too large to publish.
    pub(crate) fn skip(&mut self) {
        self.published.push(Published {
            payload: Payload::new("never", "seen"),
            at: 0,
        });
        self.evicted = self.newest();
        self.notifications += 1;
    }

    /// Returns `true` if the rest is within the bounds after this many evictions.
    fn fits(&self, evicted: usize) -> bool {
        let rest = (evicted + 1..).zip(&self.published[evicted..]);
        let len =
            |(number, published): (usize, &Published)| published.payload.len(&self.id_text(number));
        let bytes: usize = rest.map(len).sum();
        self.newest() - evicted <= self.config.max_events && bytes <= self.config.max_bytes
    }

    /// Evicts the events that are too old.
    pub(crate) fn expire(&mut self, now: u64) {
        let Some(age) = self.config.max_age else {
            return;
        };
        let is_young = |published: &Published| now <= published.at + age;
        let young = self.published[self.evicted..].iter().position(is_young);
        self.evicted = young.map_or(self.newest(), |old| self.evicted + old);
    }

    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        self.notifications += 1;
    }

    /// Returns the number that a client resumes after, if all later events are retained.
    pub(crate) fn resumes(&self, id: &Id) -> Option<usize> {
        let (epoch, number) = id.issued.clone()?;
        let is_retained = (self.evicted..=self.newest()).contains(&number);
        (epoch == self.epoch && is_retained).then_some(number)
    }

    /// Returns the id of the oldest retained event.
    pub(crate) fn oldest(&self) -> Option<String> {
        (self.evicted < self.newest()).then(|| self.id_text(self.evicted + 1))
    }
}
