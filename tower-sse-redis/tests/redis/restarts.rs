//! Restarts of Redis that are losses, by an option.

use std::time::Duration;

use futures_util::StreamExt;
use tower_sse::{
    ChannelOptions, Event, Hub, HubOptions, LastEventId, NoticePolicy, Stored, Subscription,
    store::{Entry, HubStore, Position, Record, StoreErrorKind},
};
use tower_sse_redis::{RedisStore, RedisStoreOptions};

use crate::{
    server::Server,
    support::{append_to, records, texts, try_append, whole_page},
};

const AOF: &str = "--save '' --appendonly yes --appendfsync always";

/// Creates a store with the option. It is that of another node, with connections of its own.
async fn store(server: &Server) -> RedisStore {
    let options = server.options().gap_after_restart();
    RedisStore::connect(options).await.unwrap()
}

fn restart(server: &mut Server) {
    server.kill();
    server.restart();
}

/// Returns the last loss of which the store knows. A connection that has ended is found by a call.
async fn lost(store: &RedisStore) -> Position {
    loop {
        if let Ok(page) = store.read(&[], Position::ZERO, 1).await {
            return page.head.lost;
        }
    }
}

/// Appends an entry after a restart.
async fn append_again(store: &RedisStore, counter: u64) -> Position {
    loop {
        if let Ok(appended) = try_append(store, counter, &[Entry::window("a", "2")]).await {
            return appended.positions[0];
        }
    }
}

/// Returns the number of losses that the hub stream has.
async fn losses(server: &Server) -> usize {
    let records: Vec<(String, Vec<String>)> = server.run("XRANGE {tower-sse}:hub - +").await;
    let is_loss = |fields: &Vec<String>| fields.iter().any(|field| field == "lost");
    records.iter().filter(|(_, fields)| is_loss(fields)).count()
}

#[tokio::test]
async fn a_restart_is_a_loss_once() {
    let mut server = Server::with(AOF);
    let store = store(&server).await;
    let [first] = append_to(&store, "a", ["1"]).await;
    assert_eq!(lost(&store).await, Position::ZERO);
    let mut marks = vec![first];
    for _ in 0..2 {
        restart(&mut server);
        let mark = lost(&store).await;
        assert!(marks.last() < Some(&mark));
        assert_eq!(lost(&store).await, mark);
        marks.push(mark);
    }
    let second = append_again(&store, 1).await;
    assert_eq!(lost(&store).await, marks[2]);
    let records = records(&store, None, 4).await;
    let positions = records.iter().map(|tailed| tailed.record.position());
    assert_eq!(
        positions.collect::<Vec<_>>(),
        [first, marks[1], marks[2], second]
    );
    let before: Vec<_> = records[1..].iter().map(|tailed| tailed.before).collect();
    assert_eq!(before, marks);
    assert_eq!(texts(&whole_page(&store, &["a"]).await), ["1", "2"]);
}

#[tokio::test]
async fn without_the_option_a_restart_is_no_loss() {
    let mut server = Server::with(AOF);
    let store = server.store().await;
    append_to(&store, "a", ["1"]).await;
    restart(&mut server);
    assert_eq!(lost(&store).await, Position::ZERO);
    append_again(&store, 1).await;
    assert_eq!(losses(&server).await, 0);
}

#[tokio::test]
async fn an_append_records_the_loss_before_its_entries() {
    let mut server = Server::with(AOF);
    let store = store(&server).await;
    let [first] = append_to(&store, "a", ["1"]).await;
    restart(&mut server);
    let second = append_again(&store, 1).await;
    let records = records(&store, None, 2).await;
    let Record::Lost(mark) = records[1].record else {
        panic!("{records:?}");
    };
    assert!(first < mark && mark < second);
}

#[tokio::test]
async fn two_nodes_record_it_once() {
    let mut server = Server::with(AOF);
    let nodes = [store(&server).await, store(&server).await];
    append_to(&nodes[0], "a", ["1"]).await;
    for restarts in 1..4 {
        restart(&mut server);
        let marks = tokio::join!(lost(&nodes[0]), lost(&nodes[1]));
        assert_eq!(marks.0, marks.1);
        append_again(&nodes[restarts % 2], restarts as u64).await;
        assert_eq!(losses(&server).await, restarts);
    }
}

#[tokio::test]
async fn the_mark_is_above_the_positions_of_a_clock_that_was_ahead() {
    let mut server = Server::with(AOF);
    let store = store(&server).await;
    append_to(&store, "a", ["1"]).await;
    restart(&mut server);
    let mark = lost(&store).await;
    let (seconds, _): (u64, u64) = server.run("TIME").await;
    let ahead = (mark.get() >> 20) / 1000 - seconds;
    assert!((50..=60).contains(&ahead), "{ahead}");
}

#[tokio::test]
async fn turning_it_on_for_a_hub_that_exists_is_a_restart() {
    let server = Server::start();
    append_to(&server.store().await, "a", ["1"]).await;
    let mark = lost(&store(&server).await).await;
    assert!(mark > Position::ZERO);
    assert_eq!(lost(&store(&server).await).await, mark);
}

#[tokio::test]
async fn a_new_hub_has_lost_nothing() {
    let server = Server::start();
    assert_eq!(lost(&store(&server).await).await, Position::ZERO);
    let () = server.run("FLUSHALL").await;
    let store = store(&server).await;
    append_to(&store, "a", ["1"]).await;
    assert_eq!(losses(&server).await, 0);
}

#[tokio::test]
async fn a_server_that_does_not_say_which_it_is_is_refused() {
    let server = Server::start();
    let rights = "~{tower-sse}:* +@read +@write +@connection +@scripting -@dangerous +time";
    let url = server.user(rights).await;
    let options = || RedisStoreOptions::new(&url).unwrap().gap_after_restart();
    let error = RedisStore::connect(options()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    let () = server.run("ACL SETUSER node +info").await;
    assert!(RedisStore::connect(options()).await.is_ok());
}

#[tokio::test]
async fn the_server_is_known_by_the_third_version_of_the_protocol() {
    let mut server = Server::with(AOF);
    let url = format!("{}/?protocol=resp3", server.url());
    let options = RedisStoreOptions::new(&url).unwrap().gap_after_restart();
    let store = RedisStore::connect(options).await.unwrap();
    restart(&mut server);
    assert!(lost(&store).await > Position::ZERO);
    assert_eq!(losses(&server).await, 1);
}

async fn open(options: RedisStoreOptions) -> Hub<Stored> {
    let store = RedisStore::connect(options).await.unwrap();
    let channels = ChannelOptions::new().notice_policy(NoticePolicy::event());
    let options = HubOptions::new().channel_options(channels);
    Hub::open(store, options).await.unwrap()
}

/// A client that reconnects when its stream ends.
#[derive(Default)]
struct Client {
    subscription: Option<Subscription>,
    id: Option<LastEventId>,
}

impl Client {
    /// Reads up to an event. Returns the number of gaps on the way.
    async fn read(&mut self, hub: &Hub<Stored>, last: &str) -> usize {
        let mut gaps = 0;
        loop {
            let subscription = match &mut self.subscription {
                Some(subscription) => subscription,
                none => none.insert(hub.resume(["a"], self.id.as_ref()).await.unwrap()),
            };
            let next = tokio::time::timeout(Duration::from_secs(30), subscription.next());
            let Some(event) = next.await.expect("nothing comes") else {
                self.subscription = None;
                continue;
            };
            let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
            if let Some(id) = field("id: ") {
                self.id = LastEventId::new(id.to_owned().try_into().unwrap());
            }
            gaps += usize::from(field("event: ") == Some("gap"));
            if field("data: ") == Some(last) {
                return gaps;
            }
        }
    }
}

async fn publish(hub: &Hub<Stored>, text: &'static str) {
    hub.publish(["a"], &Event::new(text)).await.unwrap();
}

#[tokio::test]
async fn clients_that_are_connected_and_that_return_get_a_gap_once() {
    for gaps in [0, 1] {
        let mut server = Server::with(AOF);
        let options = match gaps {
            1 => server.options().gap_after_restart(),
            _ => server.options(),
        };
        let hub = open(options).await;
        let (mut connected, mut returning) = (Client::default(), Client::default());
        for client in [&mut connected, &mut returning] {
            client.subscription = Some(hub.subscribe(["a"]).await.unwrap());
        }
        publish(&hub, "one").await;
        assert_eq!(connected.read(&hub, "one").await, 0);
        assert_eq!(returning.read(&hub, "one").await, 0);
        returning.subscription = None;
        restart(&mut server);
        publish(&hub, "two").await;
        assert_eq!(connected.read(&hub, "two").await, gaps);
        publish(&hub, "three").await;
        assert_eq!(connected.read(&hub, "three").await, 0);
        assert_eq!(returning.read(&hub, "three").await, gaps);
        returning.subscription = None;
        publish(&hub, "four").await;
        assert_eq!(returning.read(&hub, "four").await, 0);
    }
}

#[tokio::test]
async fn clients_that_return_to_new_nodes_get_a_gap() {
    for gaps in [0, 1] {
        let mut server = Server::with(AOF);
        let options = |server: &Server| match gaps {
            1 => server.options().gap_after_restart(),
            _ => server.options(),
        };
        let mut client = Client::default();
        let hub = open(options(&server)).await;
        client.subscription = Some(hub.subscribe(["a"]).await.unwrap());
        publish(&hub, "one").await;
        assert_eq!(client.read(&hub, "one").await, 0);
        client.subscription = None;
        drop(hub);
        restart(&mut server);
        let hub = open(options(&server)).await;
        publish(&hub, "two").await;
        assert_eq!(client.read(&hub, "two").await, gaps);
    }
}
