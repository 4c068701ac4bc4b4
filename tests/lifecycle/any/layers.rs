use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use tower_sse::{
    AtShutdown, Heartbeat, Labels, Lifetime, LimitPolicy, Preamble, Refuse, Retry, Shutdown,
    SseLayer, SseOptions,
};

use super::{
    clock::Clock,
    opts::{Leave, Opts},
    setting::LayerSetting,
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
            to = to.at_shutdown(at_shutdown(opts.leave));
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
    let refuse = match setting.softly {
        true => Refuse::softly(),
        false => Refuse::with(StatusCode::TOO_MANY_REQUESTS),
    };
    let refuse = refuse.retry(Retry::fixed(Duration::from_secs(7)));
    let policy = LimitPolicy::reject(refuse).wait(Duration::ZERO);
    let mut layer = SseLayer::with_timer(clock.clone());
    if let Some(most) = setting.most {
        layer = layer.max_streams(most, policy.clone());
    }
    if let Some(most) = setting.most_per_key {
        layer = layer.max_streams_per(most, policy, |head| head.headers().get("key").cloned());
    }
    layer
}

/// Adds the rest of what is set.
pub(crate) fn layer(
    capped: SseLayer,
    setting: &LayerSetting,
    side: Side,
    shutdown: &Shutdown,
    told: &Arc<Mutex<Vec<Told>>>,
) -> SseLayer {
    let mut layer = set!(capped, setting.opts).retry(Retry::fixed(Duration::from_secs(1)));
    if setting.has_shutdown {
        layer = layer.shutdown(shutdown);
    }
    if setting.watches {
        layer = watch(layer, side, told);
    }
    layer
}

fn watch(layer: SseLayer, side: Side, told: &Arc<Mutex<Vec<Told>>>) -> SseLayer {
    let tell = || {
        let told = Arc::clone(told);
        move |new| told.lock().unwrap().push(new)
    };
    let (opened, closed, refused) = (tell(), tell(), tell());
    layer
        .label("number", |head| {
            Some(head.headers().get("number")?.to_str().ok()?.to_owned())
        })
        .on_open(move |info| opened(Told::Opened(side, number(&info.labels))))
        .on_close(move |sum| closed(Told::Closed(side, number(&sum.labels), sum.into())))
        .on_refuse(move |refusal| {
            refused(Told::Refused(side, number(&refusal.labels), refusal.reason))
        })
}

fn number(labels: &Labels) -> usize {
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

fn at_shutdown(leave: Leave) -> AtShutdown {
    let how = match leave.grace {
        Some(Some(grace)) => AtShutdown::end_after(Duration::from_millis(grace)),
        Some(None) => AtShutdown::finish(),
        None => AtShutdown::default(),
    };
    match leave.retry {
        Some(true) => how.retry(Retry::fixed(Duration::from_secs(3))),
        Some(false) => how.retry(Retry::off()),
        None => how,
    }
}
