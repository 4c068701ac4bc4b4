//! Clients that say to have seen what they have not.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use hyper::server::conn::http1::Builder;
use tokio::{
    io::AsyncReadExt,
    net::{TcpSocket, TcpStream},
};
use tower_sse::{Channel, ChannelOptions, Event, Hub, HubOptions};

use crate::{
    alone,
    client::{Client, ask},
    decode::Seen,
    guard,
    server::{Server, quiet},
};

/// What comes of an id.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// A notice, and all that is held.
    Gap,
    /// What was published after this number.
    After(usize),
    /// What is published from now on: the same as without an id.
    Live,
    /// No stream at all.
    Rejected,
}

use Outcome::{After, Gap, Live, Rejected};

/// `MINE` is the epoch of the hub of the channel that is asked for, `THEIRS` that of another hub. Three
/// events were published in the channel, of which two are held, and then one in another channel of its hub.
const IDS: &[(&str, Outcome)] = &[
    ("MINE-3", After(3)),
    ("MINE-2", After(2)),
    ("MINE-1", After(1)),
    ("  MINE-2  ", After(2)),
    // Of another channel of the hub.
    ("MINE-4", After(3)),
    // Of an event that is not held any more, or has never been.
    ("MINE-0", Gap),
    ("MINE-5", Gap),
    // Of another hub.
    ("THEIRS-1", Gap),
    ("THEIRS-2", Gap),
    ("THEIRS-3", Gap),
    ("THEIRS-4", Gap),
    // Too much for any number.
    ("MINE-9223372036854775807", Gap),
    ("MINE-18446744073709551614", Gap),
    ("MINE-18446744073709551615", Gap),
    ("MINE-18446744073709551616", Gap),
    ("MINE-18446744073709551618", Gap),
    ("MINE-340282366920938463463374607431768211458", Gap),
    // No number.
    ("MINE", Gap),
    ("MINE-", Gap),
    ("MINE--2", Gap),
    ("MINE-+2", Gap),
    ("MINE-02", Gap),
    ("MINE-2.0", Gap),
    ("MINE-0x2", Gap),
    ("MINE-2e0", Gap),
    ("MINE-2-2", Gap),
    ("MINE-2 2", Gap),
    ("MINE-٢", Gap),
    ("MINE-2;THEIRS-2", Gap),
    ("MINE-2, THEIRS-2", Gap),
    // No epoch.
    ("-2", Gap),
    ("2", Gap),
    ("-", Gap),
    ("*-2", Gap),
    ("MINEMINE-2", Gap),
    ("MINETHEIRS-2", Gap),
    (" MINE -2", Gap),
    ("../THEIRS-2", Gap),
    ("%4dINE-2", Gap),
    ("é-2", Gap),
    // No id at all.
    ("", Live),
    ("   ", Live),
    // No valid id.
    ("MINE\t-2", Gap),
    ("MINE-2\u{80}", Gap),
    ("MINE-2\u{9f}", Gap),
    // No header.
    ("MINE-2\0", Rejected),
    ("MINE-2\x01", Rejected),
    ("MINE-2\x1b[2J", Rejected),
    ("MINE-2\x7f", Rejected),
    ("MINE-2\rdata: 1", Rejected),
    ("MINE-2\r\nlast-event-id: THEIRS-1", After(2)),
    ("THEIRS-1\r\nlast-event-id: MINE-2", Gap),
];

struct Setting {
    /// The hub that the server asks for its channels.
    hub: Arc<Mutex<Hub>>,
    server: Server,
}

/// Makes a hub with a channel in which three events have been published. Returns its epoch too.
fn hub(path: &str) -> (Hub, Channel, String) {
    let held = ChannelOptions::new().max_events(NonZeroUsize::new(2).unwrap());
    let hub = Hub::new(HubOptions::new().channel_options(held));
    let channel: Channel = hub.channel(path).unwrap();
    let publish = |number| channel.publish(Event::new(format!("{path} {number}")));
    let [_, _, last] = [1, 2, 3].map(publish).map(Result::unwrap);
    let epoch = last.as_str().strip_suffix("-3").unwrap().to_owned();
    (hub, channel, epoch)
}

impl Setting {
    fn new() -> Self {
        let hub = Arc::new(Mutex::new(Hub::new(HubOptions::new())));
        let subscribe = {
            let hub = Arc::clone(&hub);
            move |path: &str, id: Option<&_>| hub.lock().unwrap().resume([path], id).unwrap()
        };
        let socket = TcpSocket::new_v4().unwrap();
        let server = Server::start(Builder::new(), quiet(), socket, subscribe);
        Self { hub, server }
    }

    /// Sends an id, and checks what comes of it, beside an event that is published afterwards.
    async fn check(&self, id: &str, outcome: Outcome) {
        let ((mine, channel, epoch), (_theirs, _, their_epoch)) = (hub("/mine"), hub("/theirs"));
        let other: Channel = mine.channel("/other").unwrap();
        other.publish(Event::new("/other 4")).unwrap();
        *self.hub.lock().unwrap() = mine.clone();
        let id = id.replace("THEIRS", &their_epoch).replace("MINE", &epoch);
        let socket = TcpSocket::new_v4().unwrap();
        let socket = ask(socket, self.server.address, "/mine", Some(id.as_bytes())).await;
        if outcome == Rejected {
            assert_rejected(socket.unwrap()).await;
        } else {
            let mut client = Client::begin(socket.unwrap()).await;
            guard(channel.wait_for_subscriber()).await;
            other.publish(Event::new("/other live")).unwrap();
            channel.publish(Event::new("/mine live")).unwrap();
            for seen in expected(outcome, &epoch) {
                assert_eq!(client.next().await, Some(seen), "{id:?}");
            }
        }
        guard(channel.wait_until_idle()).await;
        mine.close();
    }
}

/// Returns what a client sees until the event that is published when it has come.
fn expected(outcome: Outcome, epoch: &str) -> Vec<Seen> {
    let id = |number| format!("{epoch}-{number}");
    let event = |name: &str, data: String, number| Seen {
        name: name.to_owned(),
        data,
        id: id(number),
    };
    let mut events = Vec::new();
    let from = match outcome {
        Gap => {
            events.push(event("gap", format!("{}\n/mine", id(2)), 1));
            2
        }
        After(number) => number + 1,
        Live => {
            // As on a first visit.
            events.push(event("checkpoint", String::new(), 4));
            4
        }
        Rejected => 4,
    };
    events.extend((from..=3).map(|number| event("", format!("/mine {number}"), number)));
    events.push(event("", "/mine live".to_owned(), 6));
    events
}

async fn assert_rejected(mut socket: TcpStream) {
    let mut text = String::new();
    guard(socket.read_to_string(&mut text)).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
}

#[test]
fn each_id_gets_a_notice_or_what_comes_after_it_and_never_another_s() {
    alone(async {
        let setting = Setting::new();
        for (id, outcome) in IDS {
            setting.check(id, *outcome).await;
        }
        setting.server.end().await;
    });
}

#[test]
fn ids_of_any_length_leave_the_server_alive() {
    alone(async {
        let setting = Setting::new();
        let long = |length: usize| "9".repeat(length - "MINEEP-".len());
        for (length, outcome) in [(4096, Gap), (4097, Gap), (300_000, Gap)] {
            setting
                .check(&format!("MINE-{}", long(length)), outcome)
                .await;
        }
        for length in [1 << 20, 1 << 23] {
            let id = "9".repeat(length);
            let socket = TcpSocket::new_v4().unwrap();
            let asked = ask(socket, setting.server.address, "/mine", Some(id.as_bytes()));
            let mut text = Vec::new();
            // The server may close before all has been sent, and its answer be lost with that.
            if let Ok(mut socket) = guard(asked).await {
                let _ = guard(socket.read_to_end(&mut text)).await;
            }
            let rejection = b"HTTP/1.1 431 Request Header Fields Too Large\r\n";
            assert!(text.is_empty() || text.starts_with(rejection));
            assert!(setting.hub.lock().unwrap().is_empty());
            setting.check("MINE-2", After(2)).await;
        }
        setting.server.end().await;
    });
}
