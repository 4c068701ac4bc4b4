//! Generations over two hubs on one store.

use std::num::NonZeroUsize;

use futures::{StreamExt, future::join_all};
use hyper_util::rt::TokioTimer;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower_sse::{
    AbandonPolicy, ChannelOptions, Event, GenerationEnd, GenerationError, GenerationOptions,
    GenerationStream, Hub, HubOptions, KeyPolicy, StoredGenerations, UnknownIdPolicy,
    store::{HubStore, MemoryStore, MemoryStoreOptions},
};

use crate::support::{SECOND, error, hide_epoch, last_event_id, named, options};

pub(crate) type Model = mpsc::UnboundedSender<Event>;

pub(crate) fn store() -> MemoryStore {
    MemoryStore::new(MemoryStoreOptions::with_timer(TokioTimer::new()))
}

pub(crate) async fn node(store: &(impl HubStore + Clone)) -> StoredGenerations {
    node_with(store, options()).await
}

async fn node_with(
    store: &(impl HubStore + Clone),
    options: GenerationOptions,
) -> StoredGenerations {
    let hub = Hub::open(store.clone(), HubOptions::new()).await.unwrap();
    StoredGenerations::new(&hub, options).unwrap()
}

pub(crate) async fn start(
    node: &StoredGenerations,
    key: &str,
) -> (Model, JoinHandle<GenerationEnd>) {
    let (model, events) = mpsc::unbounded_channel();
    let events = UnboundedReceiverStream::new(events);
    let (_, driver) = node.start(key, events, named).await.unwrap();
    (model, tokio::spawn(driver))
}

pub(crate) async fn attach(node: &StoredGenerations, key: &str) -> GenerationStream {
    node.get(key)
        .await
        .unwrap()
        .unwrap()
        .attach(None)
        .await
        .unwrap()
}

pub(crate) fn say(model: &Model, texts: &[&str]) {
    for text in texts {
        model.send(Event::new(text.to_string())).unwrap();
    }
}

/// Reads so many events, as their data. The ids are returned for themselves.
pub(crate) async fn read(
    stream: &mut GenerationStream,
    count: usize,
) -> (Vec<String>, Vec<String>) {
    let (mut data, mut ids) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let event = timeout(60 * SECOND, stream.next())
            .await
            .expect("nothing comes");
        let event = event.expect("it has ended").unwrap();
        let text = std::str::from_utf8(event.as_bytes()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let [line, id, ""] = lines[..] else {
            panic!("{text}")
        };
        data.push(line.strip_prefix("data: ").unwrap().to_owned());
        ids.push(id.strip_prefix("id: ").unwrap().to_owned());
    }
    (data, ids)
}

/// Returns the end of a stream.
pub(crate) async fn end(stream: &mut GenerationStream) -> Option<GenerationError> {
    let end = timeout(60 * SECOND, stream.next())
        .await
        .expect("nothing comes");
    end.map(|item| item.expect_err("there is an event"))
}

#[tokio::test(start_paused = true)]
async fn clients_attach_and_resume_on_another_node() {
    let store = store();
    let (here, there) = (node(&store).await, node(&store).await);
    let (model, driver) = start(&here, "chat").await;
    say(&model, &["one", "two"]);
    let mut first = attach(&here, "chat").await;
    let (data, ids) = read(&mut first, 2).await;
    assert_eq!(data, ["one", "two"]);
    drop(first);

    let generation = there.get("chat").await.unwrap().unwrap();
    let id = last_event_id(&ids[0]);
    let mut resumed = generation.attach(Some(&id)).await.unwrap();
    let mut whole = generation.attach(None).await.unwrap();
    assert_eq!(
        read(&mut resumed, 1).await,
        (vec!["two".to_owned()], vec![ids[1].clone()])
    );
    say(&model, &["three"]);
    assert_eq!(read(&mut resumed, 1).await.0, ["three"]);
    assert_eq!(generation.end().await.unwrap(), None);
    drop(model);
    assert_eq!(read(&mut resumed, 1).await.0, ["end: completed"]);
    assert_eq!(end(&mut resumed).await, None);
    let (data, ids) = read(&mut whole, 4).await;
    assert_eq!(data, ["one", "two", "three", "end: completed"]);
    assert_eq!(end(&mut whole).await, None);
    assert_eq!(driver.await.unwrap(), GenerationEnd::Completed);

    assert_eq!(
        generation.end().await.unwrap(),
        Some(GenerationEnd::Completed)
    );
    let last = last_event_id(&ids[3]);
    assert_eq!(error(generation.attach(Some(&last)).await), "Complete");
    let mut late = generation.attach(Some(&id)).await.unwrap();
    assert_eq!(
        read(&mut late, 3).await.0,
        ["two", "three", "end: completed"]
    );
    assert_eq!(end(&mut late).await, None);
}

#[tokio::test(start_paused = true)]
async fn nothing_but_the_events_is_in_the_bytes() {
    let store = store();
    let (here, there) = (node(&store).await, node(&store).await);
    let (model, _driver) = start(&here, "chat").await;
    let stream = attach(&there, "chat").await;
    there
        .get("chat")
        .await
        .unwrap()
        .unwrap()
        .stop()
        .await
        .unwrap();
    drop(model);
    let events = stream.map(|event| {
        let text = String::from_utf8(event.unwrap().as_bytes().to_vec()).unwrap();
        // The numbers count what the nodes tell each other, too.
        let text = hide_epoch(&text);
        text.split_once("id: ").unwrap().0.to_owned()
    });
    let texts: Vec<_> = events.collect().await;
    assert_eq!(texts, ["data: end: stopped\n"]);
}

#[tokio::test(start_paused = true)]
async fn another_node_stops_it() {
    let store = store();
    let (here, there) = (node(&store).await, node(&store).await);
    let (model, driver) = start(&here, "chat").await;
    let mut streams = [attach(&here, "chat").await, attach(&there, "chat").await];
    say(&model, &["one"]);
    for stream in &mut streams {
        read(stream, 1).await;
    }
    there
        .get("chat")
        .await
        .unwrap()
        .unwrap()
        .stop()
        .await
        .unwrap();
    assert_eq!(driver.await.unwrap(), GenerationEnd::Stopped);
    assert!(model.is_closed());
    for stream in &mut streams {
        assert_eq!(read(stream, 1).await.0, ["end: stopped"]);
        assert_eq!(end(stream).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_on_another_node_keeps_it() {
    let store = store();
    let options = || options().abandon_policy(AbandonPolicy::after(5 * SECOND));
    let (here, there) = (
        node_with(&store, options()).await,
        node_with(&store, options()).await,
    );
    let (_model, driver) = start(&here, "chat").await;
    let listener = attach(&there, "chat").await;
    sleep(60 * SECOND).await;
    assert!(!driver.is_finished());
    drop(listener);
    sleep(4 * SECOND).await;
    assert!(!driver.is_finished());
    sleep(2 * SECOND).await;
    assert!(driver.is_finished());
    assert_eq!(driver.await.unwrap(), GenerationEnd::Abandoned);
    assert_eq!(
        read(&mut attach(&there, "chat").await, 1).await.0,
        ["end: abandoned"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_runs_once_on_all_nodes() {
    let store = store();
    let (here, there) = (node(&store).await, node(&store).await);
    let never = || futures::stream::pending::<Event>();
    // Both at the same time.
    let both = [&here, &there].map(|node| node.start("chat", never(), named));
    let both = join_all(both).await;
    let running = both.iter().filter(|started| started.is_ok()).count();
    assert_eq!(running, 1);
    for node in [&here, &there] {
        assert_eq!(error(node.start("chat", never(), named).await), "Running");
        assert!(node.get("other").await.unwrap().is_none());
    }
    let (model, driver) = start(&there, "chat/7").await;
    drop(model);
    driver.await.unwrap();
    let old = attach(&here, "chat/7").await;
    let old_id = last_event_id(&read(&mut { old }, 1).await.1[0]);
    start(&here, "chat/7").await;
    let generation = there.get("chat/7").await.unwrap().unwrap();
    assert_eq!(generation.end().await.unwrap(), None);
    assert_eq!(error(generation.attach(Some(&old_id)).await), "UnknownId");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_may_get_the_whole_answer_again() {
    let store = store();
    let options = || options().unknown_id_policy(UnknownIdPolicy::replay());
    let (here, there) = (
        node_with(&store, options()).await,
        node_with(&store, options()).await,
    );
    let (model, _driver) = start(&here, "chat").await;
    say(&model, &["one"]);
    let generation = there.get("chat").await.unwrap().unwrap();
    let unknown = last_event_id("other-7");
    let mut stream = generation.attach(Some(&unknown)).await.unwrap();
    assert_eq!(read(&mut stream, 1).await.0, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn the_start_of_a_long_answer_is_read_from_the_store_or_evicted() {
    let entries = NonZeroUsize::new(5000).unwrap();
    for (max, expected) in [
        (entries, Ok(3000)),
        (NonZeroUsize::new(100).unwrap(), Err(())),
    ] {
        let options = MemoryStoreOptions::with_timer(TokioTimer::new());
        let store = MemoryStore::new(options.max_entries(max).max_records(entries));
        let (here, there) = (node(&store).await, node(&store).await);
        let (model, driver) = start(&here, "chat").await;
        for _ in 0..3000 {
            say(&model, &["token"]);
        }
        drop(model);
        driver.await.unwrap();
        let mut stream = attach(&there, "chat").await;
        match expected {
            Ok(count) => assert_eq!(read(&mut stream, count).await.0.len(), count),
            Err(()) => assert_eq!(end(&mut stream).await, Some(GenerationError::Evicted)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_ended_one_is_removed_from_all_nodes_after_its_time() {
    let store = store();
    let options = || options().linger(10 * SECOND);
    let (here, there) = (
        node_with(&store, options()).await,
        node_with(&store, options()).await,
    );
    let (model, driver) = start(&here, "chat").await;
    drop(model);
    driver.await.unwrap();
    assert!(there.get("chat").await.unwrap().is_some());
    sleep(9 * SECOND).await;
    assert!(there.get("chat").await.unwrap().is_some());
    sleep(SECOND).await;
    assert!(there.get("chat").await.unwrap().is_none());
    assert!(here.get("chat").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn all_nodes_together_have_a_maximum() {
    let store = store();
    let options = || options().max_generations(NonZeroUsize::new(2).unwrap());
    let (here, there) = (
        node_with(&store, options()).await,
        node_with(&store, options()).await,
    );
    start(&here, "a").await;
    start(&there, "b").await;
    let never = futures::stream::pending::<Event>();
    assert_eq!(
        error(here.start("c", never, named).await),
        "TooMany { max: 2 }"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_must_be_a_name() {
    let here = node(&store()).await;
    for key in ["a\nb".to_owned(), "k".repeat(300)] {
        let never = futures::stream::pending::<Event>();
        assert!(error(here.start(&key, never, named).await).starts_with("Channel(Name("));
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_reads_it_as_a_channel_of_the_hub() {
    let store = store();
    let hub = Hub::open(store.clone(), HubOptions::new()).await.unwrap();
    let here = StoredGenerations::new(&hub, options()).unwrap();
    let (_model, _driver) = start(&here, "chat").await;
    let names = hub.names();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in names {
        assert_eq!(error(hub.channel::<Event>(&name)), "Reserved");
        assert_eq!(error(hub.keyed_channel::<Event>(&name)), "Reserved");
        assert!(hub.get::<Event>(&name).is_none());
        let feed = format!("presence:{name}");
        for source in [&*name, &feed] {
            assert_eq!(error(hub.resume([source], None).await), "Reserved");
            assert!(error(hub.subscribers("ada").add(source).await).contains("Reserved"));
        }
        let published = hub.publish([&name], &Event::new("forged")).await;
        assert!(error(published).contains("Reserved"));
    }
}

/// The hub's own subscriptions have names, too.
#[tokio::test(start_paused = true)]
async fn users_with_the_names_of_the_hub_change_no_generation() {
    let store = store();
    let hub = Hub::open(store.clone(), HubOptions::new()).await.unwrap();
    let node = StoredGenerations::new(&hub, options()).unwrap();
    let (model, driver) = start(&node, "k").await;
    let mut stream = attach(&node, "k").await;
    say(&model, &["one"]);
    assert_eq!(read(&mut stream, 1).await.0, ["one"]);
    for name in ["listener", "owner"] {
        assert_eq!(hub.subscribers(name).count(), 0);
        hub.subscribers(name).add("team/3").await.unwrap();
    }
    hub.publish(["team/3"], &Event::new("not for them"))
        .await
        .unwrap();
    say(&model, &["two"]);
    assert_eq!(read(&mut stream, 1).await.0, ["two"]);
    drop(model);
    assert_eq!(driver.await.unwrap(), GenerationEnd::Completed);
}

#[tokio::test(start_paused = true)]
async fn the_options_of_other_channels_are_not_those_of_generations() {
    let keys = NonZeroUsize::MIN;
    for channels in [
        ChannelOptions::with_timer(TokioTimer::new()).ephemeral(),
        ChannelOptions::with_timer(TokioTimer::new()).without_ids(),
        ChannelOptions::with_timer(TokioTimer::new()).keyed(keys, KeyPolicy::reject()),
        ChannelOptions::with_timer(TokioTimer::new()).max_bytes(1),
    ] {
        let options_of_hub = HubOptions::new().channel_options(channels);
        let hub = Hub::open(store(), options_of_hub).await.unwrap();
        let node = StoredGenerations::new(&hub, options()).unwrap();
        let (model, driver) = start(&node, "k").await;
        say(&model, &["one", "two"]);
        let mut stream = attach(&node, "k").await;
        assert_eq!(read(&mut stream, 2).await.0, ["one", "two"]);
        drop(model);
        assert_eq!(driver.await.unwrap(), GenerationEnd::Completed);
    }
}
