use super::{
    payload::Payload,
    setting::{Answer, Setting},
};

/// A channel as it should be: everything that was ever published, and how much of it is held.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) setting: Setting,
    pub(crate) epoch: String,
    /// Also by a channel before it whose numbers it has taken up. The first has the number 1.
    pub(crate) published: Vec<Published>,
    /// How many of them are not held any more.
    pub(crate) gone: usize,
    pub(crate) is_closed: bool,
    pub(crate) state: String,
    /// How often those who wait have been told to look.
    pub(crate) tellings: u64,
    pub(crate) readers: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) payload: Payload,
    at: u64,
}

/// What a client has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    pub(crate) text: String,
    /// The epoch and the number, if it has been given to an event.
    pub(crate) of: Option<(String, usize)>,
}

impl Log {
    pub(crate) fn new(setting: Setting, epoch: String) -> Self {
        Self {
            setting,
            epoch,
            published: Vec::new(),
            gone: 0,
            is_closed: false,
            state: String::new(),
            tellings: 0,
            readers: 0,
        }
    }

    /// Makes one that numbers on.
    pub(crate) fn after(before: &Self) -> Self {
        Self {
            published: before.published.clone(),
            gone: before.newest(),
            ..Self::new(before.setting, before.epoch.clone())
        }
    }

    /// Returns the number of the newest event, 0 if there was none.
    pub(crate) fn newest(&self) -> usize {
        self.published.len()
    }

    pub(crate) fn id(&self, number: usize) -> Id {
        Id {
            text: format!("{}-{number}", self.epoch),
            of: Some((self.epoch.clone(), number)),
        }
    }

    pub(crate) fn id_text(&self, number: usize) -> String {
        self.id(number).text
    }

    /// Returns the id of the newest; `Err` if nothing is published.
    pub(crate) fn publish(&mut self, payloads: &[Payload], now: u64) -> Result<Option<String>, ()> {
        if payloads.is_empty() {
            return Ok(None);
        }
        let ids = (self.newest() + 1..).map(|number| self.id_text(number));
        let lens = payloads
            .iter()
            .zip(ids)
            .map(|(payload, id)| payload.len(&id));
        let is_too_large = lens.sum::<usize>() > self.setting.max_bytes;
        if is_too_large || payloads.len() > self.setting.max_events || self.is_closed {
            return Err(());
        }
        self.expire(now);
        let published = payloads.iter().map(|payload| Published {
            payload: payload.clone(),
            at: now,
        });
        self.published.extend(published);
        let fits = |gone: &usize| self.fits(*gone);
        self.gone = (self.gone..=self.newest()).find(fits).unwrap();
        self.tellings += 1;
        Ok(Some(self.id_text(self.newest())))
    }

    /// Heeds that the state has changed by what cannot be published.
    pub(crate) fn skip(&mut self) {
        self.published.push(Published {
            payload: Payload::new("never", "seen"),
            at: 0,
        });
        self.gone = self.newest();
        self.tellings += 1;
    }

    /// Tells whether all but so many may be held.
    fn fits(&self, gone: usize) -> bool {
        let rest = (gone + 1..).zip(&self.published[gone..]);
        let len =
            |(number, published): (usize, &Published)| published.payload.len(&self.id_text(number));
        let bytes: usize = rest.map(len).sum();
        self.newest() - gone <= self.setting.max_events && bytes <= self.setting.max_bytes
    }

    /// Lets go of what is too old.
    pub(crate) fn expire(&mut self, now: u64) {
        let Some(age) = self.setting.max_age else {
            return;
        };
        let is_young = |published: &Published| now <= published.at + age;
        let young = self.published[self.gone..].iter().position(is_young);
        self.gone = young.map_or(self.newest(), |old| self.gone + old);
    }

    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        self.tellings += 1;
    }

    /// Returns how many events a client has that can resume, for all others are held.
    pub(crate) fn resumes(&self, id: &Id) -> Option<usize> {
        let (epoch, number) = id.of.clone()?;
        let is_held = (self.gone..=self.newest()).contains(&number);
        (epoch == self.epoch && is_held).then_some(number)
    }

    /// Returns the id of the oldest event that is held, if one is.
    pub(crate) fn oldest(&self) -> Option<String> {
        (self.gone < self.newest()).then(|| self.id_text(self.gone + 1))
    }

    /// Returns what a store finds that has everything, with their numbers.
    pub(crate) fn find(&self, id: &Id) -> Vec<(usize, Payload)> {
        let known = id.of.iter().filter(|(epoch, _)| *epoch == self.epoch);
        let known = known.map(|(_, number)| *number);
        let start = known.filter(|number| *number <= self.newest()).max();
        let found = (1..).zip(&self.published[..self.gone]);
        let found = found.skip(start.unwrap_or(0));
        found
            .map(|(number, published)| (number, published.payload.stored()))
            .collect()
    }

    /// Returns after how many events a store fails, if it does.
    pub(crate) fn fails_after(&self) -> Option<usize> {
        match self.setting.on_gap {
            Answer::Fill(fails_after) => fails_after,
            Answer::Tell | Answer::Live => None,
        }
    }
}
