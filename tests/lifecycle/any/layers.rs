use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use tower_sse::{
    Heartbeat, Labels, Lifetime, LimitPolicy, OpenStreams, Preamble, RejectPolicy, RequestHead,
    Retry, Shutdown, ShutdownPolicy, SseLayer, SseOptions,
};

use super::{
    clock::Clock,
    opts::{Leave, Opts},
    setting::{Cap, LayerSetting},
    told::{Side, Told},
};

/// Sets on a layer or on options what both have.
macro_rules! set {
    ($to:expr, $opts:expr) => {{
        let (mut to, opts): (_, Opts) = ($to, $opts);
        if let Some(heartbeat) = opts.heartbeat {
            to = to.heartbeat(heartbeat.map_or(Heartbeat::off(), |after| {
                Heartbeat::every(Duration::from_millis(after))
            }));
        }
        if let Some(lifetime) = opts.lifetime {
            to = to.max_lifetime(Lifetime::new(Duration::from_millis(lifetime)));
        }
        if let Some(preamble) = opts.preamble {
            to = to.preamble(match preamble {
                true => Preamble::line(),
                false => Preamble::off(),
            });
        }
        if opts.leave != Leave::default() {
            to = to.shutdown_policy(shutdown_policy(opts.leave));
        }
        if let Some(final_retry) = opts.final_retry {
            to = to.final_retry(final_retry);
        }
        if let Some(time) = opts.boundary_timeout {
            to = to.boundary_timeout(Duration::from_millis(time));
        }
        to.final_events(opts.finals.events())
    }};
}

/// Makes a layer that has its caps alone.
pub(crate) fn capped(clock: &Clock, setting: &LayerSetting) -> SseLayer {
    let mut layer = SseLayer::with_timer(clock.clone());
    if let Some(cap) = setting.most {
        layer = layer.max_streams(cap.most, policy(setting, cap));
    }
    if let Some(cap) = setting.most_per_key {
        let key = |head: RequestHead<'_>| head.headers().get("key").cloned();
        layer = layer.max_streams_per(cap.most, policy(setting, cap), key);
    }
    layer
}

fn policy(setting: &LayerSetting, cap: Cap) -> LimitPolicy {
    let refuse = match setting.softly {
        true => RejectPolicy::empty_stream(),
        false => RejectPolicy::with_status(StatusCode::TOO_MANY_REQUESTS),
    };
    let refuse = refuse.retry(Retry::fixed(Duration::from_secs(7)));
    let policy = match cap.evicts {
        true => LimitPolicy::evict_oldest(),
        false => LimitPolicy::reject(refuse),
    };
    match setting.wait {
        Some(wait) => policy.wait(Duration::from_millis(wait)),
        None => policy,
    }
}

/// What layers may share, and what they tell.
pub(crate) struct Shared<'a> {
    pub(crate) shutdowns: &'a [Shutdown; 2],
    pub(crate) registries: &'a [OpenStreams; 2],
    pub(crate) told: &'a Arc<Mutex<Vec<Told>>>,
}

/// Adds the rest of what is set.
pub(crate) fn layer(
    capped: SseLayer,
    setting: &LayerSetting,
    side: Side,
    shared: &Shared<'_>,
) -> SseLayer {
    let mut layer = set!(capped, setting.opts).retry(Retry::fixed(Duration::from_secs(1)));
    if let Some(shutdown) = setting.shutdown {
        layer = layer.shutdown(&shared.shutdowns[shutdown]);
    }
    if let Some(registry) = setting.registry {
        layer = layer.open_streams(&shared.registries[registry]);
        layer = layer.tag("number", |head| header(head, "number"));
        layer = layer.tag("key", |head| header(head, "key"));
    }
    if let Some(all) = setting.expects {
        layer = layer.expect_stream(move |_| all);
    }
    match setting.watches {
        true => watch(layer, side, shared.told),
        false => layer,
    }
}

fn header(head: RequestHead<'_>, name: &str) -> Option<String> {
    Some(head.headers().get(name)?.to_str().ok()?.to_owned())
}

fn watch(layer: SseLayer, side: Side, told: &Arc<Mutex<Vec<Told>>>) -> SseLayer {
    let tell = || {
        let told = Arc::clone(told);
        move |new| told.lock().unwrap().push(new)
    };
    let (opened, closed, refused) = (tell(), tell(), tell());
    layer
        .label("number", |head| header(head, "number"))
        .on_open(move |info| opened(Told::Opened(side, number(&info.labels))))
        .on_close(move |sum| closed(Told::Closed(side, number(&sum.labels), sum.into())))
        .on_reject(move |refusal| {
            refused(Told::Refused(side, number(&refusal.labels), refusal.reason))
        })
}

pub(crate) fn number(labels: &Labels) -> usize {
    labels.get("number").unwrap().parse().unwrap()
}

pub(crate) fn options(opts: Opts) -> SseOptions {
    let mut options = set!(SseOptions::new(), opts);
    if let Some(after) = opts.own.deadline {
        options = options.deadline(Duration::from_millis(after));
    }
    if let Some(resumable) = opts.own.resumable {
        options = options.resumable(resumable);
    }
    options
}

fn shutdown_policy(leave: Leave) -> ShutdownPolicy {
    let how = match leave.grace {
        Some(Some(grace)) => ShutdownPolicy::grace(Duration::from_millis(grace)),
        Some(None) => ShutdownPolicy::drain(),
        None => ShutdownPolicy::default(),
    };
    match leave.retry {
        Some(true) => how.retry(Retry::fixed(Duration::from_secs(3))),
        Some(false) => how.retry(Retry::off()),
        None => how,
    }
}
