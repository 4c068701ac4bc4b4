use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{PATIENCE, engine::Engine, process::Process, scratch::Scratch};

/// A WebDriver server and all that it needs, gone when it is dropped.
pub(crate) struct Driver {
    pub(crate) url: String,
    // They end in this order.
    _process: Process,
    _display: Option<Process>,
    pub(crate) scratch: Scratch,
}

impl Driver {
    /// Starts one at a port that was free a moment ago, and may be another's by now.
    pub(crate) async fn start(engine: Engine) -> Result<Self, String> {
        engine.assert_installed();
        let scratch = Scratch::new();
        let port = free_port();
        let mut command = Command::new(engine.driver());
        command.arg(format!("--port={port}")).stdout(Stdio::null());
        // For profiles, caches and settings.
        for home in ["HOME", "TMPDIR", "XDG_RUNTIME_DIR"] {
            command.env(home, scratch.path());
        }
        let mut display = None;
        match engine {
            Engine::Chromium => {}
            // Its usual port is another's by now.
            Engine::Firefox => drop(command.arg("--websocket-port=0")),
            Engine::WebKit => {
                let (process, name) = start_display();
                command.env("DISPLAY", name);
                display = Some(process);
            }
        }
        if engine != Engine::Chromium {
            // Full of what fails without a network.
            command.stderr(Stdio::null());
        }
        let mut process = Process::start(&mut command);
        listening(port, &mut process).await?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            _process: process,
            _display: display,
            scratch,
        })
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Starts an X server. Returns its name, too.
fn start_display() -> (Process, String) {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1600x1200x24"]);
    command.args(["-nolisten", "tcp"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process::start(&mut command);
    let mut number = String::new();
    let stdout = process.child.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut number).unwrap();
    assert_ne!(number, "", "Xvfb has ended");
    (process, format!(":{}", number.trim_end()))
}

/// Waits until a process listens.
async fn listening(port: u16, process: &mut Process) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = process.child.try_wait().unwrap() {
            return Err(format!("the driver has ended: {status}"));
        }
        assert!(Instant::now() < end, "the driver does not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
