use futures::{StreamExt, future::ready, stream};
use tower_sse::{
    BoxError, ChannelEvent, EncodeEvent, EncodedEvent, Encoder, EventStream, Subscription,
};

use crate::{
    any::commands::{Adapter, CHUNK, Opening},
    clock::Clock,
    served::{Polled, Served, silent},
    task::Task,
};

const TICK: &[u8] = b"event: tick\n";

/// A stream, and the task that polls it.
pub(crate) struct Subscriber {
    /// `None` after the client has disconnected.
    pub(crate) served: Option<Served>,
    task: Task,
    wakes: usize,
}

impl Subscriber {
    pub(crate) fn new(subscription: Subscription, opening: Opening, clock: &Clock) -> Self {
        Self {
            served: Some(serve(subscription, opening, clock)),
            task: Task::default(),
            wakes: 0,
        }
    }

    pub(crate) fn poll(&mut self, same_task: bool) -> Polled {
        if !same_task {
            self.task = Task::default();
        }
        self.task.wakes();
        self.wakes = 0;
        self.served.as_mut().unwrap().poll(&self.task.waker())
    }

    /// Returns how often the task has been woken since the last poll began.
    pub(crate) fn wakes(&mut self) -> usize {
        self.wakes += self.task.wakes();
        self.wakes
    }
}

fn serve(subscription: Subscription, opening: Opening, clock: &Clock) -> Served {
    let layer = silent(clock.clone());
    let size = opening.frame_size;
    match opening.adapter {
        Adapter::None => Served::new(layer, EventStream::new(subscription).frame_size(size)),
        Adapter::Boxed => {
            let stream = EventStream::new(subscription.boxed()).frame_size(size);
            Served::new(layer, stream.into_boxed())
        }
        Adapter::TakeWhile => {
            let stream = subscription.take_while(|_| ready(true));
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Adapter::Map => Served::new(
            layer,
            EventStream::new(subscription.map(EncodedEvent::from)).frame_size(size),
        ),
        Adapter::Filter => {
            let is_tick = |event: &ChannelEvent| event.encoded().as_bytes().starts_with(TICK);
            let stream = subscription.filter(move |event| ready(!is_tick(event)));
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Adapter::Chunks => {
            let stream = subscription.ready_chunks(CHUNK).map(Chunk);
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Adapter::Merge => {
            let stream = stream::select(subscription, stream::pending());
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
        Adapter::Select => {
            let stream = stream::select(subscription, stream::empty());
            Served::new(layer, EventStream::new(stream).frame_size(size))
        }
    }
}

/// Several events as one item.
struct Chunk(Vec<ChannelEvent>);

impl EncodeEvent for Chunk {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        self.0.iter().try_for_each(|event| event.encode(encoder))
    }
}
