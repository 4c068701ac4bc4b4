use loom::thread;

use super::support::{holding, number, published, rest, text};
use crate::{
    ChannelEvent, Event, EventId, EventName, LastEventId, StateChannel, loom_tests::in_every_order,
};

const STATE: EventName = EventName::from_static("state");

type Count = StateChannel<u64, String>;

fn step(count: &mut u64) -> String {
    *count += 1;
    count.to_string()
}

/// A client that reconnects until it knows the last state.
#[derive(Default)]
struct Client {
    last_event_id: Option<LastEventId>,
    /// The state as far as it knows, which is the number of its last event too.
    seen: u64,
}

impl Client {
    fn come_back(&mut self, count: &Count) {
        let snapshot = |count: &u64| Event::new(count.to_string()).name(STATE);
        let resumed = count.resume(self.last_event_id.as_ref(), snapshot);
        for (place, event) in rest(resumed.unwrap()).iter().enumerate() {
            self.take(place, event);
        }
    }

    fn take(&mut self, place: usize, event: &ChannelEvent) {
        let (state, id) = text(event);
        let state = state.rsplit_once("data: ").unwrap().1.parse().unwrap();
        match published(event) {
            Some(_) => assert_eq!(state, self.seen + 1),
            None => assert!(place == 0 && state >= self.seen),
        }
        assert_eq!(number(&id), state);
        self.seen = state;
        self.last_event_id = LastEventId::new(EventId::try_from(id).unwrap());
    }
}

/// Follows a state that changes twice, in a channel that retains this many changes.
fn follow(events: usize) {
    in_every_order(3, move || {
        let count = Count::new(0, holding(events));
        let counting = thread::spawn({
            let count = count.clone();
            move || {
                count.update(step).unwrap();
                count.update(step).unwrap();
                count.channel().close();
            }
        });
        let mut client = Client::default();
        while client.seen < 2 {
            client.come_back(&count);
        }
        counting.join().unwrap();
    });
}

#[test]
fn no_change_is_lost_or_repeated_after_a_snapshot() {
    follow(10);
}

#[test]
fn a_client_whose_next_change_was_evicted_gets_a_new_snapshot() {
    follow(1);
}
