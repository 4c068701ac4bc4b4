/// A place among the open streams, held until it is dropped.
pub(crate) type Permit = Box<dyn Send + Sync>;
