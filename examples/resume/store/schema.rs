//! The tables, and the connections to them.

use std::path::Path;

use rusqlite::Connection;
use tower_sse::store::Epoch;

/// Numbers count from one. Times are seconds since 1970.
const TABLES: &str = "
begin immediate;
-- One row: the epoch, the position of the newest record, and its time.
create table if not exists hub (
    one integer primary key check (one = 1),
    epoch text not null,
    last integer not null default 0,
    clock integer not null default 0
);
-- The newest records of all topics. Each follows the one at the position before it. `topics` is a list of
-- names, each with the position of the topic's entry before this one, in JSON.
create table if not exists tail (
    position integer primary key,
    topics text not null,
    kind text not null,
    key text,
    bytes blob not null
);
-- Every topic that ever had an entry: the position and the number of its newest one, and the position of the
-- newest removal that was dropped.
create table if not exists topic (
    name text primary key,
    is_keyed integer not null,
    last integer not null,
    number integer not null,
    dropped integer not null default 0
);
-- What the topics retain. The entries of a topic are numbered, and `before` is the position of the one before.
create table if not exists history (
    topic text not null,
    number integer not null,
    position integer not null,
    before integer not null,
    kind text not null,
    key text,
    bytes blob not null,
    stored_at integer not null,
    primary key (topic, number)
);
create unique index if not exists history_position on history (topic, position);
create unique index if not exists history_key on history (topic, key) where key is not null;
create index if not exists history_age on history (stored_at) where key is null;
-- The newest batch of each publisher, and the positions that it got.
create table if not exists publisher (
    id integer primary key,
    counter integer not null,
    first integer not null,
    entries integer not null,
    stored_at integer not null
);
commit;
";

/// Connects to a database that is to be written, and makes its tables if it has none.
pub(super) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Readers see the last commit while the next one is written.
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A commit is on the disk when it returns. By `normal`, a power failure would take back the newest.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch(TABLES)?;
    let sql = "insert or ignore into hub (one, epoch) values (1, ?)";
    connection.execute(sql, [Epoch::draw().as_str()])?;
    Ok(connection)
}

/// Connects to a database that has its tables.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
