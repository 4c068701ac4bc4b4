use std::{rc::Rc, time::Duration};

use tower_sse::store::Epoch;

use super::{
    changing::{self, Asked, Grants, Origin},
    client::Client,
    nodes,
    publishing::{publish, topic},
    recorder::Recorder,
    running::Make,
    settings::{EPHEMERAL, KEYED, Settings, WINDOWS, chance, millis, names},
    timer::ModelTimer,
    world::World,
};
use crate::{
    random::Random,
    stores::{Damage, FaultRates, FaultyStore},
};

/// Runs the history of a seed. Its notes are filled meanwhile.
pub(super) async fn run(seed: u64, is_noting: bool, make: Make<'_>, give: impl FnOnce(Rc<World>)) {
    // From here on the clock stands on one of tokio's ticks.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let random = &mut Random::new(seed);
    let settings = Settings::draw(seed, random);
    let recorder = Recorder::new(make(seed, epoch(0)), settings.page_entries);
    let store = FaultyStore::new(recorder.clone(), ModelTimer, seed ^ 0xFA17);
    store.set_rates(settings.rates(random));
    let world = Rc::new(World::new(settings, recorder, store, is_noting));
    give(Rc::clone(&world));
    world.note(|| format!("{:?}", world.settings));

    for place in 0..2 + random.below(2) {
        world.nodes.add_place();
        let after = if chance(random, 300) {
            millis(random, 400)
        } else {
            Duration::ZERO
        };
        tokio::task::spawn_local(nodes::open(Rc::clone(&world), place, after));
    }
    let (changing, clients) = begin_clients(&world, random);
    make_history(&world, random, &clients).await;
    if clients.iter().any(Task::is_finished) {
        return end(clients).await;
    }

    // The faults end. Everything settles.
    world.note(|| "the faults end".to_owned());
    world.store.set_rates(FaultRates::default());
    world.is_ending.set(true);
    changing.await.unwrap_or_else(resume);
    while !world.nodes.are_open() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    world.store.settle().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    // The last damage, which no later publish shows.
    if world.settings.loses && chance(random, 300) {
        world.note(|| "crash".to_owned());
        world.store.crash();
    }
    if world.settings.wipes && chance(random, 300) {
        world.note(|| "wipe".to_owned());
        world.store.wipe(epoch(99));
    }
    tokio::time::sleep(Duration::from_secs(20)).await;
    world.note(|| "all is quiet".to_owned());
    world.check_outcomes();
    world.is_quiet.set(true);
    end(clients).await;
}

/// Waits for the clients. The first to fail ends the history.
async fn end(mut clients: Vec<Task>) {
    while !clients.is_empty() {
        let (ended, _, others) = futures_util::future::select_all(clients).await;
        ended.unwrap_or_else(resume);
        clients = others;
    }
}

fn resume<T>(error: tokio::task::JoinError) -> T {
    std::panic::resume_unwind(error.into_panic())
}

fn epoch(number: u64) -> Epoch {
    format!("x{number}").parse().unwrap()
}

type Task = tokio::task::JoinHandle<()>;

fn begin_clients(world: &Rc<World>, random: &mut Random) -> (Task, Vec<Task>) {
    let mut channels = vec![
        names(random, &WINDOWS, 4),
        names(random, &[&WINDOWS[..], &[EPHEMERAL, KEYED]].concat(), 5),
        vec![KEYED],
    ];
    channels.truncate(2 + random.below(2));
    let mut clients = Vec::new();
    for (index, channels) in channels.iter().enumerate() {
        let asked = channels.iter().map(|channel| draw_start(channel, random));
        clients.push((format!("client {index}"), None, asked.collect()));
    }
    let name = "ada".to_owned();
    let mut grants = Grants::default();
    for channel in [vec!["a"], names(random, &WINDOWS[1..], 2)].concat() {
        let asked = Asked::new(channel, Origin::Resume);
        grants.channels.insert(channel.to_owned(), asked);
    }
    world.grants.borrow_mut().insert(name.clone(), grants);
    clients.push((name.clone(), Some(name.clone()), Vec::new()));

    let clients = clients.into_iter().map(|(label, name, asked)| {
        let random = Random::new(random.below(usize::MAX) as u64);
        let client = Client::new(Rc::clone(world), random, label, name, asked);
        tokio::task::spawn_local(client.run())
    });
    let clients = clients.collect();
    let draws = Random::new(random.below(usize::MAX) as u64);
    let changing = changing::change_forever(Rc::clone(world), name, draws);
    (tokio::task::spawn_local(changing), clients)
}

fn draw_start(channel: &str, random: &mut Random) -> Asked {
    let origin = match chance(random, 200) && channel != KEYED {
        true => Origin::Replay,
        false => Origin::Resume,
    };
    Asked::new(channel, origin)
}

async fn make_history(world: &Rc<World>, random: &mut Random, clients: &[Task]) {
    let (mut epochs, mut outage_left) = (0, 0);
    for _ in 0..60 + random.below(80) {
        if clients.iter().any(Task::is_finished) {
            return;
        }
        match random.below(100) {
            0..=49 => {
                for _ in 0..1 + random.below(4) {
                    publish(world, random);
                }
            }
            50..=54 => world.store.set_rates(world.settings.rates(random)),
            55 => world.store.break_tails(),
            56..=59 => {
                let trimmed = names(random, &WINDOWS, 1)[0];
                let keep = random.below(3);
                world.note(|| format!("trim {trimmed} to {keep}"));
                world.recorder.trim_topic(&topic(trimmed), keep);
            }
            60 => world.recorder.trim_topic(&topic(KEYED), random.below(3)),
            61..=62 if world.settings.trims => {
                let keep = 1 + random.below(3);
                world.note(|| format!("trim the tail to {keep}"));
                if chance(random, 500) {
                    world.store.break_tails();
                }
                world.recorder.trim_tail(keep);
            }
            63..=64 if world.settings.loses => {
                // Then no hub is left that knows what was lost.
                if world.recorder.records_restarts() && chance(random, 500) {
                    restart_all(world, random);
                }
                world.store.crash();
                world.note(|| format!("crash to {:?}", world.recorder.head()));
                if chance(random, 700) {
                    world.store.break_tails();
                }
            }
            65 if world.settings.wipes && chance(random, 700) => {
                epochs += 1;
                world.note(|| format!("wipe {epochs}"));
                world.store.wipe(epoch(epochs));
            }
            66 if world.settings.has_outages => {
                let mut outage = world.settings.rates(random);
                outage.unavailable = 1000;
                world.note(|| "outage".to_owned());
                world.store.set_rates(outage);
                outage_left = 5 + random.below(10);
            }
            67 if outage_left > 0 => {
                tokio::time::sleep(Duration::from_secs(random.below(6) as u64)).await;
            }
            68 if world.settings.restarts && chance(random, 500) => restart(world, random),
            _ => tokio::time::sleep(millis(random, 80)).await,
        }
        if outage_left > 0 {
            outage_left -= 1;
            if outage_left == 0 {
                world.note(|| "the outage ends".to_owned());
                world.store.set_rates(world.settings.rates(random));
            }
        }
    }
}

fn restart(world: &Rc<World>, random: &mut Random) {
    let Some(node) = world.nodes.draw(random) else {
        return;
    };
    let is_killed = chance(random, 500);
    end_and_open(world, random, node.place, is_killed);
}

fn restart_all(world: &Rc<World>, random: &mut Random) {
    while let Some(node) = world.nodes.draw(random) {
        end_and_open(world, random, node.place, true);
    }
}

fn end_and_open(world: &Rc<World>, random: &mut Random, place: usize, is_killed: bool) {
    world.note(|| format!("node {place} ends, killed: {is_killed}"));
    if world.nodes.end(place, is_killed) {
        world.has_restarted.set(true);
        let after = millis(random, 500);
        tokio::task::spawn_local(nodes::open(Rc::clone(world), place, after));
    }
}
