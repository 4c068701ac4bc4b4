use std::time::Duration;

use tower_sse::OpenStreams;

use super::{
    layers::number,
    model::{Model, Running},
    order::{Order, Revocation},
};

/// The streams of a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registry(Vec<usize>);

impl Registry {
    /// Adds a stream, which is in it once.
    pub(crate) fn add(&mut self, id: usize) {
        if !self.0.contains(&id) {
            self.0.push(id);
        }
    }

    pub(crate) fn remove(&mut self, id: usize) {
        self.0.retain(|other| *other != id);
    }

    /// Revokes streams, and returns how many had not been told to end.
    pub(crate) fn revoke(
        &self,
        orders: &mut [Option<Order>],
        revocation: Revocation,
        matches: impl Fn(usize) -> bool,
    ) -> usize {
        let matching = self.0.iter().filter(|id| matches(**id));
        let revoke = |id: &usize| {
            let is_first = orders[*id].is_none();
            orders[*id].get_or_insert(Order::Revoke(revocation));
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
        let expected = self.0.iter().map(|id| {
            let Running::Stream(_, stream) = &model.requests[*id] else {
                panic!("it is no stream");
            };
            let age = Duration::from_millis(model.now - stream.since);
            (*id, age, stream.events(), stream.bytes())
        });
        assert_eq!(streams.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}
