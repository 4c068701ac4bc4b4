/// A place in a limit, which is given back when the permit is dropped (`held_place.rs`).
pub(crate) type Permit = Box<dyn Send + Sync>;
