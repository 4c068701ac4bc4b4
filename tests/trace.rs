//! The span of each stream.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::stream;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{EarlyHeadLayer, Event, EventStream, Preamble, SseLayer, SseOptions};
use tracing::{
    Event as Log, Subscriber,
    field::{Field, Visit},
    span::{self, Attributes, Id},
};
use tracing_subscriber::{layer::Context, prelude::*, registry::LookupSpan};

/// The fields of the spans, the last value of each, and the messages within them.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Record>>>);

type Record = (String, BTreeMap<String, String>);

impl Seen {
    fn push(&self, name: &str, visit: impl FnOnce(&mut Fields<'_>)) {
        let mut fields = BTreeMap::new();
        visit(&mut Fields(&mut fields));
        self.0.lock().unwrap().push((name.to_owned(), fields));
    }
}

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.push(attributes.metadata().name(), |fields| {
            attributes.record(fields)
        });
    }

    fn on_record(&self, _: &Id, record: &span::Record<'_>, _: Context<'_, S>) {
        self.push("record", |fields| record.record(fields));
    }

    fn on_event(&self, log: &Log<'_>, context: Context<'_, S>) {
        let span = context.event_span(log).map_or("none", |span| span.name());
        self.push(&format!("log in {span}"), |fields| log.record(fields));
    }
}

#[derive(Debug)]
#[expect(dead_code, reason = "it is logged")]
struct Usage {
    tokens: u32,
}

#[tokio::test(start_paused = true)]
async fn records_the_request_and_the_summary_of_the_stream() {
    let seen = Seen::default();
    let _guard = tracing_subscriber::registry()
        .with(seen.clone())
        .set_default();
    let layer = SseLayer::with_timer(TokioTimer::new())
        .preamble(Preamble::off())
        .label("feed", |_| Some("world".to_owned()))
        .tag("user", |_| Some("ada".to_owned()))
        .trace();
    let service = service_fn(async |_: Request<()>| {
        let events = ["one", "two"].map(Event::new);
        let mut response = Response::from(EventStream::new(stream::iter(events)));
        let own = SseOptions::new().data(Arc::new(Usage { tokens: 7 }));
        response.extensions_mut().insert(own);
        Ok::<_, Infallible>(response)
    });
    let request = Request::get("/news?page=1")
        .header("last-event-id", "a-7")
        .body(())
        .unwrap();
    let Ok(response) = layer.layer(service).oneshot(request).await;
    response.into_body().collect().await.unwrap();

    let seen = seen.0.lock().unwrap();
    let field = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let opened = [
        ("method", "GET"),
        ("path", "\"/news\""),
        ("labels", "feed=world"),
        ("tags", "user=ada"),
        ("version", "HTTP/1.1"),
        ("last_event_id", "\"a-7\""),
    ];
    assert_eq!(
        seen[0],
        ("stream".to_owned(), BTreeMap::from(opened.map(field)))
    );
    let recorded = seen[1..seen.len() - 1].iter().map(|(name, fields)| {
        assert_eq!(name, "record");
        fields.clone()
    });
    let closed = [
        ("reason", "\"completed\""),
        ("wire", "\"clean\""),
        ("data", "[Usage { tokens: 7 }]"),
        ("duration_ms", "0"),
        ("events", "2"),
        ("missed", "0"),
        ("frames", "1"),
        ("bytes", "22"),
        ("heartbeats", "0"),
    ];
    let recorded: BTreeMap<_, _> = recorded.flatten().collect();
    assert_eq!(recorded, BTreeMap::from(closed.map(field)));
    let last = (
        "log in stream".to_owned(),
        BTreeMap::from([field(("message", "closed"))]),
    );
    assert_eq!(seen.last(), Some(&last));
}

#[tokio::test(start_paused = true)]
async fn records_labels_and_tags_that_come_late() {
    let seen = Seen::default();
    let _guard = tracing_subscriber::registry()
        .with(seen.clone())
        .set_default();
    let layer = SseLayer::with_timer(TokioTimer::new())
        .label("feed", |_| Some("world".to_owned()))
        .trace();
    let early = EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::ZERO);
    let service = service_fn(async |_: Request<()>| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut response = Response::from(EventStream::new(stream::iter(["one"])));
        let own = SseOptions::new().label("model", "small").tag("user", "ada");
        response.extensions_mut().insert(own);
        Ok::<_, Infallible>(response)
    });
    let request = Request::get("/").header("accept", "text/event-stream");
    let request = request.body(()).unwrap();
    let Ok(response) = layer.layer(early.layer(service)).oneshot(request).await;
    response.into_body().collect().await.unwrap();

    let seen = seen.0.lock().unwrap();
    assert_eq!(seen[0].1["labels"], "feed=world");
    let recorded = seen.iter().filter(|(name, _)| name == "record");
    let recorded: BTreeMap<_, _> = recorded.flat_map(|(_, fields)| fields.clone()).collect();
    assert_eq!(recorded["labels"], "feed=world,model=small");
    assert_eq!(recorded["tags"], "user=ada");
}
