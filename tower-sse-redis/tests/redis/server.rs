//! Redis servers of the tests: `redis-server`, or the program that the variable `REDIS_SERVER` names.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{self, Child, Command, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use redis::{AsyncConnectionConfig, FromRedisValue, aio::MultiplexedConnection};
use rustix::process::{Pid, Signal, kill_process};
use tower_sse_redis::{RedisStore, RedisStoreOptions};

/// A server on a port and in a directory of its own. It is killed when this is dropped.
pub(crate) struct Server {
    directory: PathBuf,
    port: u16,
    arguments: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// Starts a server that saves nothing.
    pub(crate) fn start() -> Self {
        Self::with("--save '' --appendonly no")
    }

    /// Starts a server with more arguments.
    pub(crate) fn with(arguments: &str) -> Self {
        let mut server = Self::new();
        server.set_arguments(arguments);
        server.find_port();
        server
    }

    /// Creates the directory of a server that does not run.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        let directory = env::temp_dir().join("tower-sse-redis-".to_owned() + &name);
        fs::create_dir(&directory).unwrap();
        Self {
            directory,
            port: 0,
            arguments: Vec::new(),
            child: None,
        }
    }

    /// Starts the server on a port that is free.
    pub(crate) fn find_port(&mut self) {
        // Another process may take the port first.
        for _ in 0..5 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            self.port = listener.local_addr().unwrap().port();
            drop(listener);
            if self.launch() {
                return;
            }
        }
        panic!("redis-server does not start: {:?}", self.arguments);
    }

    /// Sets the arguments of the next start.
    pub(crate) fn set_arguments(&mut self, arguments: &str) {
        let arguments = arguments.split(' ').map(|text| text.replace('\'', ""));
        self.arguments = arguments.collect();
    }

    /// Starts the server again, with what it has saved.
    pub(crate) fn restart(&mut self) {
        assert!(self.launch(), "redis-server does not start again");
    }

    /// Starts the process, and waits until it accepts commands.
    fn launch(&mut self) -> bool {
        let started = self.spawn();
        started.recv_timeout(Duration::from_secs(60)).is_ok()
    }

    /// Starts the process. The channel has a message when it accepts commands, and is closed when it has ended.
    pub(crate) fn spawn(&mut self) -> mpsc::Receiver<()> {
        let program = env::var_os("REDIS_SERVER").unwrap_or("redis-server".into());
        let mut command = Command::new(program);
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"]);
        command.current_dir(&self.directory);
        let port = self.port.to_string();
        command.args(
            self.arguments
                .iter()
                .map(|text| text.replace("{port}", &port)),
        );
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the server is not installed");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.child = Some(child);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.contains("Ready to accept connections") {
                    let _ = sender.send(());
                }
            }
        });
        receiver
    }

    /// Kills the process, which has no time to save anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Stops the process for some time.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().unwrap();
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    pub(crate) fn directory(&self) -> &PathBuf {
        &self.directory
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn options(&self) -> RedisStoreOptions {
        patient(RedisStoreOptions::new(&self.url()).unwrap())
    }

    pub(crate) async fn store(&self) -> RedisStore {
        RedisStore::connect(self.options()).await.unwrap()
    }

    /// Makes a user with these rights, and returns the URL with which it connects.
    pub(crate) async fn user(&self, rights: &str) -> String {
        let () = self
            .run(&format!("ACL SETUSER node on >pass {rights}"))
            .await;
        format!("redis://node:pass@127.0.0.1:{}", self.port)
    }

    /// Runs a command: words that are separated by blanks.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            command.arg(word);
        });
        command
            .query_async(&mut self.connect().await)
            .await
            .unwrap()
    }

    async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let connected = client.get_multiplexed_async_connection_with_config(&config);
        connected.await.unwrap()
    }
}

/// Sets time-outs that a busy machine does not reach.
pub(crate) fn patient(options: RedisStoreOptions) -> RedisStoreOptions {
    let long = Duration::from_secs(30);
    options.connect_timeout(long).response_timeout(long)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
