//! Time without tokio: smol's, and a clock that is driven by hand.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::stream;
use http::Request;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::rt::{Sleep, Timer};
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{Event, EventStream, Heartbeat, Preamble, SseLayer};

const INTERVAL: Duration = Duration::from_millis(10);

/// Returns the body of a silent stream that has a heartbeat.
fn silent(timer: impl Timer + Send + Sync + 'static) -> impl Body<Data = Bytes> + Unpin {
    let service = service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(EventStream::new(stream::pending::<Event>()))
    });
    let layer = SseLayer::with_timer(timer)
        .heartbeat(Heartbeat::every(INTERVAL))
        .preamble(Preamble::off());
    let response = layer.layer(service).oneshot(Request::new(()));
    futures::executor::block_on(response).unwrap().into_body()
}

struct Smol;

struct SmolSleep(smol::Timer);

impl Future for SmolSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}

impl Sleep for SmolSleep {}

impl Timer for Smol {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(SmolSleep(smol::Timer::after(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(SmolSleep(smol::Timer::at(deadline)))
    }
}

#[test]
fn beats_under_smol() {
    let mut body = silent(Smol);
    smol::block_on(async {
        let start = Instant::now();
        for beat in 1..=3 {
            let Some(Ok(frame)) = body.frame().await else {
                panic!("the stream goes on");
            };
            assert_eq!(frame.into_data().unwrap(), ":\n");
            assert!(start.elapsed() >= INTERVAL * beat);
        }
    });
}

/// A clock that stands still until it is moved, and counts what is asked of it.
#[derive(Clone)]
struct Clock(Arc<Mutex<Dial>>);

struct Dial {
    now: Instant,
    looks: u32,
    sleeps: u32,
    resets: u32,
}

impl Clock {
    fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(Dial {
            now,
            looks: 0,
            sleeps: 0,
            resets: 0,
        })))
    }

    fn advance(&self, by: Duration) {
        self.0.lock().unwrap().now += by;
    }

    /// Returns how often the clock was looked at, and sleeps were made and reset.
    fn counts(&self) -> (u32, u32, u32) {
        let dial = self.0.lock().unwrap();
        (dial.looks, dial.sleeps, dial.resets)
    }
}

struct ClockSleep(Clock, Instant);

impl Future for ClockSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let due = self.0.0.lock().unwrap().now >= self.1;
        if due { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Sleep for ClockSleep {}

impl Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        let now = self.0.lock().unwrap().now;
        self.sleep_until(now + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.0.lock().unwrap().sleeps += 1;
        Box::pin(ClockSleep(self.clone(), deadline))
    }

    fn now(&self) -> Instant {
        let mut dial = self.0.lock().unwrap();
        dial.looks += 1;
        dial.now
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, deadline: Instant) {
        self.0.lock().unwrap().resets += 1;
        let sleep = sleep.as_mut().downcast_mut_pin::<ClockSleep>();
        sleep.unwrap().1 = deadline;
    }
}

fn poll<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Option<Bytes> {
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(body).poll_frame(&mut cx) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
        Poll::Ready(_) => panic!("the stream goes on"),
        Poll::Pending => None,
    }
}

#[test]
fn beats_by_a_clock_driven_by_hand() {
    let clock = Clock::new();
    let mut body = silent(clock.clone());
    assert_eq!(poll(&mut body), None);
    clock.advance(INTERVAL - Duration::from_nanos(1));
    assert_eq!(poll(&mut body), None);
    clock.advance(Duration::from_nanos(1));
    assert_eq!(poll(&mut body).unwrap(), ":\n");
    assert_eq!(poll(&mut body), None);
}

/// A body whose frames come one by one, when they are put there.
#[derive(Clone, Default)]
struct Slots(Arc<Mutex<Vec<Bytes>>>);

impl Body for Slots {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.lock().unwrap().pop() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None => Poll::Pending,
        }
    }
}

#[test]
fn looks_at_the_clock_once_a_burst_and_resets_no_timer_for_it() {
    let clock = Clock::new();
    let slots = Slots::default();
    let answer = slots.clone();
    let service = service_fn(move |_: Request<()>| {
        let response = http::Response::builder()
            .header("content-type", "text/event-stream")
            .body(answer.clone());
        async { Ok::<_, Infallible>(response.unwrap()) }
    });
    let layer = SseLayer::with_timer(clock.clone()).heartbeat(Heartbeat::every(INTERVAL));
    let response = layer.layer(service).oneshot(Request::new(()));
    let mut body = futures::executor::block_on(response).unwrap().into_body();
    poll(&mut body).unwrap();
    for burst in 1..=20 {
        // As large as a frame, so that each is one.
        let event = Bytes::from(format!("data: {}\n\n", "x".repeat(16 * 1024)));
        slots.0.lock().unwrap().extend([event.clone(), event]);
        assert!(poll(&mut body).is_some());
        assert!(poll(&mut body).is_some());
        assert_eq!(poll(&mut body), None);
        clock.advance(INTERVAL / 100);
        // And one look at the start, for the time that the stream lasts.
        assert_eq!(clock.counts(), (1 + burst, 1, 0));
    }
}
