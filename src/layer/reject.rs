//! The answers to requests whose stream is rejected.

use std::sync::Arc;

use http::Response;
use http_body::Body;

use super::{
    config::Config, context::StreamContext, gate::Denied, rejection::Rejection,
    rejection_reports::RejectionReports, request::RequestFacts, response_state::ResponseState,
};
use crate::{SseBody, stop_reconnecting};

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
    let shared = ResponseState::default();
    reject(context, rejection, &facts, final_retry, &shared, config)
}

/// Makes the answer to a request whose stream is rejected, and reports the rejection.
pub(super) fn reject<B: Body>(
    context: StreamContext,
    rejection: Rejection,
    facts: &RequestFacts,
    final_retry: Option<bool>,
    shared: &ResponseState,
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
    shared.set_rejection(report_rejection(context, reports, facts, config));
    response.extensions_mut().insert(shared.clone());
    response
}

/// Reports a rejection to the layer, except of a HEAD request. Returns the reports that have been made
/// by now.
pub(super) fn report_rejection(
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
