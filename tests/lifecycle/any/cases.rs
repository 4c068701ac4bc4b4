//! Cases that chance rarely draws, compared by the same model.

use http::Version;

use super::{
    commands::{ACCEPTS, Action, Client, Command, Kind, Opening, Revocation},
    config::{Config, LayerConfig, Limit},
    options::{Options, ShutdownOptions},
    test::Test,
};

/// The piece that is half an event, and the one that ends its line.
const HALF: usize = 3;
const LINE_END: usize = 5;

fn run(inner: LayerConfig, commands: impl IntoIterator<Item = Command>) {
    let mut test = Test::new(Config {
        inner,
        outer: None,
        shares_limits: false,
        is_twice: false,
    });
    commands.into_iter().for_each(|command| test.run(command));
    test.end();
}

fn layer() -> LayerConfig {
    let on_shutdown = ShutdownOptions {
        grace: None,
        retry: Some(true),
    };
    LayerConfig {
        options: Options {
            on_shutdown,
            preamble: Some(false),
            ..Options::default()
        },
        max_streams: None,
        max_streams_per_key: None,
        empty_stream: true,
        wait: None,
        expects: None,
        shutdown: Some(0),
        registry: Some(0),
        has_callbacks: true,
    }
}

fn opening(method: &'static str, accept: Option<&'static str>) -> Command {
    Command::Open(Opening {
        client: Client {
            method,
            accept,
            version: Version::HTTP_11,
            was_stopped: false,
        },
        key: None,
        kind: Kind::Adopted { announces: false },
        options: Options::default(),
        is_slow: false,
    })
}

#[test]
fn a_stream_that_is_revoked_after_the_shutdown_began_keeps_its_last_event() {
    let revocation = Revocation {
        stops: true,
        has_final_event: true,
    };
    let commands = [
        opening("GET", ACCEPTS[0]),
        Command::Act(0, Action::Data(HALF)),
        Command::Poll(0, true),
        Command::TriggerShutdown(0),
        Command::Poll(0, true),
        Command::Revoke(0, None, revocation),
        Command::Act(0, Action::Data(LINE_END)),
        Command::Act(0, Action::Data(LINE_END)),
        Command::Poll(0, true),
        Command::Poll(0, true),
        Command::Poll(0, true),
    ];
    run(layer(), commands);
}

#[test]
fn an_evicted_stream_releases_no_place() {
    let limit = Limit {
        max: 1,
        evicts: true,
    };
    let layer = LayerConfig {
        max_streams: Some(limit),
        ..layer()
    };
    let commands = [
        opening("GET", ACCEPTS[0]),
        // It evicts at once, because the layer does not expect a stream.
        opening("POST", ACCEPTS[3]),
        Command::Drop(1),
        opening("GET", ACCEPTS[0]),
        Command::Drop(0),
        opening("GET", ACCEPTS[0]),
    ];
    run(layer, commands);
}

/// A GET would have got its place before the handler.
#[test]
fn a_head_that_was_admitted_before_the_handler_is_not_rejected_by_the_same_limit_of_an_outer_layer()
{
    let limit = Limit {
        max: 1,
        evicts: false,
    };
    let inner = LayerConfig {
        max_streams: Some(limit),
        ..layer()
    };
    let outer = LayerConfig {
        expects: Some(false),
        ..inner
    };
    let mut test = Test::new(Config {
        inner,
        outer: Some(outer),
        shares_limits: true,
        is_twice: false,
    });
    let Command::Open(head) = opening("HEAD", Some("text/event-stream")) else {
        unreachable!("it opens");
    };
    let slow = Opening {
        is_slow: true,
        ..head
    };
    let commands = [
        Command::Open(slow),
        opening("POST", Some("text/event-stream")),
        Command::Respond(0),
        Command::Poll(0, true),
    ];
    commands.into_iter().for_each(|command| test.run(command));
    test.end();
}
