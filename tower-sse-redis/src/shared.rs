//! The state that the clones of a store share.

use std::time::Duration;

use redis::Client;

use crate::{
    keys::Keys,
    link::{Demotions, Link},
    options::RedisStoreOptions,
};

/// A node has no more than three connections: these two, and one of the tail.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: RedisStoreOptions,
    pub(crate) keys: Keys,
    pub(crate) appends: Link,
    pub(crate) reads: Link,
    client: Client,
    demotions: Demotions,
}

impl Shared {
    pub(crate) fn new(options: RedisStoreOptions, client: Client) -> Self {
        let demotions = Demotions::default();
        let link = || {
            let link = Link::new(
                client.clone(),
                options.connect_timeout,
                options.response_timeout,
                demotions.clone(),
            );
            match options.gap_after_restart {
                true => link.knowing_server(),
                false => link,
            }
        };
        Self {
            keys: Keys::new(&options.prefix),
            appends: link(),
            reads: link(),
            options,
            client,
            demotions,
        }
    }

    /// Returns another connection, on which commands block for some time.
    pub(crate) fn link(&self, block: Duration) -> Link {
        let response = block.saturating_add(self.options.response_timeout);
        Link::new(
            self.client.clone(),
            self.options.connect_timeout,
            response,
            self.demotions.clone(),
        )
    }
}
