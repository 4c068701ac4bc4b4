use futures::{FutureExt, StreamExt, future::ready, stream};
use tower_sse::{
    BoxError, ChannelEvent, EncodeEvent, EncodedEvent, Encoder, EventId, EventStream, LastEventId,
    Subscription,
};

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

/// How many events a batch has at most.
pub(crate) const BATCH: usize = 3;

const TICK: &[u8] = b"event: tick\n";

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
        let [[_, _, id]] = &seen(&mut subscription.start_with(event))[..] else {
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
        let occupied = channel.wait_for_subscriber().now_or_never() == Some(true);
        assert_ne!(occupied, channel.wait_until_idle().now_or_never().is_some());
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
        Around::Map => Served::new(
            layer,
            EventStream::new(subscription.map(EncodedEvent::from)).frame_size(size),
        ),
        Around::Filter => {
            let is_tick = |event: &ChannelEvent| event.encoded().as_bytes().starts_with(TICK);
            let stream = subscription.filter(move |event| ready(!is_tick(event)));
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Around::Batch => {
            let stream = subscription.ready_chunks(BATCH).map(Batch);
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Around::Merge => {
            let stream = stream::select(subscription, stream::pending());
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Around::Select => {
            let stream = stream::select(subscription, stream::empty());
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
    }
}

/// Several events as one item.
struct Batch(Vec<ChannelEvent>);

impl EncodeEvent for Batch {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        self.0.iter().try_for_each(|event| event.encode(encoder))
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
