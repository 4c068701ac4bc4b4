//! The table of the options of a stream.
//!
//! An option that is only a value is written once, here: its name, the argument of its setter, the type
//! that is kept, and its documentation. The table makes
//!
//! - the field, the setter and the merging of [`SseOptions`](crate::SseOptions) (`options.rs`), and
//! - for an option of `both`, the setter of [`SseLayer`](crate::SseLayer) (`layer/options.rs`).
//!
//! An option of a response alone stands under `response`. A layer's options are an `SseOptions` too. Those
//! of the handler and of all layers are merged by [`SseOptions::fill`](crate::SseOptions::fill), the
//! handler's first, and the body reads them when it is first polled. `keep_alive_header` is read for the
//! head before, `final_retry` and `shutdown_policy` for rejections too. A type that is new to the table
//! says in `fill.rs` how two of its values merge.

/// Calls another macro with the table, and with what follows the `;`.
macro_rules! stream_options {
    (call $macro:ident; $($more:tt)*) => {
        $macro! {
            both {
                /// Sets what is sent while a stream is silent. The default is a comment every 15 seconds.
                fn heartbeat(heartbeat: $crate::Heartbeat) as Arc<$crate::Heartbeat>;

                /// Sets how long clients wait before they reconnect. The default is 2 to 5 seconds, drawn
                /// for each connection.
                fn retry(retry: $crate::Retry) as $crate::Retry;

                /// Sets the bytes that are sent before the first event. The default is the line of the
                /// [`retry`](Self::retry).
                fn preamble(preamble: $crate::Preamble) as $crate::Preamble;

                /// Sets whether `Connection: keep-alive` is sent over HTTP/1.1.
                ///
                /// By default it is, unless the client asked to close the connection, the handler has set
                /// `Connection`, or the layer's shutdown has begun. HTTP/1.1 keeps connections alive
                /// without it, but some old proxies want it.
                fn keep_alive_header(send: bool) as bool;

                /// Sets how long a stream may last. The default is unlimited.
                fn max_lifetime(lifetime: $crate::Lifetime) as $crate::Lifetime;

                /// Sets how streams end at a [`Shutdown`](crate::Shutdown).
                ///
                /// By default a resumable stream ends at once, and its client reconnects after 2 to 10
                /// seconds; any other ends after 20 seconds. The layer's policy applies where the policy of a response
                /// leaves something unset.
                fn shutdown_policy(policy: $crate::ShutdownPolicy) as Arc<$crate::ShutdownPolicy>;

                /// Sets the events that the layer sends last when it ends a stream, by reason.
                ///
                /// By default there are none: a stream that its client cannot resume breaks. See
                /// [`SseOptions::resumable`](crate::SseOptions::resumable). An event of a response
                /// replaces the layer's event for the same reason.
                fn final_events(events: $crate::FinalEvents) as Arc<$crate::FinalEvents>;

                /// Sets whether the layer sends clients a last event that says when to reconnect, or not
                /// to. By default it does.
                ///
                /// Only a GET or QUERY whose `Accept` names `text/event-stream` gets such an event. It is
                /// named `tower-sse.retry`, with a `retry` and empty data, at a shutdown and where a
                /// stream is rejected; it is named `tower-sse.evicted` or `tower-sse.revoked` where a
                /// stream is evicted or revoked.
                ///
                /// Switch it off for clients that fail at an event of an unknown name, such as
                /// `graphql-sse` with a single connection. If their streams are rejected, they then get a
                /// status in place of an empty stream, which would stop browsers for good.
                ///
                /// A request that is rejected before the handler runs
                /// ([`SseLayer::expect_stream`](crate::SseLayer::expect_stream)) follows the setting of the
                /// layer, because there is no response with options yet. So set it on a layer around the
                /// routes of such clients, not in their handlers.
                fn final_retry(send: bool) as bool;

                /// Sets how long the layer waits for the end of an event that the body has begun, before
                /// it ends the stream. The default is one second.
                ///
                /// A stream that is still within an event then breaks. Over HTTP/2 a resumable one ends
                /// cleanly instead, since WebKit does not notice a reset.
                fn boundary_timeout(time: ::std::time::Duration) as ::std::time::Duration;
            }
            response {
                /// Ends the stream this long after its response, whatever its lifetime: when the token
                /// that opened it expires. If the client does not read then, the stream ends when the
                /// client reads again.
                ///
                /// The client reconnects with the expired token: answer it with 401 or
                /// [`stop_reconnecting`](crate::stop_reconnecting), after which it stays away. To let the
                /// page know why, set [`FinalEvents::deadline`](crate::FinalEvents::deadline).
                fn deadline(after: ::std::time::Duration) as ::std::time::Duration;

                /// Sets whether a client that lost the stream can get the rest by reconnecting.
                ///
                /// The layer ends a resumable stream cleanly, because its client reconnects. It never ends
                /// a one-shot stream cleanly in the middle, because most clients would take half of the
                /// answer for the whole: when its time is over (shutdown, lifetime, deadline, lag,
                /// revocation, eviction) the stream gets the [`final_events`](Self::final_events) event of
                /// that reason, or breaks. Over HTTP/1.1 the connection then closes without the last chunk,
                /// over HTTP/2 the stream is reset with `INTERNAL_ERROR`.
                ///
                /// By default a stream is resumable if it answers a GET or QUERY whose `Accept` names
                /// `text/event-stream`, or a GET or QUERY for a subscription of a `Channel`. All others are
                /// one-shot, and so is any stream of a generation (`GenerationStream`).
                fn resumable(resumable: bool) as bool;
            }
            $($more)*
        }
    };
}

pub(crate) use stream_options;
