//! The future that drives a generation over a store.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Instant,
};

use futures_util::{Stream, StreamExt, future::join_all};

use super::{
    ending::{Place, write_end},
    index::error,
    marker,
    node::GenerationNode,
    owner::{LISTENER, Nodes},
};
use crate::{
    Channel, EncodedEvent, Event, EventItem, Stored, Subscription,
    generation::{
        GenerationEnd, GenerationError,
        events::{last_events, poll_event},
    },
    time::ResettableSleep,
};

/// The most events that are stored together.
const MAX_BATCH: usize = 64;

/// The node that drives a generation.
pub(super) struct Driver {
    pub(super) node: GenerationNode,
    pub(super) name: String,
    pub(super) start: u64,
    pub(super) channel: Channel<EncodedEvent, Stored>,
    /// The channel of the generation, by which orders come. The node is present in it.
    pub(super) orders: Subscription,
    pub(super) nodes: Nodes,
}

type Publishing = Pin<Box<dyn Future<Output = Result<u64, GenerationError>> + Send>>;

struct Running {
    driver: Driver,
    sleep: ResettableSleep,
    /// Since when there is no listener.
    idle_since: Option<Instant>,
    bytes: usize,
    last: u64,
    publishing: Option<Publishing>,
    end: Option<GenerationEnd>,
    /// Whether another node has written the end.
    is_written: bool,
}

/// Drives a generation to its end, and writes the end.
pub(super) async fn run<S, L>(driver: Driver, stream: S, last: L) -> GenerationEnd
where
    S: Stream,
    S::Item: EventItem,
    L: Fn(GenerationEnd) -> Vec<Event>,
{
    let timer = driver.node.options.timer().clone();
    let mut running = Running {
        last: driver.start,
        idle_since: Some(timer.now()),
        driver,
        sleep: ResettableSleep::new(timer),
        bytes: 0,
        publishing: None,
        end: None,
        is_written: false,
    };
    let end = {
        let mut stream = pin!(stream);
        poll_fn(|cx| running.poll(stream.as_mut(), cx)).await
    };
    if running.is_written {
        return end;
    }
    let events = last_events(&last, end);
    let Driver {
        node,
        name,
        start,
        channel,
        orders,
        ..
    } = running.driver;
    let place = Place {
        name: &name,
        start,
        last: running.last,
    };
    // If the store is away, the other nodes write the end that they know, when this one has left.
    let _ = write_end(&node, &channel, &place, end, &events).await;
    drop(orders);
    end
}

impl Running {
    fn poll<S>(&mut self, mut stream: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<GenerationEnd>
    where
        S: Stream,
        S::Item: EventItem,
    {
        loop {
            if let Some(end) = self.poll_orders(cx) {
                return Poll::Ready(end);
            }
            if let Some(publishing) = &mut self.publishing {
                let published = ready!(publishing.as_mut().poll(cx));
                self.publishing = None;
                match published {
                    Ok(last) => self.last = last,
                    Err(_) => return Poll::Ready(GenerationEnd::Failed),
                }
            }
            if let Some(end) = self.end {
                return Poll::Ready(end);
            }
            if self.poll_abandoned(cx).is_ready() {
                return Poll::Ready(GenerationEnd::Abandoned);
            }
            let batch = self.take_batch(stream.as_mut(), cx);
            if batch.is_empty() && self.end.is_none() {
                return Poll::Pending;
            }
            self.publish(batch);
        }
    }

    /// Returns the end that another node has ordered, or has written because it took this one for dead.
    fn poll_orders(&mut self, cx: &mut Context<'_>) -> Option<GenerationEnd> {
        while let Poll::Ready(event) = self.driver.orders.poll_next_unpin(cx) {
            let Some(event) = event else {
                return Some(GenerationEnd::Failed);
            };
            match marker::read(event.encoded()) {
                Some((_, "stop")) => return Some(GenerationEnd::Stopped),
                Some(_) => {
                    self.is_written = true;
                    return Some(GenerationEnd::Failed);
                }
                None => {}
            }
        }
        None
    }

    fn poll_abandoned(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.driver.nodes.has(LISTENER, cx) {
            self.idle_since = None;
            return Poll::Pending;
        }
        let since = *self.idle_since.get_or_insert(self.sleep.now());
        let policy = self.driver.node.options.abandon_policy;
        match policy.time().and_then(|time| since.checked_add(time)) {
            Some(due) => self.sleep.poll(due, cx).map(drop),
            None => Poll::Pending,
        }
    }

    /// Takes the events that are ready, as many as are stored together.
    fn take_batch<S>(&mut self, mut stream: Pin<&mut S>, cx: &mut Context<'_>) -> Vec<EncodedEvent>
    where
        S: Stream,
        S::Item: EventItem,
    {
        let mut batch = Vec::new();
        while batch.len() < MAX_BATCH {
            let Poll::Ready(polled) = poll_event(stream.as_mut(), cx) else {
                break;
            };
            match polled.and_then(|event| self.count(event)) {
                Ok(event) => batch.push(event),
                Err(end) => {
                    self.end = Some(end);
                    break;
                }
            }
        }
        batch
    }

    fn count(&mut self, event: EncodedEvent) -> Result<EncodedEvent, GenerationEnd> {
        let options = &self.driver.node.options;
        self.bytes = self.bytes.saturating_add(event.as_bytes().len());
        match !options.overflow_policy.evicts() && self.bytes > options.max_bytes {
            true => Err(GenerationEnd::TooLarge),
            false => Ok(event),
        }
    }

    fn publish(&mut self, batch: Vec<EncodedEvent>) {
        let (channel, last) = (self.driver.channel.clone(), self.last);
        self.publishing = Some(Box::pin(async move {
            let publish = |event| channel.publish::<EncodedEvent>(event);
            let mut last = last;
            for published in join_all(batch.into_iter().map(publish)).await {
                last = channel
                    .number_of(&published.map_err(error)?)
                    .unwrap_or(last);
            }
            Ok(last)
        }));
    }
}
