use std::time::Duration;

use tower_sse::OpenStreams;

use super::{
    layers::number,
    model::{Model, Running},
    order::{Order, Revocation},
    told::Side,
};

/// The streams of a registry, with the layer that has put each into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registry(Vec<(usize, Side)>);

/// What a stream was told from outside, by way of each layer.
pub(crate) type Orders = [Option<Order>; 2];

impl Registry {
    /// Adds a stream, which is in it once.
    pub(crate) fn add(&mut self, id: usize, side: Side) {
        if !self.ids().any(|other| other == id) {
            self.0.push((id, side));
        }
    }

    pub(crate) fn remove(&mut self, id: usize) {
        self.0.retain(|(other, _)| *other != id);
    }

    /// Returns the streams, in the order in which they were opened.
    pub(crate) fn ids(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Revokes streams, and returns how many had not been told to end.
    pub(crate) fn revoke(
        &self,
        orders: &mut [Orders],
        revocation: Revocation,
        matches: impl Fn(usize) -> bool,
    ) -> usize {
        let matching = self.0.iter().filter(|(id, _)| matches(*id));
        let revoke = |(id, side): &(usize, Side)| {
            let order = &mut orders[*id][*side as usize];
            let is_first = order.is_none();
            order.get_or_insert(Order::Revoke(revocation));
            usize::from(is_first)
        };
        matching.map(revoke).sum()
    }

    /// Asserts that a registry has these streams, and what they have sent.
    #[track_caller]
    pub(crate) fn assert_is(&self, is: &OpenStreams, model: &Model) {
        assert_eq!(is.count(), self.0.len());
        let streams = is.list().into_iter().map(|stream| {
            let number = number(&stream.tags);
            (number, stream.age, stream.events, stream.bytes)
        });
        let expected = self.0.iter().map(|(id, _)| {
            let Running::Stream(_, stream) = &model.requests[*id] else {
                panic!("it is no stream");
            };
            let age = Duration::from_millis(model.now - stream.since);
            (*id, age, stream.events(), stream.bytes())
        });
        assert_eq!(streams.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}
