/// A place in a limit, which is given back when the permit is dropped.
pub(crate) type Permit = Box<dyn Send + Sync>;
