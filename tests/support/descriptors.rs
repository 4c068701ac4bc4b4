//! The number of files and sockets that a process may hold.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than a process of these tests holds beside the sockets of its streams.
const OTHERS: u64 = 100;

/// Lets this process, and those that it starts, hold so many sockets.
pub(crate) fn allow(sockets: usize) {
    let wanted = sockets as u64 + OTHERS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    // Beyond the hard limit only root may go, and not everywhere.
    let raised = Rlimit {
        current: Some(wanted),
        maximum: maximum.map(|maximum| maximum.max(wanted)),
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        let most = maximum.unwrap_or(u64::MAX);
        panic!(
            "this test needs {wanted} file descriptors and may have {most} ({error}): \
             raise the hard limit, see `ulimit -Hn`"
        );
    }
}
