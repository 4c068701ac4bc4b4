use std::{
    hint::spin_loop,
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use futures::executor::block_on;
use http_body_util::BodyExt;

use super::streams::*;

const ROUNDS: usize = 5_000;

/// Starts a thread that waits for the ends of streams, and reports each.
fn waiting() -> (Sender<(usize, Stream)>, Receiver<bool>) {
    let (streams, receiver) = mpsc::channel::<(usize, Stream)>();
    let (ended, ends) = mpsc::channel();
    thread::spawn(move || {
        for (looks, mut stream) in receiver {
            // Tasks that are not there any more when the time comes.
            (0..looks).for_each(|_| drop(look(&mut stream)));
            let text = block_on(stream.collect()).unwrap().to_bytes();
            ended.send(text.is_empty()).unwrap();
        }
    });
    (streams, ends)
}

#[test]
fn a_stream_that_is_polled_while_the_shutdown_begins_ends() {
    let threads = [(); 2].map(|()| waiting());
    for round in 0..ROUNDS {
        let shutdown = shutdown();
        let layer = layer().shutdown(&shutdown);
        for (looks, (streams, _)) in threads.iter().enumerate() {
            let stream = open(&layer, 0, Handler::Waits).unwrap();
            streams.send((looks, stream)).unwrap();
        }
        (0..round % 500 * 20).for_each(|_| spin_loop());
        shutdown.trigger();
        for (_, ends) in &threads {
            assert!(wait(ends));
        }
        assert_eq!(block_on(shutdown.drained()), 2);
    }
}
