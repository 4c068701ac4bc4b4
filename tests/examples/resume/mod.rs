//! The example `resume`: orders, and the events that are stored with them.

mod kills;
mod page;
mod shop;

use serde_json::json;

use self::{page::Page, shop::Files};

#[tokio::test]
async fn an_order_is_an_event() {
    let files = Files::new();
    let shop = files.open().await;
    let mut page = Page::default();
    let mut stream = shop.api.stream(&page).await;
    assert_eq!(shop.api.order(&["tea", "oil"]).await.unwrap(), 200);
    page.read_to(&mut stream, "tea").await;
    let order = json!({ "number": 1, "items": ["tea", "oil"] });
    assert_eq!(page.orders, [order]);
}

#[tokio::test]
async fn an_order_that_is_rolled_back_is_no_event() {
    let files = Files::new();
    let shop = files.open().await;
    let mut page = Page::default();
    let mut stream = shop.api.stream(&page).await;
    // An item without a name is refused after the event is in the outbox.
    assert_eq!(shop.api.order(&["never", ""]).await.unwrap(), 422);
    assert_eq!(shop.api.order(&["tea"]).await.unwrap(), 200);
    page.read_to(&mut stream, "tea").await;
    let order = json!({ "number": 1, "items": ["tea"] });
    assert_eq!(page.orders, [order]);
    assert_eq!(shop.api.orders().await, page.orders);
}

#[tokio::test]
async fn a_client_that_was_away_for_long_gets_all() {
    let files = Files::new();
    let shop = files.open().await;
    let mut page = Page::default();
    let mut stream = shop.api.stream(&page).await;
    shop.api.order(&["first"]).await.unwrap();
    page.read_to(&mut stream, "first").await;
    drop(stream);

    // More than the hub holds in memory.
    for number in 0..120 {
        shop.api.order(&[&format!("item {number}")]).await.unwrap();
    }
    shop.kill().await;
    let shop = files.open().await;
    let mut stream = shop.api.stream(&page).await;
    page.read_to(&mut stream, "item 119").await;
    assert_eq!(page.orders, shop.api.orders().await);
}

#[tokio::test]
async fn processes_that_share_the_database_share_the_orders() {
    let files = Files::new();
    let (one, other) = (files.open().await, files.open().await);
    let mut page = Page::default();
    let mut stream = one.api.stream(&page).await;
    other.api.order(&["tea"]).await.unwrap();
    page.read_to(&mut stream, "tea").await;
    drop(stream);

    one.api.order(&["oil"]).await.unwrap();
    let mut stream = other.api.stream(&page).await;
    page.read_to(&mut stream, "oil").await;
    assert_eq!(page.orders, one.api.orders().await);
}
