//! What channels may be like, and what may happen.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::payload::{Draft, MORE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    End,
    Skip,
    Newest,
}

/// What comes of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Tell,
    Live,
    /// It fails after so many events.
    Fill(Option<usize>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) max_events: usize,
    pub(crate) max_bytes: usize,
    /// In milliseconds.
    pub(crate) max_age: Option<u64>,
    pub(crate) lag: Policy,
    pub(crate) on_gap: Answer,
    pub(crate) notices: Notices,
    /// Whether it is the channel of a state's changes.
    pub(crate) has_state: bool,
}

/// What a client says that it has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Last {
    Nothing,
    /// One of all ids that were ever seen.
    Seen(usize),
    /// That of so many events before the newest.
    Back(u64),
    /// That of so many events after the newest.
    Future(u64),
    Newest(usize),
    OtherEpoch(u64),
    Garbage(usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Subscribe,
    Preceded,
    Replay,
    Resume(Last),
}

/// What a channel says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notices {
    /// The client names no event stream, so it gets nothing.
    Auto,
    Event,
    Id,
    Silent,
}

/// What is put around a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    Nothing,
    Box,
    TakeWhile,
    /// Hides what the items are.
    Map,
    /// Drops what is named `tick`.
    Filter,
    /// Batches of up to three.
    Batch,
    Select,
    /// With a stream that never ends.
    Merge,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) channel: usize,
    pub(crate) how: How,
    pub(crate) around: Around,
    pub(crate) frame_size: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// One event by itself, or several together.
    Publish(usize, Vec<Draft>),
    Open(Opening),
    /// So often, by a task that polled before or by another.
    Poll(usize, usize, bool),
    Drop(usize),
    Close(usize),
    /// With the numbers that come next, or with another epoch.
    Restart(usize, bool),
    Advance(u64),
}

/// How many channels there are.
pub(crate) const CHANNELS: usize = 2;

/// How many kinds of garbage there are.
pub(crate) const GARBAGE: usize = 14;

pub(crate) fn setting() -> impl Strategy<Value = Setting> {
    let on_gap = prop_oneof![
        3 => Just(Answer::Tell),
        1 => Just(Answer::Live),
        2 => option::weighted(0.3, 0..3usize).prop_map(Answer::Fill),
    ];
    let bounds = (
        select(&[1, 2, 3, 5, 50][..]),
        select(&[23, 24, 48, 60, 120, 300, 100_000][..]),
        option::weighted(0.4, select(&[10, 30][..])),
    );
    let lag = select(&[Policy::End, Policy::Skip, Policy::Newest][..]);
    let notices = prop_oneof![
        3 => Just(Notices::Event),
        1 => select(&[Notices::Auto, Notices::Id, Notices::Silent][..]),
    ];
    let has_state = prop::bool::weighted(0.3);
    (bounds, lag, on_gap, notices, has_state).prop_map(
        |((max_events, max_bytes, max_age), lag, on_gap, notices, has_state)| Setting {
            max_events,
            max_bytes,
            max_age,
            lag,
            on_gap,
            notices,
            has_state,
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

fn last() -> impl Strategy<Value = Last> {
    prop_oneof![
        1 => Just(Last::Nothing),
        4 => any::<usize>().prop_map(Last::Seen),
        3 => (0..4usize).prop_map(Last::Newest),
        6 => (0..8u64).prop_map(Last::Back),
        2 => (1..3u64).prop_map(Last::Future),
        1 => (0..5u64).prop_map(Last::OtherEpoch),
        2 => (0..GARBAGE).prop_map(Last::Garbage),
    ]
}

fn opening() -> impl Strategy<Value = Opening> {
    let how = prop_oneof![
        2 => Just(How::Subscribe),
        1 => Just(How::Preceded),
        1 => Just(How::Replay),
        6 => last().prop_map(How::Resume),
    ];
    let around = [
        Around::Nothing,
        Around::Box,
        Around::TakeWhile,
        Around::Map,
        Around::Filter,
        Around::Batch,
        Around::Select,
        Around::Merge,
    ];
    let frame_size = select(&[0, 1, 60, 16 * 1024][..]);
    (0..CHANNELS, how, select(around.to_vec()), frame_size).prop_map(
        |(channel, how, around, frame_size)| Opening {
            channel,
            how,
            around,
            frame_size,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let drafts = prop_oneof![3 => vec(draft(), 1), 1 => vec(draft(), 0..4)];
    let poll = (0..8usize, 1..4usize, any::<bool>());
    prop_oneof![
        16 => (0..CHANNELS, drafts).prop_map(|(channel, drafts)| Step::Publish(channel, drafts)),
        8 => opening().prop_map(Step::Open),
        20 => poll.prop_map(|(reader, times, same)| Step::Poll(reader, times, same)),
        2 => (0..8usize).prop_map(Step::Drop),
        1 => (0..CHANNELS).prop_map(Step::Close),
        1 => (0..CHANNELS, any::<bool>()).prop_map(|(channel, on)| Step::Restart(channel, on)),
        4 => select(&[1, 9, 10, 11, 31][..]).prop_map(Step::Advance),
    ]
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 0..80)
}
