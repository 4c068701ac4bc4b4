//! Two nodes that share one hub through Redis. This command starts all three; kill a node, or Redis, and see
//! that the page goes on and misses nothing.

mod node;
mod redis;

use std::{
    env,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    process::Command,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
    time::sleep,
};
use tower_sse::BoxError;

use self::redis::Redis;

/// How long a node that was killed stays away.
const PAUSE: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => start_all().await,
        [name, address, other] => node::serve(name, address, other, &env::var("REDIS")?).await,
        _ => Err("run it without arguments".into()),
    }
}

/// Starts Redis, unless `REDIS` has the URL of one, and both nodes, until it is interrupted. What ends before is
/// started again.
async fn start_all() -> Result<(), BoxError> {
    let port: u16 = env::var("PORT").as_deref().unwrap_or("3000").parse()?;
    // Port 0: any two that are free.
    let (one, other) = (
        free(port).await?,
        free(port.saturating_add(port.min(1))).await?,
    );
    let mut redis = match env::var("REDIS") {
        Ok(url) => Redis::at(url),
        Err(_) => Redis::start().await?,
    };
    let url = redis.url.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = keep_node("node 1", &one, &other, &url) => result,
        result = keep_node("node 2", &other, &one, &url) => result,
        result = redis.keep() => result,
        result = ctrl_c() => Ok(result?),
        _ = terminate.recv() => Ok(()),
    }
}

/// Returns an address of this machine on which nothing listens.
async fn free(port: u16) -> Result<String, BoxError> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(listener.local_addr()?.to_string())
}

async fn keep_node(name: &str, address: &str, other: &str, redis: &str) -> Result<(), BoxError> {
    loop {
        let status = run_node(name, address, other, redis).await?;
        println!("{name} has ended ({status}) and starts again in {PAUSE:?}");
        sleep(PAUSE).await;
    }
}

async fn run_node(
    name: &str,
    address: &str,
    other: &str,
    redis: &str,
) -> Result<ExitStatus, BoxError> {
    let mut node = Command::new(env::current_exe()?);
    // In its environment: a URL may have a password, and everybody sees arguments.
    node.args([name, address, other]).env("REDIS", redis);
    let mut node = node.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
    if let Some(id) = node.id() {
        println!("{name}: http://{address}   to kill it: kill -9 {id}");
    }
    Ok(node.wait().await?)
}
