use tower_sse::{Channel, ChannelOptions, Subscription};

fn options() -> ChannelOptions {
    ChannelOptions::with_timer(hyper_util::rt::TokioTimer::new())
}

#[test]
fn a_waiting_subscriber_costs_less_than_200_bytes() {
    let channel: Channel = Channel::new(options());
    let waker = futures::task::noop_waker_ref();
    let mut subscription = None;
    let info = allocation_counter::measure(|| {
        let mut waiting = channel.subscribe();
        let mut cx = std::task::Context::from_waker(waker);
        assert!(futures::StreamExt::poll_next_unpin(&mut waiting, &mut cx).is_pending());
        subscription = Some(waiting);
    });
    assert!(size_of::<Subscription>() + info.bytes_current as usize <= 200);
}
