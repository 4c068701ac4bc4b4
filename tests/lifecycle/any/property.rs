use http::Version;
use proptest::prelude::*;
use tower_sse::SseLayer;

use super::{
    answer::{answer, request, through},
    client::{ACCEPTS, Client},
    decode::events,
    generate::{setting, steps},
    inner::Script,
    model::Opened,
    opts::Opts,
    place::visible,
    setting::{Kind, LayerSetting, Opening},
    test::Test,
    told::Side,
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
        test.model.streams.iter().for_each(assert_reads_well);
        for side in Side::BOTH {
            if let Some(layer) = &test.world.capped[side as usize] {
                assert_has_all_places(layer, setting.layer(side).unwrap());
            }
        }
    }
}

/// Asserts that a client has the events that came, and no others but the last of the layer's.
fn assert_reads_well(opened: &Opened) {
    let stream = &opened.stream;
    if !matches!(stream.kind, Kind::Adopted { .. }) {
        return;
    }
    // Behind a line, where no client takes off a second byte order mark.
    let mut read = events(&[b":\n", &stream.sent.concat()[..]].concat());
    read.retain(|[name, ..]| name != "last" && !name.starts_with("tower-sse."));
    let meant = [b":\n", visible(&stream.taken)].concat();
    assert_eq!(read, events(&meant));
}

/// Asserts that as many streams may be open as at first.
fn assert_has_all_places(layer: &SseLayer, setting: &LayerSetting) {
    let open = |key| {
        let opening = Opening {
            client: Client {
                method: "POST",
                accept: ACCEPTS[3],
                version: Version::HTTP_11,
            },
            key,
            kind: Kind::Zipped,
            own: Opts::default(),
        };
        let answer = answer(&Script::default(), opening);
        let response = through(layer, None, request(0, opening), answer);
        (response.status() == 200).then_some(response)
    };
    let count = |key| {
        let open: Vec<_> = (0..4).map_while(|_| open(key)).collect();
        open.len()
    };
    let most = setting.most.unwrap_or(4);
    assert_eq!(count(None), most);
    let most_per_key = setting.most_per_key.unwrap_or(4);
    assert_eq!(count(Some(0)), most.min(most_per_key));
    assert_eq!(count(Some(1)), most.min(most_per_key));
}
