//! A Redis server for this example.

use std::{
    env, fs, future,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::sleep,
};
use tower_sse::BoxError;

/// How long a server that was killed stays away.
const PAUSE: Duration = Duration::from_secs(2);

pub(crate) struct Redis {
    pub(crate) url: String,
    server: Option<Server>,
}

/// A server, whose directory is removed with it.
struct Server {
    port: u16,
    directory: PathBuf,
    child: Child,
}

impl Redis {
    /// Takes a server that runs already.
    pub(crate) fn at(url: String) -> Self {
        Self { url, server: None }
    }

    /// Starts a server on a free port, and waits until it listens.
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let directory = env::temp_dir().join(format!("tower-sse-nodes-{}", process::id()));
        fs::create_dir(&directory)?;
        let mut server = Server {
            child: spawn(port, &directory)?,
            port,
            directory,
        };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("redis-server has ended ({status})").into());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Self {
            url: format!("redis://127.0.0.1:{port}"),
            server: Some(server),
        })
    }

    /// Starts the server again whenever it ends.
    pub(crate) async fn keep(&mut self) -> Result<(), BoxError> {
        let Some(server) = &mut self.server else {
            return future::pending().await;
        };
        loop {
            let status = server.child.wait().await?;
            println!("redis has ended ({status}) and starts again in {PAUSE:?}");
            sleep(PAUSE).await;
            server.child = spawn(server.port, &server.directory)?;
        }
    }
}

/// Starts a server that keeps what it has over a restart.
fn spawn(port: u16, directory: &Path) -> Result<Child, BoxError> {
    let child = Command::new("redis-server")
        .current_dir(directory)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--appendonly", "yes", "--maxmemory-policy", "noeviction"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    child.map_err(|error| format!("redis-server: {error}").into())
}

impl Drop for Server {
    fn drop(&mut self) {
        // Otherwise it would write into the directory while that is removed.
        let _ = self.child.start_kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
