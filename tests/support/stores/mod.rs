//! Stores for tests: a plain one that can be damaged, and one around it that fails.

mod damage;
mod faulty;
mod plain;
mod plain_state;
mod rates;

pub(crate) use self::{damage::Damage, faulty::FaultyStore, plain::PlainStore, rates::FaultRates};
