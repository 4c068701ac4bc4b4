//! The setters of the options of a stream, from the same table as those of
//! [`SseOptions`](crate::SseOptions).

use crate::{SseLayer, policy::stream_options};

/// Declares a setter for each option that a layer has.
macro_rules! declare_setters {
    (
        both {
            $($(#[$doc:meta])* fn $name:ident($value:ident: $given:ty) as $kept:ty;)*
        }
        response { $($of_response:tt)* }
    ) => {
        impl SseLayer {
            $(
                $(#[$doc])*
                pub fn $name(self, $value: $given) -> Self {
                    self.set_options(|options| options.$name($value))
                }
            )*
        }
    };
}

stream_options!(call declare_setters;);

impl SseLayer {
    /// Sets whether a GET, QUERY or HEAD request whose `Accept` does not allow `text/event-stream` gets
    /// 406 Not Acceptable in place of a stream. By default it gets the stream.
    ///
    /// A handler can send its stream all the same:
    /// [`SseOptions::ignore_accept`](crate::SseOptions::ignore_accept).
    pub fn require_accept(self, require: bool) -> Self {
        self.set_options(|mut options| {
            options.require_accept = Some(require);
            options
        })
    }
}
