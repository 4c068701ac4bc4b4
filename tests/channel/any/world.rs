use futures::{FutureExt, StreamExt, future::ready, stream};
use tower_sse::{EventId, EventStream, LastEventId, Subscription};

use super::{
    clock::Clock,
    feed::Feed,
    log::Id,
    payload::Payload,
    setting::{Around, Opening, Setting},
};
use crate::{
    served::{Polled, Served, silent},
    support::seen,
    wake_ups::Task,
};

/// What is.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) feeds: Vec<Feed>,
    pub(crate) readers: Vec<Running>,
}

pub(crate) struct Running {
    pub(crate) served: Option<Served>,
    pub(crate) task: Task,
}

impl World {
    pub(crate) fn new(settings: &[Setting]) -> Self {
        let clock = Clock::new();
        let feeds = settings.iter().map(|setting| Feed::new(*setting, &clock));
        Self {
            feeds: feeds.collect(),
            clock,
            readers: Vec::new(),
        }
    }

    /// Returns the epoch and the newest number of a channel, as a snapshot tells them.
    pub(crate) fn point(&self, channel: usize) -> (String, usize) {
        let subscription = self.feeds[channel].channel().subscribe();
        let event = Payload::new("message", "").event();
        let [[_, _, id]] = &seen(&mut subscription.preceded_by(event))[..] else {
            panic!("a snapshot and nothing else");
        };
        let (epoch, number) = id.split_once('-').unwrap();
        (epoch.to_owned(), number.parse().unwrap())
    }

    pub(crate) fn open(&mut self, opening: Opening, id: Option<&Id>) {
        let last = id.and_then(|id| LastEventId::new(EventId::try_from(&id.text).unwrap()));
        let feed = &self.feeds[opening.channel];
        let subscription = feed.open(opening.how, last.as_ref());
        self.readers.push(Running {
            served: Some(serve(subscription, opening, &self.clock)),
            task: Task::default(),
        });
    }

    pub(crate) fn has_subscribers(&self, channel: usize) -> bool {
        let channel = self.feeds[channel].channel();
        let occupied = channel.occupied().now_or_never() == Some(true);
        assert_ne!(occupied, channel.vacant().now_or_never().is_some());
        occupied
    }
}

fn serve(subscription: Subscription, opening: Opening, clock: &Clock) -> Served {
    let layer = silent(clock.clone());
    let size = opening.frame_size;
    match opening.around {
        Around::Nothing => Served::new(layer, EventStream::new(subscription).frame_size(size)),
        Around::Box => {
            let stream = EventStream::new(subscription.boxed()).frame_size(size);
            Served::new(layer, stream.into_boxed())
        }
        Around::TakeWhile => {
            let stream = subscription.take_while(|_| ready(true));
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Around::Select => {
            let stream = stream::select(subscription, stream::empty());
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
    }
}

impl Running {
    pub(crate) fn poll(&mut self, same_task: bool) -> Polled {
        if !same_task {
            self.task = Task::default();
        }
        self.task.wakes();
        self.served.as_mut().unwrap().poll(&self.task.waker())
    }
}
