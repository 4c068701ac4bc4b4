//! The layers of a case.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use tower_sse::{
    Heartbeat, Labels, Lifetime, LimitPolicy, OpenStreams, Preamble, RejectPolicy, RequestHead,
    Retry, Shutdown, ShutdownPolicy, SseLayer, SseOptions,
};

use crate::{
    any::{
        config::{LayerConfig, Limit},
        options::{Options, ShutdownOptions},
        report::{Report, Side},
    },
    clock::Clock,
};

/// Sets the options that a layer and [`SseOptions`] have in common.
macro_rules! set {
    ($to:expr, $options:expr) => {{
        let (mut to, options): (_, Options) = ($to, $options);
        if let Some(heartbeat) = options.heartbeat {
            to = to.heartbeat(heartbeat.map_or(Heartbeat::off(), |after| {
                Heartbeat::every(Duration::from_millis(after))
            }));
        }
        if let Some(lifetime) = options.lifetime {
            to = to.max_lifetime(Lifetime::new(Duration::from_millis(lifetime)));
        }
        if let Some(preamble) = options.preamble {
            to = to.preamble(match preamble {
                true => Preamble::line(),
                false => Preamble::off(),
            });
        }
        if options.on_shutdown != ShutdownOptions::default() {
            to = to.shutdown_policy(shutdown_policy(options.on_shutdown));
        }
        if let Some(final_retry) = options.final_retry {
            to = to.final_retry(final_retry);
        }
        if let Some(time) = options.boundary_timeout {
            to = to.boundary_timeout(Duration::from_millis(time));
        }
        to.final_events(options.finals.events())
    }};
}

/// Makes a layer with its limits and nothing else.
pub(crate) fn limited(clock: &Clock, config: &LayerConfig) -> SseLayer {
    let mut layer = SseLayer::with_timer(clock.clone());
    if let Some(limit) = config.max_streams {
        layer = layer.max_streams(limit.max, policy(config, limit));
    }
    if let Some(limit) = config.max_streams_per_key {
        let key = |head: RequestHead<'_>| head.headers().get("key").cloned();
        layer = layer.max_streams_per(limit.max, policy(config, limit), key);
    }
    layer
}

fn policy(config: &LayerConfig, limit: Limit) -> LimitPolicy {
    let reject = match config.empty_stream {
        true => RejectPolicy::empty_stream(),
        false => RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS),
    };
    let reject = reject.retry(Retry::fixed(Duration::from_secs(7)));
    let policy = match limit.evicts {
        true => LimitPolicy::evict_oldest(),
        false => LimitPolicy::reject(reject),
    };
    match config.wait {
        Some(wait) => policy.wait(Duration::from_millis(wait)),
        None => policy,
    }
}

/// What the layers of a case share.
pub(crate) struct Shared<'a> {
    pub(crate) shutdowns: &'a [Shutdown; 2],
    pub(crate) registries: &'a [OpenStreams; 2],
    pub(crate) reports: &'a Arc<Mutex<Vec<Report>>>,
}

/// Adds everything else that is configured.
pub(crate) fn layer(
    limited: SseLayer,
    config: &LayerConfig,
    side: Side,
    shared: &Shared<'_>,
) -> SseLayer {
    let mut layer = set!(limited, config.options).retry(Retry::fixed(Duration::from_secs(1)));
    if let Some(shutdown) = config.shutdown {
        layer = layer.shutdown(&shared.shutdowns[shutdown]);
    }
    if let Some(registry) = config.registry {
        layer = layer.open_streams(&shared.registries[registry]);
        layer = layer.tag("number", |head| header(head, "number"));
        layer = layer.tag("key", |head| header(head, "key"));
    }
    if let Some(all) = config.expects {
        layer = layer.expect_stream(move |_| all);
    }
    match config.has_callbacks {
        true => add_callbacks(layer, side, shared.reports),
        false => layer,
    }
}

fn header(head: RequestHead<'_>, name: &str) -> Option<String> {
    Some(head.headers().get(name)?.to_str().ok()?.to_owned())
}

fn add_callbacks(layer: SseLayer, side: Side, reports: &Arc<Mutex<Vec<Report>>>) -> SseLayer {
    let push = || {
        let reports = Arc::clone(reports);
        move |new| reports.lock().unwrap().push(new)
    };
    let (opened, closed, rejected) = (push(), push(), push());
    layer
        .label("number", |head| header(head, "number"))
        .on_open(move |info| opened(Report::Opened(side, number(&info.labels))))
        .on_close(move |summary| {
            closed(Report::Closed(
                side,
                number(&summary.labels),
                summary.into(),
            ))
        })
        .on_reject(move |rejection| {
            rejected(Report::Rejected(
                side,
                number(&rejection.labels),
                rejection.reason,
            ))
        })
}

/// Returns the index of a request, from its labels or tags.
pub(crate) fn number(labels: &Labels) -> usize {
    labels.get("number").unwrap().parse().unwrap()
}

pub(crate) fn sse_options(options: Options) -> SseOptions {
    let mut sse_options = set!(SseOptions::new(), options);
    if let Some(after) = options.handler_only.deadline {
        sse_options = sse_options.deadline(Duration::from_millis(after));
    }
    if let Some(resumable) = options.handler_only.resumable {
        sse_options = sse_options.resumable(resumable);
    }
    sse_options
}

fn shutdown_policy(on_shutdown: ShutdownOptions) -> ShutdownPolicy {
    let policy = match on_shutdown.grace {
        Some(Some(grace)) => ShutdownPolicy::grace(Duration::from_millis(grace)),
        Some(None) => ShutdownPolicy::drain(),
        None => ShutdownPolicy::default(),
    };
    match on_shutdown.retry {
        Some(true) => policy.retry(Retry::fixed(Duration::from_secs(3))),
        Some(false) => policy.retry(Retry::off()),
        None => policy,
    }
}
