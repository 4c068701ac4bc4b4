use std::future::ready;

use futures::FutureExt;
use http::Version;
use http_body_util::BodyExt;
use proptest::prelude::*;
use tower_sse::SseLayer;

use super::{
    commands::{ACCEPTS, Client, Kind, Opening, commands, config},
    config::LayerConfig,
    model::Stream,
    options::{HandlerOnly, Options},
    system::{Script, request, response, through},
    test::Test,
};
use crate::{cases::cases, decode};

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn streams_do_what_the_model_says(config in config(), commands in commands()) {
        let mut test = Test::new(config);
        commands.into_iter().for_each(|command| test.run(command));
        test.end();
        test.model.streams().for_each(assert_events_are_whole);
        for side in config.sides() {
            let layer = test.system.limited[side as usize].as_ref();
            assert_has_all_places(layer.unwrap(), config.layer(side).unwrap());
        }
    }
}

/// Asserts that a client gets all events that came from the handler, and beside them only the layer's
/// last event, and that its stream does not end within an event.
fn assert_events_are_whole(stream: &Stream) {
    if !matches!(stream.kind, Kind::Adopted { .. }) {
        return;
    }
    // After a first line, where no client strips a second byte order mark.
    let mut read = events(&[b":\n", &stream.sent.concat()[..]].concat());
    read.retain(|[name, ..]| name != "last" && !name.starts_with("tower-sse."));
    let meant = [b":\n", stream.shown()].concat();
    assert_eq!(read, events(&meant));
}

/// Asserts that all places are free again.
fn assert_has_all_places(layer: &SseLayer, config: &LayerConfig) {
    let handler_only = HandlerOnly {
        resumable: Some(true),
        ..HandlerOnly::default()
    };
    let open = |key| {
        let opening = Opening {
            client: Client {
                method: "POST",
                accept: ACCEPTS[3],
                version: Version::HTTP_11,
                was_stopped: false,
            },
            key,
            kind: Kind::Compressed,
            options: Options {
                handler_only,
                ..Options::default()
            },
            is_slow: false,
        };
        let handler = ready(response(&Script::default(), opening));
        let future = through(layer, None, request(0, opening), handler);
        let Ok(response) = future.now_or_never().unwrap();
        (response.status() == 200).then(|| response.into_body())
    };
    // An evicted stream has something to say or ends.
    let count = |key| {
        let mut open = Vec::from_iter((0..4).filter_map(|_| open(key)));
        open.retain_mut(|body| body.frame().now_or_never().is_none());
        open.len()
    };
    let max_streams = config.max_streams.map_or(4, |limit| limit.max);
    assert_eq!(count(None), max_streams);
    let max_streams_per_key = config.max_streams_per_key.map_or(4, |limit| limit.max);
    assert_eq!(count(Some(0)), max_streams.min(max_streams_per_key));
    assert_eq!(count(Some(1)), max_streams.min(max_streams_per_key));
}

fn events(bytes: &[u8]) -> Vec<decode::Seen> {
    decode::Client::default().read(bytes)
}
