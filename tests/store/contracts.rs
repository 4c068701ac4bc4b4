//! The stores that keep the contract.

use tower_sse::store::{MemoryStore, MemoryStoreOptions};

use crate::{
    clock::Clock,
    contract::{contract, contract_of_losses},
    database::OwnedStore,
    stores::PlainStore,
    support::epoch,
};

fn memory_store() -> MemoryStore {
    let options = MemoryStoreOptions::with_timer(Clock::new());
    MemoryStore::new(options.epoch(epoch("now")))
}

fn plain_store() -> PlainStore {
    PlainStore::new(epoch("now"))
}

mod memory {
    super::contract!(super::memory_store());
    super::contract_of_losses!(super::memory_store());
}

mod plain {
    super::contract!(super::plain_store());
    super::contract_of_losses!(super::plain_store());
}

mod sqlite {
    super::contract!(super::OwnedStore::new().await);
}
