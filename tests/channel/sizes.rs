use tower_sse::{Channel, ChannelOptions, Subscription};

fn options() -> ChannelOptions {
    ChannelOptions::with_timer(hyper_util::rt::TokioTimer::new())
}

#[test]
fn a_waiting_subscriber_costs_less_than_288_bytes() {
    let channel: Channel = Channel::new(options());
    let waker = futures::task::noop_waker_ref();
    let mut subscriptions = Vec::with_capacity(100);
    let info = allocation_counter::measure(|| {
        for _ in 0..100 {
            let mut waiting = channel.subscribe();
            let mut cx = std::task::Context::from_waker(waker);
            assert!(futures::StreamExt::poll_next_unpin(&mut waiting, &mut cx).is_pending());
            subscriptions.push(waiting);
        }
    });
    let bytes = size_of::<Subscription>() + info.bytes_current as usize / 100;
    assert!(bytes < 288, "{bytes}");
}
