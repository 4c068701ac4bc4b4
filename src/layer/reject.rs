//! Decides whether a stream may open, and makes the answer to a request whose stream may not.

use std::sync::Arc;

use http::{Response, StatusCode};
use http_body::Body;

use super::{
    admission::Admission, config::Config, context::StreamContext, gate::Denied,
    nested::NestedState, permits::StreamPermits, rejection::Rejection,
    rejection_reports::RejectionReports, request::RequestFacts,
};
use crate::{SseBody, SseOptions, headers::head, stop_reconnecting};

/// Makes the answer to a request that does not reach the handler.
pub(crate) fn deny<B: Body>(
    denied: Denied,
    mut facts: RequestFacts,
    config: &Arc<Config>,
) -> Response<SseBody<B>> {
    let Denied::Rejected(rejection) = denied else {
        return stop_reconnecting();
    };
    // The handler's options are not known, so the layer's decide.
    let final_retry = config.options.final_retry;
    let context = facts.take_context();
    let nested = NestedState::default();
    reject(context, rejection, &facts, final_retry, &nested, config)
}

/// Attaches the layer to a stream that may open. Otherwise returns the answer in its place.
pub(super) fn attach_or_reject<B: Body>(
    facts: &mut RequestFacts,
    permits: Option<StreamPermits>,
    options: &SseOptions,
    nested: &NestedState,
    config: &Arc<Config>,
) -> Option<Response<SseBody<B>>> {
    if facts.reads && !facts.accept.accepted && options.require_accept.unwrap_or(false) {
        return Some(not_acceptable(nested));
    }
    if !config.attaches() && facts.socket.is_none() {
        return None;
    }
    let (context, rejection) = match facts.is_head {
        true => check_head(facts, permits, nested, config)?,
        false => attach(facts, permits, options, nested, config)?,
    };
    nested.cancel();
    let final_retry = options.final_retry;
    let answer = reject(context, rejection, facts, final_retry, nested, config);
    Some(answer)
}

/// Returns 406 Not Acceptable. Nothing is reported, because the stream never opens and no limit or
/// shutdown has rejected it.
fn not_acceptable<B: Body>(nested: &NestedState) -> Response<SseBody<B>> {
    nested.cancel();
    let mut response = Response::new(SseBody::default());
    *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
    head::forbid_store(response.headers_mut());
    response
}

/// Attaches the layer to a stream, or returns the rejection.
fn attach(
    facts: &mut RequestFacts,
    permits: Option<StreamPermits>,
    options: &SseOptions,
    nested: &NestedState,
    config: &Arc<Config>,
) -> Option<(StreamContext, Rejection)> {
    let admission = Admission {
        context: facts.take_context(),
        permits,
        before_shutdown: facts.before_shutdown,
        socket: facts.socket.take(),
        version: facts.version,
        config,
        handler_info: options.handler_info.clone(),
        stats: nested.stats(),
    };
    nested.attach(admission).err().map(|rejected| *rejected)
}

/// Returns the rejection that a GET would get, for a HEAD request.
///
/// A HEAD request has no stream, so it takes no place: it only finds out whether there is one.
fn check_head(
    facts: &mut RequestFacts,
    permits: Option<StreamPermits>,
    nested: &NestedState,
    config: &Arc<Config>,
) -> Option<(StreamContext, Rejection)> {
    if permits.is_some() {
        // It was checked before the handler, where a GET would have got its places.
        nested.add_head_layer(config);
        return None;
    }
    let mut context = facts.take_context();
    let shutdown = config.shutdown.as_ref();
    if shutdown.is_some_and(|it| it.is_triggered()) && !facts.before_shutdown {
        return Some((context, config.reject_at_shutdown()));
    }
    // A GET would have one place in a limit that an inner layer has, too.
    let claims = context.take_late_claims(config, |limit| nested.head_layers_have(limit));
    nested.add_head_layer(config);
    let rejection = claims.check().err()?;
    Some((context, rejection))
}

/// Makes the answer to a request whose stream is rejected, and reports the rejection.
fn reject<B: Body>(
    context: StreamContext,
    rejection: Rejection,
    facts: &RequestFacts,
    final_retry: Option<bool>,
    nested: &NestedState,
    config: &Arc<Config>,
) -> Response<SseBody<B>> {
    let final_retry = final_retry.unwrap_or(true);
    let last_event_id = facts.last_event_id.as_deref();
    let response = rejection
        .policy
        .response(facts.names_stream(), final_retry, last_event_id);
    let mut response = match facts.is_head {
        true => response.map(|_| SseBody::head()),
        false => response.map(SseBody::whole),
    };
    let reports = RejectionReports::none(rejection.reason);
    // An outer layer finds it, or it would treat the answer as a stream.
    nested.set_rejection(report(context, reports, facts, config));
    response.extensions_mut().insert(nested.clone());
    response
}

/// Reports a rejection to the layer, except of a HEAD request. Returns the reports that have been made
/// by now.
pub(super) fn report(
    context: StreamContext,
    reports: RejectionReports,
    facts: &RequestFacts,
    config: &Arc<Config>,
) -> RejectionReports {
    match facts.is_head {
        true => reports,
        false => context.report_rejection(reports, config),
    }
}
