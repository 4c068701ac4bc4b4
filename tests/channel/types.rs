use futures::FutureExt;
use std::{cell::Cell, error::Error, fmt::Debug, rc::Rc};

use tower_sse::{
    BoxEventStream, Channel, ChannelError, ChannelEvent, ChannelOptions, EventStream, Gap,
    GapPolicy, Hub, HubOptions, LagPolicy, Presence, PublishError, StateChannel, SubscribersError,
    Subscription,
};

use crate::support::*;

/// What cannot go between threads itself.
type Local = Rc<Cell<()>>;

fn assert_handle<T: Send + Sync + Unpin + Clone + Debug + 'static>() {}

#[test]
fn handles_go_between_threads() {
    assert_handle::<Channel>();
    assert_handle::<Channel<str>>();
    assert_handle::<Channel<Local>>();
    assert_handle::<Channel<dyn tower_sse::EncodeEvent>>();
    assert_handle::<StateChannel<Cell<u8>>>();
    assert_handle::<Hub>();
    assert_handle::<HubOptions>();
    assert_handle::<Presence>();
    assert_handle::<ChannelOptions>();
    assert_handle::<ChannelEvent>();
    assert_handle::<Gap>();
    assert_handle::<LagPolicy>();
    assert_handle::<GapPolicy>();
}

#[test]
fn subscriptions_go_between_threads_and_need_no_pin() {
    fn assert_stream<T: Send + Unpin + 'static>() {}
    assert_stream::<Subscription>();
    assert_stream::<EventStream<Subscription>>();
    assert_stream::<BoxEventStream>();
}

#[test]
fn futures_go_between_threads() {
    fn assert_future<T: Future<Output = ()> + Send + 'static>(_: &T) {}
    let channel: Channel<Local> = Channel::new(options());
    assert_future(&channel.wait_for_subscriber().map(drop));
    assert_future(&channel.wait_until_idle());
}

#[test]
fn errors_are_errors_that_go_between_threads() {
    fn assert_error<T: Error + Send + Sync + 'static>() {}
    assert_error::<PublishError>();
    assert_error::<ChannelError>();
    assert_error::<SubscribersError>();
}

#[test]
fn an_id_keeps_no_memory() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    publish(&channel, "one");
    let event = next(&mut subscriber);
    let mut id = None;
    let info = allocation_counter::measure(|| id = event.id());
    assert_eq!(info.bytes_current, 0);
    assert!(id.is_some());
}
