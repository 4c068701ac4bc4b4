//! Processes of this same program.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::LazyLock,
};

/// A process that reads commands as lines, and answers with lines.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

/// Whether processes can be given a core.
pub(crate) static PINNED: LazyLock<bool> =
    LazyLock::new(|| works("taskset", &["-c", "0,1", "true"]));

/// Returns whether a command exists and succeeds.
pub(crate) fn works(command: &str, args: &[&str]) -> bool {
    let mut command = Command::new(command);
    command.args(args).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

impl Process {
    /// Starts one with these arguments, on these cores.
    pub(crate) fn start(cores: &str, args: &[&str]) -> Self {
        match *PINNED {
            true => Self::start_under(&["taskset", "-c", cores], args),
            false => Self::start_under(&[], args),
        }
    }

    /// Starts one with these arguments, under a tool that has its own.
    pub(crate) fn start_under(tool: &[&str], args: &[&str]) -> Self {
        let this = env::current_exe().unwrap();
        let mut command = match tool {
            [] => Command::new(this),
            [tool, of_tool @ ..] => {
                let mut command = Command::new(tool);
                command.args(of_tool).arg(this);
                command
            }
        };
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

    /// Writes it a line.
    pub(crate) fn send(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Returns how long its threads have run on a core, in seconds. It is not a number where no
    /// `/proc` says.
    pub(crate) fn seconds(&self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let nanoseconds = threads.into_iter().flatten().flatten().map(|thread| {
            let stat = fs::read_to_string(thread.path().join("schedstat"));
            stat.map_or(f64::NAN, |stat| float(stat.split(' ').next().unwrap_or("")))
        });
        nanoseconds.reduce(|a, b| a + b).unwrap_or(f64::NAN) / 1e9
    }

    /// Returns how much memory it has, in bytes. It is not a number where no `/proc` says.
    pub(crate) fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let mut lines = status.lines();
        let kibibytes = lines.find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
        kibibytes.map_or(f64::NAN, float) * 1024.0
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
