//! Channels by name.

use std::{hint::black_box, num::NonZeroUsize, time::Duration};

use tower_sse::{Channel, Hub, HubOptions};

use super::case::{Case, measure};

const TIMES: usize = 1000;

pub(crate) fn cases() -> Vec<Case> {
    let mut huge = lookup(1_000_000);
    huge.is_huge = true;
    vec![lookup(1000), huge]
}

/// `Hub::channel` of a name that exists, the names in no order.
fn lookup(count: usize) -> Case {
    let start = move || {
        let options = HubOptions::new()
            .max_channels(NonZeroUsize::new(count).unwrap())
            .linger(Duration::from_secs(24 * 3600));
        let hub = Hub::new(options);
        for at in 0..count {
            let _: Channel = hub.channel(&name(at)).unwrap();
        }
        // A prime that is far from the count, so that each name is another part of the tree.
        let places = (0..TIMES).map(|at| at * 7_919_317 % count);
        let names: Vec<_> = places.map(name).collect();
        move || {
            measure(|| {
                for name in &names {
                    let channel: Channel = hub.channel(name).unwrap();
                    black_box(channel);
                }
            })
        }
    };
    let way = format!("a hub of {count} channels");
    Case::new("`Hub::channel(name)`", way, TIMES, start)
}

fn name(at: usize) -> String {
    format!("room/{at}")
}
