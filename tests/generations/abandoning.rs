//! Generations that nobody listens to.

use tokio::time::{advance, sleep};
use tower_sse::{AbandonPolicy, GenerationEnd};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn it_is_abandoned_after_the_time_without_a_listener() {
    let generations = generations(options().abandon_policy(AbandonPolicy::after(5 * SECOND)));
    let started = start(&generations, "chat");
    let listener = started.generation.attach(None).unwrap();
    sleep(60 * SECOND).await;
    started.say(["one"]).await;
    drop(listener);
    sleep(4 * SECOND).await;
    started.say(["two"]).await;
    assert_eq!(started.generation.end(), None);
    sleep(SECOND).await;
    settle().await;
    assert_eq!(started.generation.end(), Some(GenerationEnd::Abandoned));
    assert!(started.model.is_closed());
    let all = read_all(started.generation.attach(None).unwrap()).await;
    let expected = "data: one\nid: E-1\n\ndata: two\nid: E-2\n\ndata: end: abandoned\nid: E-3\n\n";
    assert_eq!(all, expected);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_in_time_begins_the_time_anew() {
    let generations = generations(options().abandon_policy(AbandonPolicy::after(5 * SECOND)));
    let started = start(&generations, "chat");
    for _ in 0..3 {
        sleep(4 * SECOND).await;
        let again = started.generation.attach(None).unwrap();
        assert_eq!(started.generation.listener_count(), 1);
        // So short that the driver is not polled between the two.
        drop(again);
    }
    assert_eq!(started.generation.listener_count(), 0);
    sleep(4 * SECOND).await;
    assert_eq!(started.generation.end(), None);
    sleep(SECOND).await;
    assert_eq!(started.driver.await.unwrap(), GenerationEnd::Abandoned);
}

#[tokio::test(start_paused = true)]
async fn one_of_two_listeners_keeps_it() {
    let generations = generations(options().abandon_policy(AbandonPolicy::after(SECOND)));
    let started = start(&generations, "chat");
    let [one, other] = [(); 2].map(|()| started.generation.attach(None).unwrap());
    drop(one);
    sleep(9 * SECOND).await;
    assert_eq!(started.generation.end(), None);
    drop(other);
    assert_eq!(started.driver.await.unwrap(), GenerationEnd::Abandoned);
}

#[tokio::test(start_paused = true)]
async fn without_an_end_it_goes_on_alone() {
    for policy in [
        AbandonPolicy::never(),
        AbandonPolicy::after(std::time::Duration::MAX),
    ] {
        let generations = generations(options().abandon_policy(policy));
        let started = start(&generations, "chat");
        settle().await;
        advance(1_000_000 * SECOND).await;
        started.say(["one"]).await;
        assert_eq!(
            started.complete().await.end(),
            Some(GenerationEnd::Completed)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_is_a_minute() {
    let generations = generations(options());
    let started = start(&generations, "chat");
    sleep(59 * SECOND).await;
    assert_eq!(started.generation.end(), None);
    sleep(SECOND).await;
    assert_eq!(started.driver.await.unwrap(), GenerationEnd::Abandoned);
}
