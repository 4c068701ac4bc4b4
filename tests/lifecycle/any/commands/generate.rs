//! Configurations and commands, drawn at random.

use http::Version;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{ACCEPTS, Action, Client, Command, Kind, Opening, PIECES, Revocation};
use crate::any::{
    config::{Config, LayerConfig, Limit},
    final_events::{Finals, SetBy},
    options::{HandlerOnly, Options, ShutdownOptions},
};

fn millis() -> impl Strategy<Value = u64> {
    select(&[0, 1, 10, 25, 60, 130][..])
}

fn on_shutdown() -> impl Strategy<Value = ShutdownOptions> {
    let grace = option::of(option::of(millis()));
    let retry = option::of(any::<bool>());
    (grace, retry).prop_map(|(grace, retry)| ShutdownOptions { grace, retry })
}

fn finals() -> impl Strategy<Value = Finals> {
    let some = any::<[bool; 6]>().prop_map(Finals::new);
    prop_oneof![3 => Just(Finals::default()), 1 => some]
}

fn options() -> impl Strategy<Value = Options> {
    let heartbeat = option::of(option::of(select(&[5, 10, 25][..])));
    let words = (finals(), option::weighted(0.3, any::<bool>()));
    let times = (option::weighted(0.3, millis()), option::of(millis()));
    let preamble = option::of(any::<bool>());
    (heartbeat, times, preamble, on_shutdown(), words).prop_map(
        |(
            heartbeat,
            (boundary_timeout, lifetime),
            preamble,
            on_shutdown,
            (finals, final_retry),
        )| Options {
            heartbeat,
            lifetime,
            preamble,
            on_shutdown,
            finals,
            final_retry,
            boundary_timeout,
            handler_only: HandlerOnly::default(),
        },
    )
}

fn limit() -> impl Strategy<Value = Option<Limit>> {
    let limit = (0..3usize, any::<bool>()).prop_map(|(max, evicts)| Limit { max, evicts });
    option::weighted(0.4, limit)
}

fn layer() -> impl Strategy<Value = LayerConfig> {
    let wait = option::of(select(&[0, 10, 60][..]));
    let limits = (limit(), limit(), any::<bool>(), wait);
    let expects = option::weighted(0.3, any::<bool>());
    let handles = (option::of(0..2usize), option::weighted(0.7, 0..2usize));
    (options(), limits, expects, handles, any::<bool>()).prop_map(
        |(
            options,
            (max_streams, max_streams_per_key, empty_stream, wait),
            expects,
            (shutdown, registry),
            has_callbacks,
        )| {
            LayerConfig {
                options,
                max_streams,
                max_streams_per_key,
                empty_stream,
                wait,
                expects,
                shutdown,
                registry,
                has_callbacks,
            }
        },
    )
}

pub(crate) fn config() -> impl Strategy<Value = Config> {
    let layers = (layer(), option::of(layer()));
    (layers, any::<[bool; 2]>()).prop_map(|((mut inner, mut outer), [shares_limits, is_twice])| {
        inner.options.finals = inner.options.finals.by(SetBy::Inner);
        if let Some(outer) = &mut outer {
            outer.options.finals = outer.options.finals.by(SetBy::Outer);
            if shares_limits {
                outer.max_streams = inner.max_streams;
                outer.max_streams_per_key = inner.max_streams_per_key;
                outer.empty_stream = inner.empty_stream;
                outer.wait = inner.wait;
            }
        }
        let last = outer.as_mut().unwrap_or(&mut inner);
        // It would be drawn otherwise.
        last.options.on_shutdown.retry.get_or_insert(true);
        Config {
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
        2 => Just(Kind::Compressed),
        1 => Just(Kind::NotFound),
        4 => any::<[bool; 2]>().prop_map(|[is_resumable, has_error_event]| Kind::Typed {
            is_resumable,
            has_error_event,
        }),
    ]
}

fn opening() -> impl Strategy<Value = Opening> {
    let (deadline, resumable) = (
        option::weighted(0.3, millis()),
        option::weighted(0.3, any::<bool>()),
    );
    let handler_only = (deadline, resumable).prop_map(|(deadline, resumable)| HandlerOnly {
        deadline,
        resumable,
    });
    let options = prop_oneof![1 => Just(Options::default()), 1 => options()];
    let options = (options, handler_only).prop_map(|(options, handler_only)| Options {
        handler_only,
        ..options
    });
    let response = (kind(), options, prop::bool::weighted(0.2));
    (client(), option::of(0..2usize), response).prop_map(
        |(client, key, (kind, options, is_slow))| Opening {
            client,
            key,
            kind,
            options,
            is_slow,
        },
    )
}

/// The requests of commands, of this many at first. A stream gets far only if many commands are for
/// it, so the first requests get most of them.
fn ids(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..most, 1 => most..2 * most]
}

fn action() -> impl Strategy<Value = Action> {
    // The second range leaves an event unfinished.
    let piece = prop_oneof![1 => 0..PIECES.len(), 1 => select(&[3, 4, 8, 9][..])];
    prop_oneof![
        20 => piece.prop_map(Action::Data),
        1 => Just(Action::Trailers),
        1 => Just(Action::Fail),
        2 => Just(Action::End),
        1 => Just(Action::Panic),
    ]
}

/// A command, mostly for this many requests.
fn command(most: usize) -> impl Strategy<Value = Command> {
    let revocation = any::<[bool; 2]>().prop_map(|[stops, has_final_event]| Revocation {
        stops,
        has_final_event,
    });
    let revoke = (0..2usize, option::of(0..2usize), revocation);
    let openings = most as u32;
    prop_oneof![
        1 + openings => opening().prop_map(Command::Open),
        2 => ids(most).prop_map(Command::Respond),
        12 => (ids(most), action()).prop_map(|(id, action)| Command::Act(id, action)),
        20 => (ids(most), any::<bool>()).prop_map(|(id, same)| Command::Poll(id, same)),
        2 => ids(most).prop_map(Command::Drop),
        6 => select(&[1, 4, 5, 10, 15, 60, 100, 200, 1_000, 20_000][..]).prop_map(Command::Advance),
        1 => (0..2usize).prop_map(Command::TriggerShutdown),
        3 => revoke.prop_map(|(registry, key, how)| Command::Revoke(registry, key, how)),
    ]
}

pub(crate) fn commands() -> impl Strategy<Value = Vec<Command>> {
    let commands = prop_oneof![vec(command(1), 0..60), vec(command(4), 0..60)];
    (opening(), commands).prop_map(|(first, mut commands)| {
        commands.insert(0, Command::Open(first));
        commands
    })
}
