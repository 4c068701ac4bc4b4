//! What an open stream costs in memory beyond the body in it, and what a subscriber does.

use std::{
    convert::Infallible,
    hint::black_box,
    pin::Pin,
    task::{Context, Waker},
    time::Duration,
};

use allocation_counter::measure;
use futures::{FutureExt, StreamExt, stream};
use http::Request;
use http_body::Body;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{
    Channel, ChannelOptions, Event, EventStream, Hub, HubOptions, Lifetime, RejectPolicy, Shutdown,
    SseLayer, Subscription,
};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let _within = runtime.enter();
    let shutdown = Shutdown::new();
    let layers = [
        ("`SseLayer::new()`", SseLayer::new()),
        ("and a shutdown", SseLayer::new().shutdown(&shutdown)),
        (
            "and a limit, a lifetime, a label, a callback",
            SseLayer::new()
                .shutdown(&shutdown)
                .max_streams(1_000_000, RejectPolicy::empty_stream())
                .max_lifetime(Lifetime::new(Duration::from_secs(3600)))
                .label("route", |_| Some("/".to_owned()))
                .on_close(|_| {}),
        ),
    ];
    println!("| an open stream | bytes |");
    println!("|---|--:|");
    let bare = bytes_of(|| Box::pin(stream()));
    for (name, layer) in layers {
        println!("| {name} | {} |", bytes_of(|| open(&layer)) - bare);
    }
    print_channels();
}

/// Prints what channels and their subscribers hold.
fn print_channels() {
    let channel: Channel = Channel::new(ChannelOptions::new());
    println!(
        "| a subscriber of a `Channel` that waits | {} |",
        bytes_of(|| waiting(channel.subscribe()))
    );
    for channels in [1, 3, 10, 100] {
        let (hub, names) = (Hub::new(HubOptions::new()), names(channels));
        let subscribe = || hub.subscribe(&names).expect("the names are valid");
        println!(
            "| a subscriber of a `Hub` that waits, channels: {channels} | {} |",
            bytes_of(|| waiting(subscribe()))
        );
    }
    println!(
        "| an empty `Channel` | {} |",
        bytes_of(|| Channel::<Event>::new(ChannelOptions::new()))
    );
    let (hub, mut names) = (Hub::new(HubOptions::new()), names(1000).into_iter());
    println!(
        "| an empty channel of a `Hub`, with its handle | {} |",
        bytes_of(|| hub.channel::<Event>(&names.next()?).ok())
    );
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("channel/{at:03}")).collect()
}

/// Counts the bytes that something holds on the heap, of many the share of one.
fn bytes_of<T>(mut make: impl FnMut() -> T) -> u64 {
    const MANY: u64 = 1000;
    let mut held = Vec::with_capacity(MANY as usize);
    let counted = measure(|| (0..MANY).for_each(|_| held.push(make())));
    black_box(&held);
    u64::try_from(counted.bytes_current).unwrap_or_default() / MANY
}

fn stream() -> EventStream<stream::Pending<Event>> {
    EventStream::new(stream::pending())
}

/// A stream that is open and idle, its body boxed as a server does.
fn open(layer: &SseLayer) -> Pin<Box<impl Body + use<>>> {
    let service = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(stream())
    }));
    let response = service.oneshot(Request::new(())).now_or_never();
    let response = response.and_then(Result::ok).expect("it is ready");
    let mut body = Box::pin(response.into_body());
    let mut cx = Context::from_waker(Waker::noop());
    while body.as_mut().poll_frame(&mut cx).is_ready() {}
    body
}

fn waiting(subscription: Subscription) -> Box<Subscription> {
    let mut subscription = Box::new(subscription);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(subscription.poll_next_unpin(&mut cx).is_pending());
    subscription
}
