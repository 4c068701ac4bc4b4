use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use super::{
    Labels, Progress, Refusal, RefuseReason, RequestHead, StreamSummary,
    limit::{Claim, Permit},
    observer::Watched,
    shutdown::Member,
};
use crate::{Refuse, config::Config, socket::SocketHandle};

/// What a layer has noted of a request, for its stream.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    labels: Labels,
    claims: Vec<Box<dyn Claim>>,
    watched: Vec<Box<dyn Watched>>,
}

impl Noted {
    pub(crate) fn of(head: RequestHead<'_>, config: &Config) -> Self {
        Self {
            labels: config.observer.labels_of(head),
            claims: config
                .limits
                .iter()
                .filter_map(|limit| limit.of(head))
                .collect(),
            watched: config
                .watchers
                .iter()
                .map(|watcher| watcher.watch(head))
                .collect(),
        }
    }
}

/// What one layer has attached to a stream, let go when the stream ends.
pub(crate) struct Attachment {
    config: Arc<Config>,
    labels: Labels,
    member: Option<Member>,
    permits: Vec<Permit>,
    watched: Vec<Box<dyn Watched>>,
    socket: Option<SocketHandle>,
}

impl Attachment {
    /// Admits a stream, if it may open, and has its connection set.
    pub(crate) fn admit(
        noted: Noted,
        socket: Option<SocketHandle>,
        config: &Arc<Config>,
    ) -> Result<Self, (Refusal, Refuse)> {
        let Noted {
            labels,
            claims,
            watched,
        } = noted;
        let (member, permits) = match Self::claim(claims, config) {
            Ok(claimed) => claimed,
            Err((reason, refuse)) => return Err((Refusal { reason, labels }, refuse)),
        };
        if let (Some(tuning), Some(socket)) = (&config.tuning, &socket) {
            tuning.tune(socket, &config.timer);
        }
        Ok(Self {
            config: Arc::clone(config),
            labels,
            member,
            permits,
            watched,
            socket,
        })
    }

    fn claim(
        claims: Vec<Box<dyn Claim>>,
        config: &Config,
    ) -> Result<(Option<Member>, Vec<Permit>), (RefuseReason, Refuse)> {
        let member = match &config.shutdown {
            Some(shutdown) => {
                let refused = (RefuseReason::ShutDown, Refuse::softly());
                Some(shutdown.join().ok_or(refused)?)
            }
            None => None,
        };
        let mut permits = Vec::new();
        if let Some(limit) = &config.max_streams {
            permits.push(limit.claim()?);
        }
        for claim in claims {
            permits.push(claim.claim()?);
        }
        Ok((member, permits))
    }

    pub(crate) fn opened(&mut self) {
        self.watched.iter_mut().for_each(|watched| watched.opened());
        self.config.observer.opened(&self.labels);
    }

    /// Tells whether it is to be told of what the stream sends while it is open.
    pub(crate) fn follows(&self) -> bool {
        self.config.observer.follows()
    }

    pub(crate) fn progressed(&self, progress: Progress) {
        self.config.observer.progressed(&self.labels, progress);
    }

    /// Tells of the end, and lets go of everything.
    pub(crate) fn closed(self, summary: &mut StreamSummary, now: Instant) {
        let member = self.member.as_ref();
        summary.drain = member.and_then(|member| member.since_trigger(now));
        // First, so that who is told of the end can rely on the place being free.
        drop((self.member, self.permits));
        summary.labels = self.labels;
        for mut watched in self.watched {
            watched.closed(summary);
        }
        self.config.observer.closed(summary);
    }

    /// Tells whether a shutdown has begun; whoever polls is woken when it does.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.member {
            Some(member) => member.poll(cx),
            None => Poll::Pending,
        }
    }

    /// Tells whether the connection was aborted because the client had stopped reading.
    pub(crate) fn has_stalled(&self) -> bool {
        self.socket.as_ref().is_some_and(SocketHandle::has_stalled)
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.member.as_ref().is_some_and(Member::is_triggered)
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attachment")
    }
}
