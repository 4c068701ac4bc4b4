//! What chance rarely comes to, checked by the same model.

use http::Version;

use super::{
    client::{ACCEPTS, Client},
    inner::Act,
    opts::{Leave, Opts},
    order::Revocation,
    setting::{Cap, Kind, LayerSetting, Opening, Setting, Step},
    test::Test,
};

/// The piece that is half an event, and the one that ends its line.
const HALF: usize = 3;
const LINE_END: usize = 5;

fn run(inner: LayerSetting, steps: impl IntoIterator<Item = Step>) {
    let mut test = Test::new(Setting {
        inner,
        outer: None,
        shares_limits: false,
        is_twice: false,
    });
    steps.into_iter().for_each(|step| test.step(step));
    test.end();
}

fn layer() -> LayerSetting {
    let leave = Leave {
        grace: None,
        retry: Some(true),
    };
    LayerSetting {
        opts: Opts {
            leave,
            preamble: Some(false),
            ..Opts::default()
        },
        most: None,
        most_per_key: None,
        softly: true,
        wait: None,
        expects: None,
        shutdown: Some(0),
        registry: Some(0),
        watches: true,
    }
}

fn opening(method: &'static str, accept: Option<&'static str>) -> Step {
    Step::Open(Opening {
        client: Client {
            method,
            accept,
            version: Version::HTTP_11,
            was_stopped: false,
        },
        key: None,
        kind: Kind::Adopted { announces: false },
        own: Opts::default(),
        is_slow: false,
    })
}

#[test]
fn a_stream_that_is_revoked_while_it_leaves_keeps_its_last_words() {
    let revocation = Revocation {
        stops: true,
        speaks: true,
    };
    let steps = [
        opening("GET", ACCEPTS[0]),
        Step::Act(0, Act::Data(HALF)),
        Step::Poll(0, true),
        Step::Trigger(0),
        Step::Poll(0, true),
        Step::Revoke(0, None, revocation),
        Step::Act(0, Act::Data(LINE_END)),
        Step::Act(0, Act::Data(LINE_END)),
        Step::Poll(0, true),
        Step::Poll(0, true),
        Step::Poll(0, true),
    ];
    run(layer(), steps);
}

#[test]
fn a_displaced_stream_gives_no_place_back() {
    let cap = Cap {
        most: 1,
        evicts: true,
    };
    let layer = LayerSetting {
        most: Some(cap),
        ..layer()
    };
    let steps = [
        opening("GET", ACCEPTS[0]),
        // At once, for nobody is sure that it wants a stream.
        opening("POST", ACCEPTS[3]),
        Step::Drop(1),
        opening("GET", ACCEPTS[0]),
        Step::Drop(0),
        opening("GET", ACCEPTS[0]),
    ];
    run(layer, steps);
}

/// As a GET would have got its place before the handler, which then is none of another's.
#[test]
fn a_head_that_was_admitted_before_the_handler_is_not_refused_by_the_same_limit_of_an_outer_layer()
{
    let cap = Cap {
        most: 1,
        evicts: false,
    };
    let inner = LayerSetting {
        most: Some(cap),
        ..layer()
    };
    let outer = LayerSetting {
        expects: Some(false),
        ..inner
    };
    let mut test = Test::new(Setting {
        inner,
        outer: Some(outer),
        shares_limits: true,
        is_twice: false,
    });
    let Step::Open(head) = opening("HEAD", Some("text/event-stream")) else {
        unreachable!("it opens");
    };
    let slow = Opening {
        is_slow: true,
        ..head
    };
    let steps = [
        Step::Open(slow),
        opening("POST", Some("text/event-stream")),
        Step::Answer(0),
        Step::Poll(0, true),
    ];
    steps.into_iter().for_each(|step| test.step(step));
    test.end();
}
