use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use tower_sse::{
    AtShutdown, Event, EventName, Heartbeat, Labels, Lifetime, Preamble, Refuse, Retry, Shutdown,
    SseLayer, SseOptions,
};

use super::{
    clock::Clock,
    setting::{LayerSetting, Leave, Opts},
    told::{Side, Told},
};

const BYE: EventName = EventName::from_static("bye");

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
        if let Some(leave) = opts.leave {
            to = to.at_shutdown(at_shutdown(leave));
        }
        if let Some(preamble) = opts.preamble {
            to = to.preamble(if preamble {
                Preamble::line()
            } else {
                Preamble::off()
            });
        }
        to
    }};
}

/// Makes a layer that has its caps alone.
pub(crate) fn capped(clock: &Clock, setting: &LayerSetting) -> SseLayer {
    let refuse = if setting.softly {
        Refuse::softly()
    } else {
        Refuse::with(StatusCode::TOO_MANY_REQUESTS)
    };
    let mut layer = SseLayer::with_timer(clock.clone());
    if let Some(most) = setting.most {
        layer = layer.max_streams(most, refuse.clone());
    }
    if let Some(most) = setting.most_per_key {
        layer = layer.max_streams_per(most, refuse, |head| head.headers().get("key").cloned());
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
        .on_open(move |labels| opened(Told::Opened(side, number(labels))))
        .on_close(move |sum| closed(Told::Closed(side, number(&sum.labels), sum.into())))
        .on_refuse(move |refusal| {
            refused(Told::Refused(side, number(&refusal.labels), refusal.reason))
        })
}

fn number(labels: &Labels) -> usize {
    labels.get("number").unwrap().parse().unwrap()
}

pub(crate) fn options(opts: Opts) -> SseOptions {
    let options = set!(SseOptions::new(), opts);
    match opts.deadline {
        Some(after) => options.deadline(Duration::from_millis(after)),
        None => options,
    }
}

fn at_shutdown(leave: Leave) -> AtShutdown {
    let how = match leave.grace {
        Some(grace) => AtShutdown::end_after(Duration::from_millis(grace)),
        None => AtShutdown::finish(),
    };
    let how = how.retry(if leave.retry {
        Retry::fixed(Duration::from_secs(3))
    } else {
        Retry::off()
    });
    if leave.farewell {
        how.farewell(Event::new("").name(BYE))
    } else {
        how
    }
}
