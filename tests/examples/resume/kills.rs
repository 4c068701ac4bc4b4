//! A process that is killed while it takes orders, again and again.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::{sync::Notify, task::JoinSet};

use super::{
    page::Page,
    shop::{Api, Files},
};
use crate::guard::guard;

const ROUNDS: usize = 12;
const BUYERS: usize = 4;

/// What the buyers know of their orders.
#[derive(Default)]
struct Receipts {
    /// The number of orders that were sent, each of which has a name of its own.
    sent: AtomicUsize,
    confirmed: Mutex<Vec<String>>,
    changed: Notify,
}

impl Receipts {
    /// Orders until the process is killed.
    async fn buy(&self, api: &Api) {
        loop {
            let name = format!("item {}", self.sent.fetch_add(1, Relaxed));
            let Ok(status) = api.order(&[&name]).await else {
                return;
            };
            assert_eq!(status, 200);
            self.confirmed.lock().unwrap().push(name);
            self.changed.notify_one();
        }
    }

    async fn wait_for(&self, confirmed: usize) {
        while self.confirmed.lock().unwrap().len() < confirmed {
            guard(self.changed.notified()).await;
        }
    }
}

/// Lets buyers order, and kills the process in the middle.
async fn round(files: &Files, orders: usize, receipts: &Arc<Receipts>, page: &mut Page) {
    let shop = files.open().await;
    let mut stream = shop.api.stream(page).await;
    let mut buyers = JoinSet::new();
    for _ in 0..BUYERS {
        let (api, receipts) = (shop.api.clone(), Arc::clone(receipts));
        buyers.spawn(async move { receipts.buy(&api).await });
    }
    let confirmed = receipts.confirmed.lock().unwrap().len();
    let kill = async {
        receipts.wait_for(confirmed + orders).await;
        shop.kill().await;
    };
    tokio::join!(kill, page.read_all(&mut stream));
    buyers.join_all().await;
}

#[tokio::test]
async fn every_order_is_one_event_however_often_the_process_is_killed() {
    let (files, receipts) = (Files::new(), Arc::<Receipts>::default());
    let mut page = Page::default();
    for number in 0..ROUNDS {
        round(&files, 1 + 3 * number, &receipts, &mut page).await;
    }
    let shop = files.open().await;
    shop.api.order(&["last"]).await.unwrap();
    let mut stream = shop.api.stream(&page).await;
    page.read_to(&mut stream, "last").await;
    let orders = shop.api.orders().await;
    assert_eq!(page.orders, orders);

    // Nothing that was confirmed is missing, and nothing was ordered twice.
    let ordered: BTreeSet<_> = orders
        .iter()
        .map(|order| order["items"][0].as_str().unwrap())
        .collect();
    assert_eq!(ordered.len(), orders.len());
    for name in &*receipts.confirmed.lock().unwrap() {
        assert!(ordered.contains(name.as_str()), "{name}");
    }
}
