use std::future::ready;

use futures::FutureExt;
use http::Version;
use http_body_util::BodyExt;
use proptest::prelude::*;
use tower_sse::SseLayer;

use super::{
    answer::{answer, request, through},
    client::{ACCEPTS, Client},
    decode::events,
    generate::{setting, steps},
    inner::Script,
    opts::{Opts, Own},
    setting::{Kind, LayerSetting, Opening},
    stream::Stream,
    test::Test,
};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn streams_do_as_they_should(setting in setting(), steps in steps()) {
        let mut test = Test::new(setting);
        steps.into_iter().for_each(|step| test.step(step));
        test.end();
        test.model.streams().for_each(assert_reads_well);
        for side in setting.sides() {
            let layer = test.world.capped[side as usize].as_ref();
            assert_has_all_places(layer.unwrap(), setting.layer(side).unwrap());
        }
    }
}

/// Asserts that a client has the events that came, and no others but the last of the layer's, and
/// that its stream is not ended within an event.
fn assert_reads_well(stream: &Stream) {
    if !matches!(stream.kind, Kind::Adopted { .. }) {
        return;
    }
    // Behind a line, where no client takes off a second byte order mark.
    let mut read = events(&[b":\n", &stream.sent.concat()[..]].concat());
    read.retain(|[name, ..]| name != "last" && !name.starts_with("tower-sse."));
    let meant = [b":\n", stream.shown()].concat();
    assert_eq!(read, events(&meant));
}

/// Asserts that as many streams may be open as at first.
fn assert_has_all_places(layer: &SseLayer, setting: &LayerSetting) {
    let own = Own {
        resumable: Some(true),
        ..Own::default()
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
            kind: Kind::Zipped,
            own: Opts {
                own,
                ..Opts::default()
            },
            is_slow: false,
        };
        let answer = ready(answer(&Script::default(), opening));
        let coming = through(layer, None, request(0, opening), answer);
        let Ok(response) = coming.now_or_never().unwrap();
        (response.status() == 200).then(|| response.into_body())
    };
    // Those that are evicted come to their end.
    let count = |key| {
        let mut open = Vec::from_iter((0..4).filter_map(|_| open(key)));
        open.retain_mut(|body| body.frame().now_or_never().is_none());
        open.len()
    };
    let most = setting.most.map_or(4, |cap| cap.most);
    assert_eq!(count(None), most);
    let most_per_key = setting.most_per_key.map_or(4, |cap| cap.most);
    assert_eq!(count(Some(0)), most.min(most_per_key));
    assert_eq!(count(Some(1)), most.min(most_per_key));
}
