//! Attaches the layer to a stream, if the stream may open.

use std::sync::Arc;

use http::{Response, StatusCode};
use http_body::Body;

use super::{
    admission::Admission, config::Config, context::StreamContext, permits::StreamPermits,
    reject::reject, rejection::Rejection, request::RequestFacts, response_state::ResponseState,
};
use crate::{SseBody, SseOptions, headers::head};

/// Attaches the layer to a stream that may open. Otherwise returns the answer in its place.
pub(super) fn attach_or_reject<B: Body>(
    facts: &mut RequestFacts,
    permits: Option<StreamPermits>,
    options: &SseOptions,
    shared: &ResponseState,
    config: &Arc<Config>,
) -> Option<Response<SseBody<B>>> {
    if facts.is_repeatable && !facts.accept.accepted && options.require_accept.unwrap_or(false) {
        return Some(not_acceptable(shared));
    }
    if !config.needs_guard() && facts.socket.is_none() {
        return None;
    }
    let (context, rejection) = match facts.is_head {
        true => check_head(facts, permits, shared, config)?,
        false => attach(facts, permits, options, shared, config)?,
    };
    shared.cancel();
    let final_retry = options.final_retry;
    let answer = reject(context, rejection, facts, final_retry, shared, config);
    Some(answer)
}

/// Returns 406 Not Acceptable. Nothing is reported, because the stream never opens and no limit or
/// shutdown has rejected it.
fn not_acceptable<B: Body>(shared: &ResponseState) -> Response<SseBody<B>> {
    shared.cancel();
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
    shared: &ResponseState,
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
        link: shared.link(),
    };
    shared.attach(admission).err().map(|rejected| *rejected)
}

/// Returns the rejection that a GET would get, for a HEAD request.
///
/// A HEAD request has no stream, so it takes no place: it only finds out whether there is one.
fn check_head(
    facts: &mut RequestFacts,
    permits: Option<StreamPermits>,
    shared: &ResponseState,
    config: &Arc<Config>,
) -> Option<(StreamContext, Rejection)> {
    if permits.is_some() {
        // It was checked before the handler, where a GET would have got its places.
        shared.add_head_layer(config);
        return None;
    }
    let mut context = facts.take_context();
    let shutdown = config.shutdown.as_ref();
    if shutdown.is_some_and(|it| it.is_triggered()) && !facts.before_shutdown {
        return Some((context, config.reject_at_shutdown()));
    }
    // A GET would have one place in a limit that an inner layer has, too.
    let claims = context.take_late_claims(config, |limit| shared.head_layers_have(limit));
    shared.add_head_layer(config);
    let rejection = claims.check().err()?;
    Some((context, rejection))
}
