//! A client that does not read for a while, of a channel that holds little.

use std::num::NonZeroUsize;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tower_sse::{Channel, ChannelOptions, CloseReason, Event, EventId, LagPolicy, StreamSummary};

use crate::{
    alone,
    client::{Client, ask},
    decode::Seen,
    guard,
    server::{Server, frugal, quiet, small_socket},
};

const EVENTS: usize = 500;

/// How many are held.
const HELD: usize = 8;

/// How long each is: all together are many times what the buffers on the way may hold.
const SIZE: usize = 32 * 1024;

/// A channel, with a client that does not read what is published after the first event.
struct Setting {
    channel: Channel,
    server: Server,
    closed: UnboundedReceiver<StreamSummary>,
    client: Client,
    /// Of all events, in their order.
    ids: Vec<EventId>,
}

impl Setting {
    async fn new(lag: LagPolicy) -> Self {
        let most = NonZeroUsize::new(HELD).unwrap();
        let channel = Channel::new(ChannelOptions::new().max_events(most).lag_policy(lag));
        let (close, closed) = mpsc::unbounded_channel();
        let layer = quiet().on_close(move |summary| close.send(summary.clone()).unwrap());
        let subscribe = {
            let channel = channel.clone();
            move |_: &str, id: Option<&_>| match id {
                None => channel.subscribe(),
                id => channel.resume(id),
            }
        };
        let server = Server::start(frugal(), layer, small_socket(), subscribe);
        let socket = ask(small_socket(), server.address, "/", None);
        let client = Client::begin(guard(socket).await.unwrap()).await;
        guard(channel.wait_for_subscriber()).await;
        let mut setting = Self {
            channel,
            server,
            closed,
            client,
            ids: Vec::new(),
        };
        setting.publish();
        let first = setting.client.next().await.unwrap();
        assert_eq!(first, setting.event(1));
        (1..EVENTS).for_each(|_| setting.publish());
        setting
    }

    fn publish(&mut self) {
        let data = data(self.ids.len() + 1);
        self.ids
            .push(self.channel.publish(Event::new(data)).unwrap());
    }

    /// Returns what a client sees of an event.
    fn event(&self, number: usize) -> Seen {
        Seen {
            name: String::new(),
            data: data(number),
            id: self.id(number),
        }
    }

    fn id(&self, number: usize) -> String {
        self.ids[number - 1].to_string()
    }

    async fn end(self) {
        drop(self.client);
        guard(self.channel.wait_until_idle()).await;
        self.server.end().await;
    }
}

fn data(number: usize) -> String {
    format!("{number:.>SIZE$}")
}

#[test]
fn a_lagged_client_reads_what_it_got_and_resumes_with_a_notice() {
    alone(async {
        let mut setting = Setting::new(LagPolicy::disconnect()).await;
        let mut last = 1;
        while let Some(seen) = setting.client.next().await {
            last += 1;
            assert_eq!(seen, setting.event(last));
        }
        assert!(last <= EVENTS - HELD, "it has not lagged");
        let summary = guard(setting.closed.recv()).await.unwrap();
        assert_eq!(summary.reason, CloseReason::Lagged);
        assert_eq!((summary.events, summary.missed), (Some(last as u64), 0));
        assert_eq!(setting.channel.subscriber_count(), 0);

        let id = setting.id(last);
        let mut client = Client::open(setting.server.address, "/", Some(id.as_bytes())).await;
        let oldest = EVENTS - HELD + 1;
        let notice = Seen {
            name: "gap".to_owned(),
            data: setting.id(oldest),
            id: setting.id(oldest - 1),
        };
        assert_eq!(client.next().await.unwrap(), notice);
        setting.publish();
        for number in oldest..=EVENTS + 1 {
            assert_eq!(client.next().await.unwrap(), setting.event(number));
        }
        drop(client);
        setting.end().await;
    });
}

#[test]
fn a_lagged_client_is_notified_how_many_it_missed_and_reads_on() {
    alone(async {
        let mut setting = Setting::new(LagPolicy::notify()).await;
        setting.channel.close();
        let (mut last, mut missed) = (1, 0);
        while let Some(seen) = setting.client.next().await {
            if seen.name != "lagged" {
                last += 1;
                assert_eq!(seen, setting.event(last));
                continue;
            }
            let skipped: usize = seen.data.parse().unwrap();
            assert_ne!(skipped, 0);
            assert_eq!(seen.id, setting.id(last), "it would get the notice again");
            (last, missed) = (last + skipped, missed + skipped);
        }
        assert_eq!(last, EVENTS);
        assert!(missed > 0, "it has not lagged");
        let summary = guard(setting.closed.recv()).await.unwrap();
        assert_eq!(summary.reason, CloseReason::Completed);
        assert_eq!(summary.missed, missed as u64);
        setting.end().await;
    });
}
