use std::cell::{Cell, RefCell};

use loom::thread::LocalKey;

/// Loom's macro, which is of an edition without `const` blocks.
macro_rules! loom_thread_local {
    ($($(#[$attribute:meta])* static $name:ident: $type:ty = $init:expr;)*) => {
        $(loom::thread_local! { $(#[$attribute])* static $name: $type = $init })*
    };
}

pub(crate) use loom_thread_local;

/// What std's `LocalKey` of a `Cell` has and loom's has not.
pub(crate) trait LocalCell<T> {
    fn get(&'static self) -> T;
    fn set(&'static self, value: T);
    fn replace(&'static self, value: T) -> T;
}

impl<T: Copy> LocalCell<T> for LocalKey<Cell<T>> {
    fn get(&'static self) -> T {
        self.with(Cell::get)
    }

    fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

/// The same for a `RefCell`.
pub(crate) trait LocalRefCell<T> {
    fn take(&'static self) -> T;
    fn set(&'static self, value: T);
    fn with_borrow<R>(&'static self, read: impl FnOnce(&T) -> R) -> R;
    fn with_borrow_mut<R>(&'static self, change: impl FnOnce(&mut T) -> R) -> R;
}

impl<T: Default> LocalRefCell<T> for LocalKey<RefCell<T>> {
    fn take(&'static self) -> T {
        self.with(RefCell::take)
    }

    fn set(&'static self, value: T) {
        drop(self.with(|cell| cell.replace(value)));
    }

    fn with_borrow<R>(&'static self, read: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| read(&cell.borrow()))
    }

    fn with_borrow_mut<R>(&'static self, change: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| change(&mut cell.borrow_mut()))
    }
}
