//! Configurations and commands, drawn at random.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{Adapter, Command, Draft, LastId, MALFORMED, MORE, Opening, Start};
use crate::any::config::{CHANNELS, Config, GapPolicy, LagPolicy, NoticePolicy};

pub(crate) fn config() -> impl Strategy<Value = Config> {
    let gap_policy = prop_oneof![
        3 => Just(GapPolicy::Notify),
        1 => Just(GapPolicy::Live),
    ];
    let bounds = (
        select(&[1, 2, 3, 5, 50][..]),
        select(&[23, 24, 48, 60, 120, 300, 100_000][..]),
        option::weighted(0.4, select(&[10, 30][..])),
    );
    let lag_policy = select(&[LagPolicy::Disconnect, LagPolicy::Notify, LagPolicy::Newest][..]);
    let notice_policy = prop_oneof![
        3 => Just(NoticePolicy::Event),
        1 => select(&[NoticePolicy::Auto, NoticePolicy::Id, NoticePolicy::Silent][..]),
    ];
    let has_state = prop::bool::weighted(0.3);
    (bounds, lag_policy, gap_policy, notice_policy, has_state).prop_map(
        |((max_events, max_bytes, max_age), lag_policy, gap_policy, notice_policy, has_state)| {
            Config {
                max_events,
                max_bytes,
                max_age,
                lag_policy,
                gap_policy,
                notice_policy,
                has_state,
            }
        },
    )
}

fn draft() -> impl Strategy<Value = Draft> {
    let more = prop_oneof![8 => 0..MORE.len() - 1, 1 => Just(MORE.len() - 1)];
    let rarely = || prop::bool::weighted(0.2);
    (more, rarely(), rarely()).prop_map(|(more, is_named, has_id)| Draft {
        more,
        is_named,
        has_id,
    })
}

fn last_id() -> impl Strategy<Value = LastId> {
    prop_oneof![
        1 => Just(LastId::None),
        4 => any::<usize>().prop_map(LastId::Seen),
        3 => (0..4usize).prop_map(LastId::LatestSeen),
        6 => (0..8u64).prop_map(LastId::Before),
        2 => (1..3u64).prop_map(LastId::After),
        1 => (0..5u64).prop_map(LastId::OtherEpoch),
        2 => (0..MALFORMED).prop_map(LastId::Malformed),
    ]
}

fn opening() -> impl Strategy<Value = Opening> {
    let start = prop_oneof![
        2 => Just(Start::Subscribe),
        1 => Just(Start::Preceded),
        1 => Just(Start::Replay),
        6 => last_id().prop_map(Start::Resume),
    ];
    let adapter = [
        Adapter::None,
        Adapter::Boxed,
        Adapter::TakeWhile,
        Adapter::Map,
        Adapter::Filter,
        Adapter::Chunks,
        Adapter::Select,
        Adapter::Merge,
    ];
    let frame_size = select(&[0, 1, 60, 16 * 1024][..]);
    (0..CHANNELS, start, select(adapter.to_vec()), frame_size).prop_map(
        |(channel, start, adapter, frame_size)| Opening {
            channel,
            start,
            adapter,
            frame_size,
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let drafts = prop_oneof![3 => vec(draft(), 1), 1 => vec(draft(), 0..4)];
    let poll = (0..8usize, 1..4usize, any::<bool>());
    prop_oneof![
        16 => (0..CHANNELS, drafts).prop_map(|(channel, drafts)| Command::Publish(channel, drafts)),
        8 => opening().prop_map(Command::Open),
        20 => poll.prop_map(|(subscriber, times, same)| Command::Poll(subscriber, times, same)),
        2 => (0..8usize).prop_map(Command::Drop),
        1 => (0..CHANNELS).prop_map(Command::Close),
        1 => (0..CHANNELS).prop_map(Command::Restart),
        4 => select(&[1, 9, 10, 11, 31][..]).prop_map(Command::Advance),
    ]
}

pub(crate) fn commands() -> impl Strategy<Value = Vec<Command>> {
    vec(command(), 0..80)
}
