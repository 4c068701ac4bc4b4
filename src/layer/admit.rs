//! Admits a stream to a layer: takes what the stream needs to open, and makes its guard.

use std::sync::Arc;

use super::{
    admission::Admission,
    connection::{CarriedStream, Connection},
    context::RejectedContext,
    guard::StreamGuard,
    places::{Held, Places},
    rejection::Rejection,
};
use crate::{StreamInfo, shutdown::Member};

/// Admits a stream, if it may open, and has its connection set.
///
/// The guards of inner layers come first. What they hold already, because their layer shares it with
/// this one (a limit, a shutdown, a registry, the connection), counts once.
pub(super) fn admit(
    mut admission: Admission<'_>,
    inner: &[StreamGuard],
) -> Result<StreamGuard, RejectedContext> {
    let (held, member) = match claim(&mut admission, inner) {
        Ok(claimed) => claimed,
        Err(rejection) => return Err(Box::new((admission.noted, rejection))),
    };
    let connection = connect(&mut admission, inner);
    let config = admission.config;
    let info = info(&mut admission);
    let is_new = |streams| !inner.iter().any(|other| other.config.keeps(streams));
    let streams = config.open_streams.as_ref();
    let registered = streams.filter(|streams| is_new(streams)).map(|streams| {
        let tally = admission.tally.as_ref();
        streams.add(&info, &held.control, tally, &config.timer)
    });
    let recorded = inner.iter().any(|other| other.recorder.is_some());
    let is_watched = inner.iter().any(|other| other.watched.is_some());
    let is_controlled = registered.is_some() || config.evicts();
    Ok(StreamGuard {
        config: Arc::clone(config),
        info,
        member,
        registered,
        places: Places::new(held.permits, config.evicts(), &held.control),
        control: is_controlled.then_some(held.control),
        recorder: config.observer.recorder.clone().filter(|_| !recorded),
        watched: admission.noted.watched.filter(|_| !is_watched),
        connection,
    })
}

/// Claims what the stream needs to open: places in the limits, and the shutdown that ends it.
fn claim(
    admission: &mut Admission<'_>,
    inner: &[StreamGuard],
) -> Result<(Held, Option<Member>), Rejection> {
    let config = admission.config;
    let shutdown = config.shutdown.as_ref();
    if shutdown.is_some_and(|it| it.is_triggered()) && !admission.came_before {
        return Err(config.refuse_at_shutdown());
    }
    let is_new = |shutdown| !inner.iter().any(|other| other.config.ends_by(shutdown));
    let shutdown = shutdown.filter(|shutdown| is_new(shutdown));
    let member = match shutdown.map(|shutdown| shutdown.join(admission.came_before)) {
        Some(None) => return Err(config.refuse_at_shutdown()),
        joined => joined.flatten(),
    };
    // All layers of a stream use one control, so that it ends for the first reason that any has.
    let by_inner = inner.iter().find_map(|other| other.control.clone());
    let by_outer = admission.noted.outer().control();
    let (mut permits, own) = match admission.held.take() {
        Some(held) => (held.permits, Some(held.control)),
        None => (Vec::new(), by_outer),
    };
    let control = by_inner.or(own).unwrap_or_default();
    let counted = |limit| inner.iter().any(|other| other.config.counts(limit));
    let mut claims = admission.noted.take_rest(config, counted);
    if !claims.is_empty() {
        permits.extend(claims.take(&config.admission_lock, &control)?);
    }
    Ok((Held { permits, control }, member))
}

/// Counts the stream on its connection, once for all layers, and has the connection set for it.
fn connect(admission: &mut Admission<'_>, inner: &[StreamGuard]) -> Option<Connection> {
    let config = admission.config;
    let socket = admission.socket.take()?;
    let connections = || inner.iter().filter_map(|other| other.connection.as_ref());
    // Before the connection is set, since the settings hold as long as it carries a stream.
    let is_first = connections().next().is_none();
    let carried = is_first.then(|| CarriedStream::begin(&socket, admission.version));
    let tuned = config.tuning.as_ref().map(|tuning| {
        let inner = connections().rev().find_map(|other| other.tuned);
        tuning.tune(inner, &socket, &config.timer)
    });
    Some(Connection {
        socket,
        tuned,
        _carried: carried,
    })
}

/// Returns the labels, tags and data of the layer, with those of the handler.
fn info(admission: &mut Admission<'_>) -> StreamInfo {
    let mut info = std::mem::take(&mut admission.noted.info);
    if let Some(own) = &admission.own {
        info.extend(own);
    }
    info
}
