//! What a hub logs of its store.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use tracing::field::Field;
use tracing_subscriber::{layer::Context, prelude::*};

use crate::support::{cut, heal, open, plain, settle, way_to};

/// Collects the levels and messages of events.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut message = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            if ["message", "error"].contains(&field.name()) {
                message += &format!(" {value:?}");
            }
        });
        let level = event.metadata().level();
        self.0.lock().unwrap().push(format!("{level}{message}"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_logged_once() {
    let log = Log::default();
    // With one subscriber alone, `tracing` asks that of the thread which logs first: another test has none.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let _logged = tracing_subscriber::registry()
        .with(log.clone())
        .set_default();
    let store = plain();
    let way = way_to(&store);
    let hub = open(&way, 8).await;
    cut(&way).await;
    settle().await;
    heal(&way);
    settle().await;
    drop(hub);
    assert_eq!(
        *log.0.lock().unwrap(),
        [
            "WARN store outage the store is unavailable",
            "INFO store outage ended"
        ]
    );
}
