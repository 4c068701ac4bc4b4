//! Processes of this same program.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::LazyLock,
};

/// A process that is told what to do by lines, and answers by lines.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

/// Whether processes can be given a core.
pub(crate) static PINNED: LazyLock<bool> = LazyLock::new(|| {
    let works = |core| {
        let mut command = Command::new("taskset");
        command.args(["-c", core, "true"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    works("0") && works("1")
});

impl Process {
    /// Starts one with these arguments, on this core.
    pub(crate) fn start(core: u8, args: &[&str]) -> Self {
        let this = env::current_exe().unwrap();
        let mut command = match *PINNED {
            true => Command::new("taskset"),
            false => Command::new(&this),
        };
        if *PINNED {
            command.args(["-c", &core.to_string()]).arg(this);
        }
        command.args(args);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Waits for its next line.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "a process has died");
        line.truncate(line.len() - 1);
        line
    }

    pub(crate) fn go(&mut self) {
        self.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }

    /// Returns how long it has run on a core, in seconds: in the program, and in the system for it.
    /// They are no numbers where no `/proc` says.
    pub(crate) fn seconds(&self) -> [f64; 2] {
        let stat = self.proc("stat");
        // The name of the program may have spaces in it.
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        // `utime` and `stime`, the 14th and 15th field. Linux tells them in hundredths.
        let mut ticks = fields.split(' ').skip(11).map(float);
        [(); 2].map(|()| ticks.next().unwrap_or(f64::NAN) / 100.0)
    }

    /// Returns how much memory it has, in bytes. It is not a number where no `/proc` says.
    pub(crate) fn memory(&self) -> f64 {
        let status = self.proc("status");
        let mut lines = status.lines();
        let kibibytes = lines.find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
        kibibytes.map_or(f64::NAN, float) * 1024.0
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }
}

fn float(text: &str) -> f64 {
    text.trim().parse().unwrap_or(f64::NAN)
}

/// Has it end, and waits for that.
impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}
