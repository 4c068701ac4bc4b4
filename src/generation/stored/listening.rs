//! The events of a generation over a store, for one listener.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, ready};

use super::{
    ending::write_loss,
    marker,
    node::GenerationNode,
    owner::{Nodes, OwnerWatch},
};
use crate::{
    Channel, ChannelEvent, CloseReason, EncodedEvent, Stored, Subscription,
    generation::{GenerationEnd, GenerationError},
};

/// A listener, and its position in the events.
pub(super) struct Listening {
    node: GenerationNode,
    name: String,
    channel: Channel<EncodedEvent, Stored>,
    events: Subscription,
    nodes: Nodes,
    owner: OwnerWatch,
    /// The number of the last event that the listener has.
    last: u64,
    /// Writes the end of a generation whose node is gone.
    loss: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    has_ended: bool,
}

/// What the channel of a generation has.
enum Item {
    Event(EncodedEvent),
    End(EncodedEvent, GenerationEnd),
    Gap,
    /// Not for listeners.
    Other,
}

impl Listening {
    pub(super) fn new(
        node: GenerationNode,
        name: String,
        channel: Channel<EncodedEvent, Stored>,
        events: Subscription,
        nodes: Nodes,
        last: u64,
    ) -> Self {
        let timer = node.options.timer().clone();
        let owner = OwnerWatch::new(timer, node.hub.lease());
        Self {
            node,
            name,
            channel,
            events,
            nodes,
            owner,
            last,
            loss: None,
            has_ended: false,
        }
    }

    /// Writes the end of the generation if its node is gone. It comes as an event then.
    fn poll_owner(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(loss) = &mut self.loss {
                ready!(loss.as_mut().poll(cx));
                self.loss = None;
                self.owner.rest();
            }
            ready!(self.owner.poll_gone(&mut self.nodes, &self.node.hub, cx));
            let (channel, name) = (self.channel.clone(), self.name.clone());
            self.loss = Some(Box::pin(write_loss(
                self.node.clone(),
                channel,
                name,
                self.last,
            )));
        }
    }

    /// Returns why the subscription has ended, which no event tells.
    fn failure(&self) -> GenerationError {
        match self.events.close_reason() {
            Some(CloseReason::Lagged) => GenerationError::Evicted,
            _ => GenerationError::Ended(GenerationEnd::Failed),
        }
    }
}

fn read(event: &ChannelEvent) -> Item {
    let event_bytes = event.encoded();
    if !event.has_number() {
        let is_checkpoint = event_bytes.as_bytes().starts_with(b"event: checkpoint\n");
        return if is_checkpoint {
            Item::Other
        } else {
            Item::Gap
        };
    }
    let Some((events, words)) = marker::read(event_bytes) else {
        return Item::Event(event_bytes.clone());
    };
    let end = words
        .strip_prefix("ended ")
        .and_then(GenerationEnd::from_label);
    end.map_or(Item::Other, |end| Item::End(events, end))
}

impl Stream for Listening {
    type Item = Result<EncodedEvent, GenerationError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.has_ended {
            let Poll::Ready(event) = this.events.poll_next_unpin(cx) else {
                let _ = this.poll_owner(cx);
                return Poll::Pending;
            };
            let Some(event) = event else {
                return Poll::Ready(Some(Err(this.failure())));
            };
            match read(&event) {
                Item::Event(encoded) => {
                    let number = event.id().and_then(|id| this.channel.number_of(&id));
                    this.last = number.unwrap_or(this.last);
                    return Poll::Ready(Some(Ok(encoded)));
                }
                Item::Gap => return Poll::Ready(Some(Err(GenerationError::Evicted))),
                Item::Other => {}
                Item::End(events, end) => {
                    this.has_ended = true;
                    if !events.as_bytes().is_empty() {
                        return Poll::Ready(Some(Ok(events)));
                    }
                    if end != GenerationEnd::Completed {
                        return Poll::Ready(Some(Err(GenerationError::Ended(end))));
                    }
                }
            }
        }
        Poll::Ready(None)
    }
}
