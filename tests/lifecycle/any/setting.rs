//! What layers and handlers may ask for, and what may happen.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    inner::{Act, PIECES},
    told::Side,
};

/// What is set for streams, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opts {
    /// After how long, if ever.
    pub(crate) heartbeat: Option<Option<u64>>,
    pub(crate) lifetime: Option<u64>,
    pub(crate) deadline: Option<u64>,
    pub(crate) leave: Option<Leave>,
    pub(crate) preamble: Option<bool>,
}

/// How a stream ends at a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leave {
    /// After how long, if it is ended at all.
    pub(crate) grace: Option<u64>,
    pub(crate) farewell: bool,
    pub(crate) retry: bool,
}

impl Opts {
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            heartbeat: self.heartbeat.or(other.heartbeat),
            lifetime: self.lifetime.or(other.lifetime),
            deadline: self.deadline.or(other.deadline),
            leave: match (self.leave, other.leave) {
                (Some(own), Some(other)) => Some(Leave {
                    farewell: own.farewell || other.farewell,
                    ..own
                }),
                (own, other) => own.or(other),
            },
            preamble: self.preamble.or(other.preamble),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerSetting {
    pub(crate) opts: Opts,
    pub(crate) most: Option<usize>,
    pub(crate) most_per_key: Option<usize>,
    pub(crate) softly: bool,
    pub(crate) has_shutdown: bool,
    pub(crate) watches: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) inner: LayerSetting,
    pub(crate) outer: Option<LayerSetting>,
}

impl Setting {
    pub(crate) fn layer(&self, side: Side) -> Option<&LayerSetting> {
        match side {
            Side::Inner => Some(&self.inner),
            Side::Outer => self.outer.as_ref(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Adopted { announces: bool },
    Zipped,
    Typed,
}

/// A request and what the handler says to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) method: &'static str,
    pub(crate) accepts: bool,
    pub(crate) key: Option<usize>,
    pub(crate) kind: Kind,
    pub(crate) own: Opts,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Open(Opening),
    Act(usize, Act),
    /// By a task that polled before, or by another.
    Poll(usize, bool),
    Drop(usize),
    Advance(u64),
    Trigger(Side),
}

fn millis() -> impl Strategy<Value = u64> {
    select(&[0, 1, 10, 25, 60, 130][..])
}

fn opts() -> impl Strategy<Value = Opts> {
    let heartbeat = option::of(option::of(select(&[5, 10, 25][..])));
    let leave = (option::of(millis()), any::<bool>(), any::<bool>());
    let leave = leave.prop_map(|(grace, farewell, retry)| Leave {
        grace,
        farewell,
        retry,
    });
    let rest = (option::of(leave), option::of(any::<bool>()));
    (heartbeat, option::of(millis()), rest).prop_map(|(heartbeat, lifetime, (leave, preamble))| {
        Opts {
            heartbeat,
            lifetime,
            deadline: None,
            leave,
            preamble,
        }
    })
}

fn layer() -> impl Strategy<Value = LayerSetting> {
    let most = || option::weighted(0.3, 0..3usize);
    (opts(), most(), most(), any::<[bool; 3]>()).prop_map(
        |(opts, most, most_per_key, [softly, has_shutdown, watches])| LayerSetting {
            opts,
            most,
            most_per_key,
            softly,
            has_shutdown,
            watches,
        },
    )
}

pub(crate) fn setting() -> impl Strategy<Value = Setting> {
    // What would be drawn otherwise.
    let sure = Leave {
        grace: Some(0),
        farewell: false,
        retry: true,
    };
    (layer(), option::of(layer())).prop_map(move |(mut inner, mut outer)| {
        let last = outer.as_mut().unwrap_or(&mut inner);
        last.opts.leave.get_or_insert(sure);
        Setting { inner, outer }
    })
}

fn opening() -> impl Strategy<Value = Opening> {
    let method = prop_oneof![8 => Just("GET"), 1 => Just("HEAD"), 1 => Just("POST")];
    let accepts = prop::bool::weighted(0.9);
    let kind = prop_oneof![
        2 => any::<bool>().prop_map(|announces| Kind::Adopted { announces }),
        1 => Just(Kind::Zipped),
        2 => Just(Kind::Typed),
    ];
    let deadline = option::weighted(0.3, millis());
    let own = prop_oneof![1 => Just(Opts::default()), 1 => opts()];
    let own = (own, deadline).prop_map(|(own, deadline)| Opts { deadline, ..own });
    (method, accepts, option::of(0..2usize), kind, own).prop_map(
        |(method, accepts, key, kind, own)| Opening {
            method,
            accepts,
            key,
            kind,
            own,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        20 => (0..PIECES.len()).prop_map(Act::Data),
        1 => Just(Act::Trailers),
        1 => Just(Act::Fail),
        2 => Just(Act::End),
        1 => Just(Act::Panic),
    ];
    let side = select(&Side::BOTH[..]);
    prop_oneof![
        4 => opening().prop_map(Step::Open),
        12 => (0..4usize, act).prop_map(|(stream, act)| Step::Act(stream, act)),
        20 => (0..4usize, any::<bool>()).prop_map(|(stream, same)| Step::Poll(stream, same)),
        2 => (0..4usize).prop_map(Step::Drop),
        6 => select(&[1, 4, 5, 10, 15, 100, 20_000][..]).prop_map(Step::Advance),
        1 => side.prop_map(Step::Trigger),
    ]
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    (opening(), vec(step(), 0..60)).prop_map(|(first, mut steps)| {
        steps.insert(0, Step::Open(first));
        steps
    })
}
