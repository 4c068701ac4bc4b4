//! What Redis has in the end, read and checked without the store.

use std::collections::{HashMap, HashSet};

use crate::{
    cluster::World,
    place::{Place, number},
    server::Server,
};

/// The entries of a stream, as redis-rs reads them.
type Entries = Vec<(String, HashMap<String, Vec<u8>>)>;

/// The records of the hub stream, and the entries of the topics.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// The number in the data and the channels of each event.
    pub(crate) events: HashMap<Place, (usize, Vec<usize>)>,
    /// Where the store has marked a loss.
    pub(crate) losses: Vec<Place>,
    pub(crate) retained: HashSet<(usize, Place)>,
}

impl Stored {
    pub(crate) async fn read(server: &Server, world: &World) -> Self {
        let mut stored = Self::default();
        let epoch: String = server.run("HGET {tower-sse}:meta epoch").await;
        let mut before = None;
        for (id, fields) in read_stream(server, "{tower-sse}:hub").await {
            let text = |field: &str| String::from_utf8(fields[field].clone()).unwrap();
            assert_eq!(text("e"), epoch, "a record of another epoch");
            // The store may have dropped what was before the first record.
            if let Some(before) = before.replace(id.clone()) {
                assert_eq!(text("b"), before, "the record before {id}");
            }
            let place = world.epochs.parse_entry(&epoch, &id);
            match &*text("k") {
                "lost" => stored.losses.push(place),
                "window" => {
                    let names = text("t");
                    let channels = names
                        .split('\n')
                        .map(|name| world.shape.index(name))
                        .collect();
                    stored
                        .events
                        .insert(place, (event_number(&text("d")), channels));
                }
                kind => panic!("a record of the kind {kind}"),
            }
        }
        for channel in 0..world.shape.channels {
            stored.read_topic(server, world, &epoch, channel).await;
        }
        stored
    }

    async fn read_topic(&mut self, server: &Server, world: &World, epoch: &str, channel: usize) {
        let key = format!("{{tower-sse}}:topic:{}", world.shape.name(channel));
        let mut before = None;
        for (id, fields) in read_stream(server, &key).await {
            let b = String::from_utf8(fields["b"].clone()).unwrap();
            if let Some(before) = before.replace(id.clone()) {
                assert_eq!(b, before, "the entry before {id} in {key}");
            }
            assert!(number(&b) < number(&id));
            let place = world.epochs.parse_entry(epoch, &id);
            self.retained.insert((channel, place));
        }
    }
}

async fn read_stream(server: &Server, key: &str) -> Entries {
    let (mut all, mut from) = (Entries::new(), "-".to_owned());
    loop {
        let part: Entries = server
            .run(&format!("XRANGE {key} {from} + COUNT 5000"))
            .await;
        let Some((last, _)) = part.last() else {
            return all;
        };
        from = format!("({last}");
        all.extend(part);
    }
}

/// Returns the number in the data of an event, as it goes over the wire.
fn event_number(text: &str) -> usize {
    let data = text.lines().find_map(|line| line.strip_prefix("data: "));
    data.unwrap().parse().unwrap()
}
