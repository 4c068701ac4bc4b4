//! A network of its own for a client, which can be cut off without a word.

use std::{
    io::{self, Write},
    process::{Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::process::geteuid;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::guard;

/// A network namespace, connected with this one by two interfaces: `<name>a` is here, and `<name>b`
/// is there.
pub(crate) struct Namespace {
    name: String,
    /// Which of the 32,768 subnets of 198.18.0.0/15 (RFC 2544) it has.
    subnet: u32,
}

impl Namespace {
    /// Makes one, or says that it may not.
    pub(crate) fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);

        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        let name = format!("sse{pid}x{count}");
        if let Err(reason) = permit(&name) {
            // Not captured, as what is printed would be.
            let said = writeln!(io::stderr(), "NOT RUN: a peer that vanishes: {reason}");
            said.unwrap();
            return None;
        }
        let subnet = (pid.wrapping_mul(8) + count) % (1 << 15);
        let namespace = Self { name, subnet };
        namespace.connect();
        Some(namespace)
    }

    fn connect(&self) {
        let (name, here, there) = (&self.name, self.here(), self.there());
        let [own, other] = [1, 2].map(|host| format!("{}/30", self.address(host)));
        run(&format!(
            "link add {here} type veth peer name {there} netns {name}"
        ));
        run(&format!("address add {own} dev {here}"));
        run(&format!("link set {here} up"));
        run(&format!("-netns {name} address add {other} dev {there}"));
        run(&format!("-netns {name} link set {there} up"));
    }

    fn here(&self) -> String {
        format!("{}a", self.name)
    }

    fn there(&self) -> String {
        format!("{}b", self.name)
    }

    fn address(&self, host: u32) -> String {
        let [_, high, middle, low] = (self.subnet * 4 + host).to_be_bytes();
        format!("198.{}.{middle}.{low}", 18 + high)
    }

    /// Returns the address of this side.
    pub(crate) fn own_address(&self) -> String {
        self.address(1)
    }

    /// Starts curl on the other side, and waits for the first line that it gets. It runs as long as
    /// what this returns is kept.
    pub(crate) async fn curl(&self, url: &str) -> (Child, impl Sized + use<>) {
        let mut child = Command::new("ip")
            .args(["netns", "exec", &self.name])
            .args(["curl", "--disable", "--noproxy", "*"])
            .args(["--silent", "--no-buffer", url])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = guard(lines.next_line()).await.unwrap();
        first.expect("curl gets something");
        (child, lines)
    }

    /// Runs a test of this program on the other side, with a variable set.
    pub(crate) fn run_test(&self, test: &str, variable: &str, value: &str) -> Child {
        Command::new("ip")
            .args(["netns", "exec", &self.name])
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", test])
            .env(variable, value)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Takes the other side's interface down.
    pub(crate) fn unplug(&self) {
        run(&format!(
            "-netns {} link set {} down",
            self.name,
            self.there()
        ));
    }

    /// Lets the other side hear all, and answer nothing.
    pub(crate) fn silence(&self) {
        run(&format!(
            "-netns {} route add blackhole {}/32",
            self.name,
            self.own_address()
        ));
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Whatever there is of it yet: it may be a panic that ends it.
        let _ = ip(&format!("link delete {}", self.here()));
        let _ = ip(&format!("netns delete {}", self.name));
    }
}

/// Makes the namespace, which not everybody may.
fn permit(name: &str) -> Result<(), String> {
    if !geteuid().is_root() {
        return Err("not root".to_owned());
    }
    let output = ip(&format!("netns add {name}"));
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr)
            .trim_end()
            .to_owned()),
    }
}

fn run(arguments: &str) {
    let output = ip(arguments);
    assert!(output.status.success(), "ip {arguments}: {output:?}");
}

fn ip(arguments: &str) -> Output {
    std::process::Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .unwrap_or_else(|error| panic!("these tests need iproute2: ip does not run: {error}"))
}
