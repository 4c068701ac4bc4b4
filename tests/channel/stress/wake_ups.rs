use std::{hint::spin_loop, sync::mpsc, thread};

use futures::{StreamExt, executor::block_on};

use super::threads::wait;
use crate::support::*;

const READERS: usize = 2;
const ROUNDS: u64 = 5_000;

#[test]
fn a_reader_that_begins_to_wait_during_a_publish_is_woken() {
    let channel = channel();
    let reader = |_| {
        let mut subscription = channel.subscribe();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            while let Some(event) = block_on(subscription.next()) {
                let id = event.id().unwrap();
                sender.send(parts(&id).1).unwrap();
            }
        });
        receiver
    };
    let readers: Vec<_> = (0..READERS).map(reader).collect();
    for round in 1..=ROUNDS {
        (0..round % 500 * 4).for_each(|_| spin_loop());
        publish(&channel, "one");
        // Nothing else is published before each of them has it.
        for reader in &readers {
            assert_eq!(wait(reader), round);
        }
    }
}
