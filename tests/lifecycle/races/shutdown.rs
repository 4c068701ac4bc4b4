use std::{
    hint::spin_loop,
    iter::from_fn,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use futures::executor::block_on;
use tower_sse::{CloseReason, RejectReason, Shutdown, SseLayer};

use super::streams::*;

const ROUNDS: usize = 400;
const THREADS: usize = 3;

/// The reports of streams.
#[derive(Clone, Default)]
struct Reports {
    opened: Arc<AtomicUsize>,
    closed: Arc<Mutex<Vec<CloseReason>>>,
    rejected: Arc<Mutex<Vec<RejectReason>>>,
}

impl Reports {
    fn watch(&self, layer: SseLayer) -> SseLayer {
        let Self {
            opened,
            closed,
            rejected,
        } = self.clone();
        layer
            .on_open(move |_| {
                opened.fetch_add(1, SeqCst);
            })
            .on_close(move |summary| closed.lock().unwrap().push(summary.reason))
            .on_reject(move |rejection| rejected.lock().unwrap().push(rejection.reason))
    }
}

/// Waits in another thread until a shutdown is drained, and sends what it found and how many
/// streams were alive then.
fn drained(shutdown: &Shutdown, alive: &Arc<AtomicUsize>) -> mpsc::Receiver<(usize, usize)> {
    let (found, receiver) = mpsc::channel();
    let (drained, alive) = (shutdown.drained(), Arc::clone(alive));
    thread::spawn(move || {
        let streams = block_on(drained);
        found.send((streams, alive.load(SeqCst)))
    });
    receiver
}

fn spin(turns: usize) {
    (0..turns).for_each(|_| spin_loop());
}

#[test]
fn each_stream_is_rejected_or_ended() {
    for round in 0..ROUNDS {
        let (shutdown, reports) = (shutdown(), Reports::default());
        let layer = reports.watch(layer().shutdown(&shutdown));
        let start = Barrier::new(THREADS + 1);
        let drained = drained(&shutdown, &Arc::default());
        let open_until_rejected = || {
            start.wait();
            let streams = from_fn(|| {
                let mut stream = open(&layer, 0, Handler::Waits)?;
                let _has_ended = round % 2 == 0 && look(&mut stream).is_ready();
                Some(stream)
            });
            let mut streams: Vec<_> = streams.collect();
            for stream in &mut streams {
                assert!(look(stream).is_ready());
            }
            streams.len()
        };
        let opened: usize = thread::scope(|scope| {
            let threads = [(); THREADS].map(|()| scope.spawn(open_until_rejected));
            start.wait();
            spin(round * 50);
            shutdown.trigger();
            threads.map(|thread| thread.join().unwrap()).iter().sum()
        });
        // A request that came before the shutdown may get its stream afterwards.
        let (found, _) = wait(&drained);
        assert!(found <= opened);
        assert_eq!(shutdown.open_stream_count(), 0);
        assert_eq!(reports.opened.load(SeqCst), opened);
        assert_eq!(
            *reports.closed.lock().unwrap(),
            vec![CloseReason::ShutDown; opened]
        );
        assert_eq!(
            *reports.rejected.lock().unwrap(),
            [RejectReason::ShutDown; THREADS]
        );
    }
}

#[test]
fn it_is_drained_when_the_last_is_gone_whichever_thread_drops_it() {
    for round in 0..ROUNDS {
        let (shutdown, reports) = (shutdown(), Reports::default());
        let layer = reports.watch(layer().shutdown(&shutdown));
        let (start, alive) = (
            Barrier::new(THREADS + 1),
            Arc::new(AtomicUsize::new(THREADS)),
        );
        let streams = [(); THREADS].map(|()| open(&layer, 0, Handler::Waits).unwrap());
        let waiting = [(); 2].map(|()| drained(&shutdown, &alive));
        thread::scope(|scope| {
            for stream in streams {
                let (start, alive) = (&start, &alive);
                scope.spawn(move || {
                    start.wait();
                    alive.fetch_sub(1, SeqCst);
                    drop(stream);
                });
            }
            start.wait();
            spin(round % 100 * 50);
            shutdown.trigger();
        });
        let [one, other] = waiting.map(|waiting| wait(&waiting));
        assert!(one.0 <= THREADS && one.1 == 0);
        assert_eq!(one, other);
        assert_eq!(block_on(shutdown.drained()), one.0);
        assert_eq!(reports.closed.lock().unwrap().len(), THREADS);
    }
}
