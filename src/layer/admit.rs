//! Admits a stream to a layer: takes what the stream needs to open, and makes its guard.

use std::{mem, sync::Arc};

use super::{
    admission::Admission,
    connection::{CarriedStream, StreamConnection},
    context::RejectedContext,
    guard::StreamGuard,
    permits::{PermitGuard, StreamPermits},
    rejection::Rejection,
};
use crate::{StreamInfo, shutdown::Member};

/// Admits a stream, if it may open, and has its connection set.
///
/// `inner` are the guards of the layers inside of this one. What they hold already, because their layer
/// shares it with this one (a limit, a shutdown, a registry, the connection), counts once.
pub(super) fn admit(
    mut admission: Admission<'_>,
    inner: &[StreamGuard],
) -> Result<StreamGuard, RejectedContext> {
    let (permits, member) = match take_places(&mut admission, inner) {
        Ok(taken) => taken,
        Err(rejection) => return Err(Box::new((admission.context, rejection))),
    };
    let StreamPermits { permits, control } = permits;
    let connection = set_connection(&mut admission, inner);
    let info = take_info(&mut admission);
    let config = admission.config;
    let is_new = |streams| !inner.iter().any(|other| other.config.has_registry(streams));
    let streams = config.open_streams.as_ref();
    let registration = streams.filter(|streams| is_new(streams)).map(|streams| {
        let link = admission.link.as_ref();
        streams.add(&info, &control, link, &config.timer)
    });
    // Two layers may have the same recorder and the same watcher: the inner one reports to them.
    let is_recorded = inner.iter().any(|other| other.recorder.is_some());
    let is_watched = inner.iter().any(|other| other.watcher.is_some());
    let can_be_ended = registration.is_some() || config.evicts();
    Ok(StreamGuard {
        config: Arc::clone(config),
        info,
        member,
        registration,
        permits: PermitGuard::new(permits, config.evicts(), &control),
        control: can_be_ended.then_some(control),
        recorder: config.observer.recorder.clone().filter(|_| !is_recorded),
        watcher: admission.context.watcher.filter(|_| !is_watched),
        connection,
    })
}

/// Takes what the stream needs to open: places in the limits, and one among the shutdown's streams.
fn take_places(
    admission: &mut Admission<'_>,
    inner: &[StreamGuard],
) -> Result<(StreamPermits, Option<Member>), Rejection> {
    let config = admission.config;
    let shutdown = config.shutdown.as_ref();
    if shutdown.is_some_and(|it| it.is_triggered()) && !admission.before_shutdown {
        return Err(config.reject_at_shutdown());
    }
    let is_new = |shutdown| {
        !inner
            .iter()
            .any(|other| other.config.has_shutdown(shutdown))
    };
    let shutdown = shutdown.filter(|shutdown| is_new(shutdown));
    let member = match shutdown.map(|shutdown| shutdown.join(admission.before_shutdown)) {
        Some(None) => return Err(config.reject_at_shutdown()),
        joined => joined.flatten(),
    };
    // All layers of a stream use one control, so that it ends for the first reason that any of them has.
    let by_inner = inner.iter().find_map(|other| other.control.clone());
    let by_outer = admission.context.outer_limits().control();
    let (mut permits, by_this) = match admission.permits.take() {
        Some(taken) => (taken.permits, Some(taken.control)),
        None => (Vec::new(), by_outer),
    };
    let control = by_inner.or(by_this).unwrap_or_default();
    let is_counted = |limit| inner.iter().any(|other| other.config.has_limit(limit));
    let mut claims = admission.context.take_late_claims(config, is_counted);
    if !claims.is_empty() {
        permits.extend(claims.take(&config.admission_lock, &control)?);
    }
    Ok((StreamPermits { permits, control }, member))
}

/// Counts the stream on its connection, once for all layers, and has the connection set for it.
fn set_connection(
    admission: &mut Admission<'_>,
    inner: &[StreamGuard],
) -> Option<StreamConnection> {
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
    Some(StreamConnection {
        socket,
        tuned,
        _carried: carried,
    })
}

/// Returns the labels, tags and data of the layer, with those of the handler.
fn take_info(admission: &mut Admission<'_>) -> StreamInfo {
    let mut info = mem::take(&mut admission.context.info);
    if let Some(handler_info) = &admission.handler_info {
        info.extend(handler_info);
    }
    info
}
