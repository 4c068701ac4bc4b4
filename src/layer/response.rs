//! Decides whether a response is an event stream, and makes its head.

use std::sync::Arc;

use http::{Response, StatusCode, Version, header::CONTENT_LENGTH};
use http_body::Body;

use super::{
    attach::attach_or_reject,
    body::{Client, StreamRecord},
    config::Config,
    permits::StreamPermits,
    reject::report_rejection,
    request::RequestFacts,
    response_state::ResponseState,
};
use crate::{
    SseBody, SseOptions,
    early::LateHead,
    headers::{head, media_type::is_event_stream},
    report::StreamLink,
    time::ResettableSleep,
};

/// Gives a response that is an event stream what the layer adds to it, and passes any other on.
pub(crate) fn respond<B: Body>(
    mut response: Response<B>,
    mut facts: RequestFacts,
    permits: Option<StreamPermits>,
    config: &Arc<Config>,
) -> Response<SseBody<B>> {
    let found = response.extensions().get::<ResponseState>().cloned();
    if let Some(shared) = &found {
        if let Some(reports) = shared.rejection() {
            // The answer of an inner layer that rejected the stream, though it may look like one.
            let context = facts.take_context();
            shared.set_rejection(report_rejection(context, reports, &facts, config));
            return response.map(SseBody::unchanged);
        }
    }
    let is_closed = found.as_ref().is_some_and(ResponseState::is_closed);
    if is_closed || response.status() != StatusCode::OK || !is_event_stream(response.headers()) {
        return response.map(SseBody::unchanged);
    }
    let is_outer = found.is_some();
    let shared = found.unwrap_or_default();
    if let Some(options) = response.extensions_mut().remove::<SseOptions>() {
        shared.add_handler_options(options);
    }
    if !is_outer {
        let extensions = response.extensions_mut();
        shared.set_link(extensions.remove::<StreamLink>());
        shared.set_late_head(extensions.remove::<LateHead>());
    }
    let options = shared.add_layer_options(&config.options);
    if let Some(answer) = attach_or_reject(&mut facts, permits, &options, &shared, config) {
        return answer;
    }
    let shutdown = config.shutdown.as_ref();
    let closes = facts.closes || shutdown.is_some_and(|shutdown| shutdown.is_triggered());
    let keep_alive = options.keep_alive_header.unwrap_or(true) && !closes;
    if !is_outer {
        return wrap_stream(response, facts, keep_alive, shared, config);
    }
    // The body of the inner layer acts for this one too.
    if shared.added_connection && !keep_alive {
        head::remove_connection(response.headers_mut());
    }
    response.map(SseBody::unchanged)
}

/// Gives a stream its head, and the body in which the layers act.
fn wrap_stream<B: Body>(
    mut response: Response<B>,
    mut facts: RequestFacts,
    keep_alive: bool,
    mut shared: ResponseState,
    config: &Config,
) -> Response<SseBody<B>> {
    if facts.version < Version::HTTP_11 {
        // Otherwise hyper says `keep-alive` to a client that asked for it, though it has to close.
        *response.version_mut() = facts.version;
    }
    let headers = response.headers_mut();
    // Before the stream's own headers are added: over HTTP/2 this removes what `Connection` names.
    shared.added_connection = head::fit_connection(headers, facts.version, keep_alive);
    head::complete(headers);
    let sealed = head::is_encoded(headers);
    // The layer inserts bytes and cuts streams, so the length would be wrong.
    headers.remove(CONTENT_LENGTH);
    if !sealed {
        head::remove_validators(headers);
    }
    response.extensions_mut().insert(shared.clone());
    let client = Client {
        has_repeatable_request: facts.is_repeatable,
        names_stream: facts.names_stream(),
        last_event_id: facts.last_event_id.take(),
        version: facts.version,
    };
    response.map(|body| {
        if facts.is_head {
            return SseBody::head();
        }
        let sleep = ResettableSleep::new(config.timer.clone());
        let record = StreamRecord::new(sleep.now(), shared.link());
        SseBody::stream(body, shared, record, sleep, client, sealed)
    })
}
