//! Many names.

use super::*;
use crate::support::{pause, plain};

#[tokio::test(start_paused = true)]
async fn many_names_are_sent_in_several_messages() {
    let store = plain();
    let one = node(&store).await;
    let mut streams = Vec::new();
    for number in 0..10_000 {
        streams.push(enter(&one, &format!("a long name of a user {number:05}")).await);
    }
    sleep(6.0).await;
    let before = messages(&store).len();
    let other = node(&store).await;
    assert!(other.presence(ROOM).unwrap().is_empty());
    pause().await;
    assert_eq!(names(&other), names(&one));
    assert_eq!(other.presence(ROOM).unwrap().len(), 10_000);
    let sent = messages(&store).split_off(before);
    assert!(sent.len() > 20, "{}", sent.len());
    assert!(sent.iter().all(|message| message.len() < 17 << 10));
    drop(streams);
    sleep(5.0).await;
    assert_eq!((&*names(&one), &*names(&other)), ("", ""));
}

#[tokio::test(start_paused = true)]
async fn all_nodes_have_the_same_list_when_there_are_too_many_names() {
    let store = plain();
    let (one, other) = (node(&store).await, node(&store).await);
    let (mut even, mut odd) = (Vec::new(), Vec::new());
    for number in 0..6_000 {
        // From both ends.
        let number = if number % 2 == 0 {
            number
        } else {
            6_000 - number
        };
        even.push(enter(&one, &format!("{:05}", number * 2)).await);
        odd.push(enter(&other, &format!("{:05}", number * 2 + 1)).await);
    }
    sleep(10.0).await;
    let expected: Vec<_> = (0..10_000).map(|number| format!("{number:05}")).collect();
    assert_eq!(names(&one), expected.join(" "));
    assert_eq!(names(&other), expected.join(" "));
    drop(odd);
    sleep(10.0).await;
    let expected: Vec<_> = (0..6_000).map(|half| format!("{:05}", half * 2)).collect();
    assert_eq!(names(&one), expected.join(" "));
    assert_eq!(names(&other), expected.join(" "));
}
