//! The argument of [`Channel::publish`](super::Channel::publish).

use std::borrow::Borrow;

/// A value, or a reference to one, that can be published on a `Channel<T>`.
///
/// That is a `T` itself, or a type that borrows as one, such as `String` for a
/// [`Channel<str>`](super::Channel).
///
/// It is implemented for every `Borrow<T>`; there is no need to implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be published on a `Channel<{T}>`",
    label = "not a `{T}`",
    note = "for a channel of `Json<_>` wrap it in `Json`, for one of `Tagged<_>` in `Tagged`",
    note = "for text, on a channel of `Event`, write `Event::new(text)`"
)]
pub trait BorrowEvent<T: ?Sized> {
    /// Returns the event.
    fn borrow_event(&self) -> &T;
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized, B: Borrow<T>> BorrowEvent<T> for B {
    fn borrow_event(&self) -> &T {
        self.borrow()
    }
}
