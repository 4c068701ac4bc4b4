//! Settings and steps, drawn at random.

use http::Version;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    client::{ACCEPTS, Client},
    finals::{By, Finals},
    inner::{Act, PIECES},
    opts::{Leave, Opts, Own},
    order::Revocation,
    setting::{Cap, Kind, LayerSetting, Opening, Setting, Step},
};

fn millis() -> impl Strategy<Value = u64> {
    select(&[0, 1, 10, 25, 60, 130][..])
}

fn leave() -> impl Strategy<Value = Leave> {
    let grace = option::of(option::of(millis()));
    let retry = option::of(any::<bool>());
    (grace, retry).prop_map(|(grace, retry)| Leave { grace, retry })
}

fn finals() -> impl Strategy<Value = Finals> {
    let some = any::<[bool; 6]>().prop_map(Finals::new);
    prop_oneof![3 => Just(Finals::default()), 1 => some]
}

fn opts() -> impl Strategy<Value = Opts> {
    let heartbeat = option::of(option::of(select(&[5, 10, 25][..])));
    let words = (finals(), option::weighted(0.3, any::<bool>()));
    let times = (option::weighted(0.3, millis()), option::of(millis()));
    let preamble = option::of(any::<bool>());
    (heartbeat, times, preamble, leave(), words).prop_map(
        |(heartbeat, (boundary_timeout, lifetime), preamble, leave, (finals, final_retry))| Opts {
            heartbeat,
            lifetime,
            preamble,
            leave,
            finals,
            final_retry,
            boundary_timeout,
            own: Own::default(),
        },
    )
}

fn cap() -> impl Strategy<Value = Option<Cap>> {
    let cap = (0..3usize, any::<bool>()).prop_map(|(most, evicts)| Cap { most, evicts });
    option::weighted(0.4, cap)
}

fn layer() -> impl Strategy<Value = LayerSetting> {
    let wait = option::of(select(&[0, 10, 60][..]));
    let limits = (cap(), cap(), any::<bool>(), wait);
    let expects = option::weighted(0.3, any::<bool>());
    let handles = (option::of(0..2usize), option::weighted(0.7, 0..2usize));
    (opts(), limits, expects, handles, any::<bool>()).prop_map(
        |(opts, (most, most_per_key, softly, wait), expects, (shutdown, registry), watches)| {
            LayerSetting {
                opts,
                most,
                most_per_key,
                softly,
                wait,
                expects,
                shutdown,
                registry,
                watches,
            }
        },
    )
}

pub(crate) fn setting() -> impl Strategy<Value = Setting> {
    let layers = (layer(), option::of(layer()));
    (layers, any::<[bool; 2]>()).prop_map(|((mut inner, mut outer), [shares_limits, is_twice])| {
        inner.opts.finals = inner.opts.finals.by(By::Inner);
        if let Some(outer) = &mut outer {
            outer.opts.finals = outer.opts.finals.by(By::Outer);
            if shares_limits {
                outer.most = inner.most;
                outer.most_per_key = inner.most_per_key;
                outer.softly = inner.softly;
                outer.wait = inner.wait;
            }
        }
        let last = outer.as_mut().unwrap_or(&mut inner);
        // It would be drawn otherwise.
        last.opts.leave.retry.get_or_insert(true);
        Setting {
            inner,
            outer,
            shares_limits,
            is_twice,
        }
    })
}

fn client() -> impl Strategy<Value = Client> {
    let method =
        prop_oneof![5 => Just("GET"), 1 => Just("QUERY"), 1 => Just("HEAD"), 3 => Just("POST")];
    let accept = prop_oneof![1 => Just(ACCEPTS[0]), 1 => select(&ACCEPTS[..])];
    let version = select(&[Version::HTTP_10, Version::HTTP_11, Version::HTTP_2][..]);
    let was_stopped = prop::bool::weighted(0.1);
    (method, accept, version, was_stopped).prop_map(|(method, accept, version, was_stopped)| {
        Client {
            method,
            accept,
            version,
            was_stopped,
        }
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => any::<bool>().prop_map(|announces| Kind::Adopted { announces }),
        2 => Just(Kind::Zipped),
        1 => Just(Kind::NotFound),
        4 => any::<[bool; 2]>().prop_map(|[resumes, on_error]| Kind::Typed { resumes, on_error }),
    ]
}

fn opening() -> impl Strategy<Value = Opening> {
    let (deadline, resumable) = (
        option::weighted(0.3, millis()),
        option::weighted(0.3, any::<bool>()),
    );
    let own = (deadline, resumable).prop_map(|(deadline, resumable)| Own {
        deadline,
        resumable,
    });
    let opts = prop_oneof![1 => Just(Opts::default()), 1 => opts()];
    let own = (opts, own).prop_map(|(opts, own)| Opts { own, ..opts });
    let answer = (kind(), own, prop::bool::weighted(0.2));
    (client(), option::of(0..2usize), answer).prop_map(|(client, key, (kind, own, is_slow))| {
        Opening {
            client,
            key,
            kind,
            own,
            is_slow,
        }
    })
}

/// Which requests are met, of so many. Mostly the first, for much happens only to one that is met
/// often.
fn ids(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..most, 1 => most..2 * most]
}

fn act() -> impl Strategy<Value = Act> {
    // The second kind leaves an event unfinished.
    let piece = prop_oneof![1 => 0..PIECES.len(), 1 => select(&[3, 4, 8, 9][..])];
    prop_oneof![
        20 => piece.prop_map(Act::Data),
        1 => Just(Act::Trailers),
        1 => Just(Act::Fail),
        2 => Just(Act::End),
        1 => Just(Act::Panic),
    ]
}

/// A step that is mostly about so many requests.
fn step(most: usize) -> impl Strategy<Value = Step> {
    let revocation = any::<[bool; 2]>().prop_map(|[stops, speaks]| Revocation { stops, speaks });
    let revoke = (0..2usize, option::of(0..2usize), revocation);
    let openings = most as u32;
    prop_oneof![
        1 + openings => opening().prop_map(Step::Open),
        2 => ids(most).prop_map(Step::Answer),
        12 => (ids(most), act()).prop_map(|(id, act)| Step::Act(id, act)),
        20 => (ids(most), any::<bool>()).prop_map(|(id, same)| Step::Poll(id, same)),
        2 => ids(most).prop_map(Step::Drop),
        6 => select(&[1, 4, 5, 10, 15, 60, 100, 200, 1_000, 20_000][..]).prop_map(Step::Advance),
        1 => (0..2usize).prop_map(Step::Trigger),
        3 => revoke.prop_map(|(registry, key, how)| Step::Revoke(registry, key, how)),
    ]
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let steps = prop_oneof![vec(step(1), 0..60), vec(step(4), 0..60)];
    (opening(), steps).prop_map(|(first, mut steps)| {
        steps.insert(0, Step::Open(first));
        steps
    })
}
