//! The application: orders, each of which is an event.

use rusqlite::Transaction;
use serde::Serialize;
use tower_sse::{EncodedEvent, Event, store::Entry};

use crate::store::{SqliteError, SqliteStore};

/// The channel of the orders.
pub(crate) const CHANNEL: &str = "orders";

const TABLES: &str = "
create table if not exists purchase (number integer primary key autoincrement);
create table if not exists item (
    purchase integer not null references purchase,
    name text not null check (name <> '')
);
create index if not exists item_purchase on item (purchase);
";

#[derive(Debug, Serialize)]
pub(crate) struct Order {
    pub(crate) number: i64,
    pub(crate) items: Vec<String>,
}

impl Order {
    /// Makes the event, as it goes over the wire.
    fn entry(&self) -> Result<Entry, SqliteError> {
        let data = serde_json::to_string(self).map_err(SqliteError::refused)?;
        let event = EncodedEvent::new(&Event::new(data)).map_err(SqliteError::refused)?;
        Ok(Entry::window(CHANNEL, event))
    }
}

/// The orders, in the database of the events.
#[derive(Clone)]
pub(crate) struct Orders {
    store: SqliteStore,
}

impl Orders {
    pub(crate) async fn open(store: SqliteStore) -> Result<Self, SqliteError> {
        let tables = store.write(|transaction| Ok(transaction.execute_batch(TABLES)?));
        tables.await?;
        Ok(Self { store })
    }

    /// Stores an order and its event, both or neither. Returns the number of the order.
    pub(crate) async fn place(&self, items: Vec<String>) -> Result<i64, SqliteError> {
        let outbox = self.store.outbox();
        let placed = self.store.write(move |transaction| {
            transaction.execute("insert into purchase default values", [])?;
            let number = transaction.last_insert_rowid();
            let order = Order { number, items };
            // An item may be refused after this. Then there is no event either.
            outbox.add(transaction, &order.entry()?)?;
            for name in &order.items {
                let sql = "insert into item (purchase, name) values (?, ?)";
                transaction.execute(sql, (number, name))?;
            }
            Ok(number)
        });
        placed.await
    }

    /// Returns all orders.
    pub(crate) async fn all(&self) -> Result<Vec<Order>, SqliteError> {
        self.store.query(all).await
    }
}

fn all(transaction: &Transaction<'_>) -> Result<Vec<Order>, SqliteError> {
    let sql = "select number, name from purchase left join item on purchase = number
        order by number, item.rowid";
    let mut found = transaction.prepare_cached(sql)?;
    let mut rows = found.query([])?;
    let mut orders: Vec<Order> = Vec::new();
    while let Some(row) = rows.next()? {
        let (number, name) = (row.get(0)?, row.get::<_, Option<String>>(1)?);
        match orders.last_mut().filter(|order| order.number == number) {
            Some(order) => order.items.extend(name),
            None => orders.push(Order {
                number,
                items: name.into_iter().collect(),
            }),
        }
    }
    Ok(orders)
}
