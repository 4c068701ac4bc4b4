//! Names that leave, and names that come back in time.

use super::*;

#[test]
fn a_name_leaves_when_the_grace_time_has_passed() {
    let (hub, clock) = hub();
    let mut watching = watch(&hub);
    drop(enter(&hub, "ada", &[ROOM]));
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    clock.advance(GRACE - 1);
    assert_eq!(seen(&mut watching), [] as [Seen; 0]);
    assert_eq!(names(&hub), ["ada"]);
    clock.advance(1);
    assert_eq!(seen(&mut watching), [left("ada")]);
    assert!(names(&hub).is_empty());
}

#[test]
fn a_reload_shows_nothing() {
    let (hub, clock) = hub();
    let ada = enter(&hub, "ada", &[ROOM]);
    let mut watching = watch(&hub);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(ada);
    clock.advance(GRACE - 1);
    let _ada = enter(&hub, "ada", &[ROOM]);
    clock.advance(9 * GRACE);
    assert_eq!(seen(&mut watching), [] as [Seen; 0]);
    assert_eq!(names(&hub), ["ada"]);
}

#[test]
fn the_grace_time_begins_anew_after_a_reload() {
    let (hub, clock) = hub();
    let mut watching = watch(&hub);
    for _ in 0..2 {
        drop(enter(&hub, "ada", &[ROOM]));
        clock.advance(GRACE - 1);
    }
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    clock.advance(1);
    assert_eq!(seen(&mut watching), [left("ada")]);
}

#[test]
fn a_name_with_two_tabs_leaves_with_the_last() {
    let (hub, clock) = hub();
    let [one, two] = ["ada"; 2].map(|name| enter(&hub, name, &[ROOM]));
    let mut watching = watch(&hub);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(one);
    clock.advance(9 * GRACE);
    assert_eq!(seen(&mut watching), [] as [Seen; 0]);
    drop(two);
    clock.advance(GRACE);
    assert_eq!(seen(&mut watching), [left("ada")]);
}

#[test]
fn a_name_that_comes_back_too_late_has_left_and_joined() {
    let (hub, clock) = hub();
    let mut watching = watch(&hub);
    drop(enter(&hub, "ada", &[ROOM]));
    clock.advance(GRACE);
    assert_eq!(names(&hub), [] as [&str; 0]);
    let _ada = enter(&hub, "ada", &[ROOM]);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
}

#[test]
fn without_a_grace_time_a_name_leaves_at_once() {
    let clock = Clock::new();
    let options = hub_options(&clock).each(|_, options| options.presence(Duration::ZERO));
    let hub = Hub::new(options);
    let mut watching = watch(&hub);
    let ada = enter(&hub, "ada", &[ROOM]);
    assert_eq!(seen(&mut watching), [snapshot(), joined("ada")]);
    drop(ada);
    assert_eq!(seen(&mut watching), [left("ada")]);
    assert!(names(&hub).is_empty());
}

#[test]
fn a_stream_of_the_feed_that_waits_is_woken_when_a_name_leaves() {
    let (hub, clock) = hub();
    let (mut watching, task) = (watch(&hub), Task::default());
    let ada = enter(&hub, "ada", &[ROOM]);
    assert_eq!(seen(&mut watching).len(), 2);
    let mut poll = || watching.poll_next_unpin(&mut Context::from_waker(&task.waker()));
    assert!(poll().is_pending());
    drop(ada);
    assert_eq!(task.wakes(), 1, "to sleep until then");
    assert!(poll().is_pending());
    clock.advance(GRACE - 1);
    assert_eq!(task.wakes(), 0);
    clock.advance(1);
    assert_eq!(task.wakes(), 1);
    let Poll::Ready(Some(event)) = poll() else {
        panic!("it is woken for nothing");
    };
    let expected = b"event: left\ndata: ada\ndata: room/7\n\n";
    assert_eq!(event.encoded().as_bytes(), expected);
    assert!(poll().is_pending());
}

#[test]
fn a_stream_that_sleeps_already_is_not_woken_when_another_name_begins_to_leave() {
    let (hub, _clock) = hub();
    let (mut watching, task) = (watch(&hub), Task::default());
    let [ada, bob] = ["ada", "bob"].map(|name| enter(&hub, name, &[ROOM]));
    drop(ada);
    assert_eq!(seen(&mut watching).len(), 3);
    let polled = watching.poll_next_unpin(&mut Context::from_waker(&task.waker()));
    assert!(polled.is_pending());
    drop(bob);
    assert_eq!(task.wakes(), 0);
}

#[test]
fn names_leave_though_the_stream_that_slept_is_gone() {
    let (hub, clock) = hub();
    let [mut one, mut two] = [watch(&hub), watch(&hub)];
    drop(enter(&hub, "ada", &[ROOM]));
    let task = Task::default();
    for watching in [&mut one, &mut two] {
        assert_eq!(seen(watching).len(), 2);
        let polled = watching.poll_next_unpin(&mut Context::from_waker(&task.waker()));
        assert!(polled.is_pending());
    }
    drop(one);
    task.wakes();
    clock.advance(GRACE);
    assert_eq!(task.wakes(), 1);
    assert_eq!(seen(&mut two), [left("ada")]);
}

#[tokio::test(start_paused = true)]
async fn names_leave_in_time_in_a_runtime() {
    let options = options().presence(SECOND);
    let hub = Hub::new(crate::hub::hub_options(9).channel_options(options));
    drop(enter(&hub, "ada", &[ROOM]));
    let mut body = EventStream::new(watch(&hub));
    let start = tokio::time::Instant::now();
    let mut text = String::new();
    while !text.contains("left") {
        let frame = http_body_util::BodyExt::frame(&mut body).await;
        let data = frame.unwrap().unwrap().into_data().unwrap();
        text.push_str(std::str::from_utf8(&data).unwrap());
    }
    // The timer of tokio counts in milliseconds.
    let waited = start.elapsed();
    assert!((SECOND..SECOND + Duration::from_millis(2)).contains(&waited));
}
