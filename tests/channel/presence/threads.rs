//! Names that come and go in threads of their own.

use std::{collections::BTreeSet, thread};

use super::*;

/// The page of a client that reads a feed.
#[derive(Default)]
struct Page(BTreeSet<String>);

impl Page {
    fn read(&mut self, watching: &mut Subscription) {
        for [event, data, _] in seen(watching) {
            let name = data.lines().next().unwrap().to_owned();
            match &*event {
                "joined" => self.0.extend([name]),
                "left" => assert!(self.0.remove(&name), "{name} was not there"),
                _ => assert_eq!(event, "snapshot"),
            }
        }
    }
}

#[test]
fn the_list_and_the_feed_agree_in_the_end() {
    let clock = Clock::new();
    let options = hub_options(&clock).each(|_, options| options.presence(Duration::ZERO));
    let hub = Hub::new(options);
    let mut watching = watch(&hub);
    let mut page = Page::default();
    let present: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4usize)
            .map(|thread| {
                let hub = &hub;
                scope.spawn(move || {
                    let names = ["ada", "bob", "dan", "eve"];
                    for round in 0..2_000 {
                        drop(enter(hub, names[(thread + round) % 4], &[ROOM]));
                    }
                    enter(hub, names[thread / 2], &[ROOM])
                })
            })
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            page.read(&mut watching);
        }
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    page.read(&mut watching);
    assert_eq!(page.0, BTreeSet::from(["ada", "bob"].map(str::to_owned)));
    assert_eq!(names(&hub), ["ada", "bob"]);
    drop(present);
    page.read(&mut watching);
    assert!(page.0.is_empty());
}
