use loom::thread;

use super::support::{holding, number, published, rest, resume, text};
use crate::{Channel, ChannelEvent, EventId, loom_tests::in_every_order};

/// A client that reconnects until it has seen the last event.
struct Client {
    last_event_id: EventId,
    /// The next number that it is to get.
    next: u64,
}

impl Client {
    fn come_back(&mut self, channel: &Channel<str>) {
        let subscription = resume(channel, self.last_event_id.clone());
        for (place, event) in rest(subscription).iter().enumerate() {
            self.take(place, event);
        }
    }

    fn take(&mut self, place: usize, event: &ChannelEvent) {
        let Some((number, data)) = published(event) else {
            assert_eq!(place, 0, "a gap in the middle");
            return self.take_gap(event);
        };
        assert_eq!((number, data), (self.next, self.next.to_string()));
        self.last_event_id = event.id().unwrap();
        self.next += 1;
    }

    /// Checks that there is a gap, and that its notice is right.
    fn take_gap(&mut self, event: &ChannelEvent) {
        let (notice, id) = text(event);
        let oldest = number(notice.strip_prefix("event: gap\ndata: ").unwrap());
        assert!(oldest > self.next);
        assert_eq!(number(&id), oldest - 1);
        self.last_event_id = EventId::try_from(id).unwrap();
        self.next = oldest;
    }
}

/// Resumes while five events are published to a log that retains this many.
fn resume_in_a_log_of(events: usize) {
    in_every_order(2, move || {
        let channel = Channel::<str>::new(holding(events));
        let last_event_id = channel.publish("1").unwrap();
        channel.publish("2").unwrap();
        let publisher = thread::spawn({
            let channel = channel.clone();
            move || {
                for text in ["3", "4", "5"] {
                    channel.publish(text).unwrap();
                }
                channel.close();
            }
        });
        let mut client = Client {
            last_event_id,
            next: 2,
        };
        while client.next <= 5 {
            client.come_back(&channel);
        }
        publisher.join().unwrap();
        assert_eq!(channel.subscriber_count(), 0);
    });
}

#[test]
fn a_client_resumes_with_no_loss_and_no_duplicates() {
    resume_in_a_log_of(5);
}

#[test]
fn a_client_that_resumes_during_evictions_gets_a_notice_of_every_gap() {
    resume_in_a_log_of(2);
    resume_in_a_log_of(1);
}
