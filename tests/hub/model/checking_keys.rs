use super::{Client, Hub, client::Turn, hide::Hide, keyed::Keyed, keys::Key, start::Point};

impl Client {
    pub(super) fn has_read_keyed(&self, hub: &Hub) -> bool {
        let mut keyed = self.keyed.iter();
        keyed.all(|keyed| keyed.is_read(hub, &self.hide))
    }

    /// Checks a snapshot that begins.
    pub(super) fn check_snapshot(&mut self, hub: &Hub, name: usize, id: Option<Point>) {
        let has_ids = self.is_keyed_alone(hub);
        let mut keyed = self.keyed.iter_mut();
        let keyed =
            keyed.find(|keyed| hub.lives[keyed.life].name == name && keyed.may_begin_snapshot(hub));
        let keyed = keyed.expect("a snapshot");
        keyed.begin_snapshot();
        assert_eq!(id, has_ids.then_some(Point::Keyed(keyed.start())));
        (self.lacks_keyed_id, self.may_lack_keyed_id) = (false, false);
        if has_ids {
            // The client forgets what it has.
            self.id = None;
            self.hide.reset(keyed.start());
        }
    }

    /// Ends empty snapshots beside others: there an end is not seen.
    pub(super) fn end_empty_snapshots(&mut self, hub: &Hub) {
        if !self.is_keyed_alone(hub) {
            for keyed in &mut self.keyed {
                keyed.ends_empty_snapshot(hub);
            }
        }
    }

    pub(super) fn check_keyed_event(&mut self, hub: &Hub, text: &str, id: Option<Point>) {
        let event = hub.find(text);
        let [life] = event.to[..] else { unreachable!() };
        let is_it = |keyed: &Keyed, _: &Hide| keyed.life == life;
        let number = self.check_change(hub, is_it, event.key.unwrap(), true, id);
        let newest = &hub.event(number).payload.text;
        assert_eq!(text, newest, "another event is the newest");
    }

    pub(super) fn check_key_removal(
        &mut self,
        hub: &Hub,
        name: usize,
        key: Key,
        id: Option<Point>,
    ) {
        // The channel of this name may be there twice: a closed one, and one that was made anew.
        let is_it = |keyed: &Keyed, hide: &Hide| {
            hub.lives[keyed.life].name == name && keyed.may_get_removal(hub, hide, key)
        };
        self.check_change(hub, is_it, key, false, id);
    }

    /// Checks the change of a key in the first channel of which this is true. Returns its number.
    fn check_change(
        &mut self,
        hub: &Hub,
        is_it: impl Fn(&Keyed, &Hide) -> bool,
        key: Key,
        is_live: bool,
        id: Option<Point>,
    ) -> u64 {
        self.check_turn(hub, Turn::Keyed);
        let has_ids = self.is_keyed_alone(hub);
        let mut keyed = self.keyed.iter_mut();
        let keyed = keyed.find(|keyed| is_it(keyed, &self.hide));
        let keyed = keyed.expect("a channel");
        let number = keyed.check_change(hub, &self.hide, key, is_live);
        self.lacks_keyed_id = has_ids && id.is_none();
        if let Some(id) = id {
            assert!(has_ids, "an id beside others");
            assert_eq!(id, Point::Keyed(number));
            self.may_lack_keyed_id = false;
            self.hide.reset(number);
        }
        number
    }

    /// Checks a checkpoint of a keyed channel alone: at the end of a round, or after an addition.
    pub(super) fn check_keyed_checkpoint(&mut self, hub: &Hub, id: u64) {
        assert!(self.is_keyed_alone(hub));
        let may_lack_id = std::mem::take(&mut self.may_lack_keyed_id);
        if std::mem::take(&mut self.lacks_keyed_id) {
            return;
        }
        if self.keyed[0].ends_empty_snapshot(hub) {
            return;
        }
        let has_read = self.has_read_keyed(hub);
        let addition = self.additions.front();
        match addition.is_some_and(|addition| *addition <= id && has_read) {
            true => drop(self.additions.pop_front()),
            false => assert!(
                self.hide.is_some() || may_lack_id,
                "a checkpoint for nothing"
            ),
        }
    }

    pub(super) fn check_keyed_number(&self, hub: &Hub, id: u64) {
        assert!(id <= hub.last());
        let [keyed] = &self.keyed[..] else {
            panic!("{id} is of a keyed channel alone");
        };
        let pending = keyed.pending(hub, &self.hide);
        let earlier = pending.values().find(|number| **number <= id);
        assert_eq!(earlier, None, "{id} acknowledges it");
    }

    pub(super) fn check_keyed_wait(&self, hub: &Hub) {
        if !self.is_keyed_alone(hub) {
            return;
        }
        assert!(
            !self.lacks_keyed_id,
            "waits without an id of the last event"
        );
        if let ([keyed], Some(Point::Keyed(id))) = (&self.keyed[..], self.id) {
            let max = (hub.lives[keyed.life].config.max_events / 2).max(1);
            let hidden = keyed.hidden_after(hub, &self.hide, id);
            assert!(hidden < max, "{hidden} keys are hidden after {id}");
        }
    }

    /// Checks that keyed and other channels take turns, if both have events.
    pub(super) fn check_turn(&mut self, hub: &Hub, turn: Turn) {
        // The turn of a hidden event is not seen.
        if self.hide.is_some() {
            return;
        }
        let is_retained = |(number, by): (&u64, &Vec<_>)| {
            let mut lives = by.iter();
            lives.any(|life: &usize| hub.lives[*life].retains(*number))
        };
        let are_others_ready = match turn {
            Turn::Keyed => self.due.iter().any(is_retained),
            Turn::Windows => {
                let mut keyed = self.keyed.iter();
                keyed.any(|keyed| !keyed.pending(hub, &self.hide).is_empty())
            }
        };
        let was_it = self.last_turn == Some((turn, true));
        assert!(!was_it || !are_others_ready, "the others have no turn");
        self.last_turn = Some((turn, are_others_ready));
    }
}
