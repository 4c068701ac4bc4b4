use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use axum::{
    Router,
    extract::Request,
    routing::{MethodRouter, get},
};
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower::ServiceExt;
use tower_sse::{Event, EventStream, LastEventId, SseLayer};

use super::cut::{Cause, Cut, RETRY};
use crate::{
    browser::Browser,
    guard,
    server::{BOTH, Scheme, Server},
    times::assert_in_time,
};

/// How many streams a page opens. Six would take all its connections over HTTP/1.1.
const STREAMS: usize = 4;

/// It sends the id of the last whole event, and drops what it has read of the next.
pub(super) async fn reconnects_on_time_after_every_kind_of_cut(browser: &Browser) {
    for scheme in BOTH {
        for causes in Cause::ALL.chunks(STREAMS) {
            assert_reconnects(browser, scheme, causes).await;
        }
    }
}

async fn assert_reconnects(browser: &Browser, scheme: Scheme, causes: &[Cause]) {
    let (mut app, mut all) = (Router::new(), Vec::new());
    for &cause in causes {
        let (route, observed) = cut_once(cause);
        app = app.route(&cause.path(), route);
        all.push((cause, observed));
    }
    let server = Server::start(scheme, app).await;
    let tab = browser.open(&server.url("/")).await;
    for cause in causes {
        tab.run(&format!("listen('{cause:?}', '{}')", cause.path()))
            .await;
    }
    for (cause, mut observed) in all {
        let after = format!("{:?}, {scheme:?}, {cause:?}", browser.engine);
        let end = guard(observed.ends.recv()).await.unwrap();
        let (back, id) = guard(observed.returns.recv()).await.unwrap();
        assert_eq!(id.as_deref(), Some("9"), "{after}");
        assert_in_time(&after, RETRY, back - end);
        let log = json!([
            ["open", 1],
            ["message", "last", "9"],
            ["error", 0],
            ["open", 1],
            ["message", "back", "11"],
        ]);
        tab.until_is(&format!("streams.{cause:?}.log"), log).await;
        assert!(observed.returns.is_empty(), "{after}");
    }
}

/// What a route reports of its streams.
struct Observed {
    /// When the first stream has ended.
    ends: UnboundedReceiver<Instant>,
    /// When the client has come back, with its last event id.
    returns: UnboundedReceiver<(Instant, Option<String>)>,
}

/// Makes a route whose first stream is cut. Later streams have another layer, as after a restart.
fn cut_once(cause: Cause) -> (MethodRouter, Observed) {
    let (tell_end, ends) = unbounded_channel();
    let (tell_return, returns) = unbounded_channel();
    let cut = Cut::by(cause);
    let layer = cut
        .layer()
        .on_close(move |_| tell_end.send(Instant::now()).unwrap_or_default());
    let first: MethodRouter = get(async move || cut.response()).layer(layer);
    let later = get(async move |id: Option<LastEventId>| {
        let id = id.map(|id| id.as_str().to_owned());
        // Fails where the test is over.
        let _ = tell_return.send((Instant::now(), id));
        let back = stream::iter([Event::new("back").id(11)]);
        EventStream::new(back.chain(stream::pending()))
    });
    let later: MethodRouter = later.layer(SseLayer::new());
    let is_cut = Arc::new(AtomicBool::new(false));
    let route = get(async move |request: Request| {
        let route = match is_cut.swap(true, Ordering::Relaxed) {
            true => later,
            false => first,
        };
        route.oneshot(request).await
    });
    (route, Observed { ends, returns })
}
