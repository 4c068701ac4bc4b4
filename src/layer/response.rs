//! Decides whether a response is an event stream, and makes its head.

use std::sync::Arc;

use http::{Response, StatusCode, Version, header::CONTENT_LENGTH};
use http_body::Body;

use super::{
    body::{Client, StreamRecord},
    config::Config,
    nested::NestedState,
    permits::StreamPermits,
    reject::{attach_or_reject, report},
    request::RequestFacts,
};
use crate::{
    SseBody, SseOptions,
    headers::{head, media_type::is_event_stream},
    report::StreamStats,
    time::ResettableSleep,
};

/// Gives a response that is an event stream what the layer adds to it, and passes any other on.
pub(crate) fn respond<B: Body>(
    mut response: Response<B>,
    mut facts: RequestFacts,
    permits: Option<StreamPermits>,
    config: &Arc<Config>,
) -> Response<SseBody<B>> {
    let found = response.extensions().get::<NestedState>().cloned();
    if let Some(nested) = &found {
        if let Some(reports) = nested.rejection() {
            // The answer of an inner layer that rejected the stream, though it may look like one.
            let context = facts.take_context();
            nested.set_rejection(report(context, reports, &facts, config));
            return response.map(SseBody::pass);
        }
    }
    let is_closed = found.as_ref().is_some_and(NestedState::is_closed);
    if is_closed || response.status() != StatusCode::OK || !is_event_stream(response.headers()) {
        return response.map(SseBody::pass);
    }
    let is_outer = found.is_some();
    let nested = found.unwrap_or_default();
    if let Some(options) = response.extensions_mut().remove::<SseOptions>() {
        nested.add_handler_options(options);
    }
    if !is_outer {
        nested.set_stats(response.extensions_mut().remove::<StreamStats>());
    }
    let options = nested.add_layer_options(&config.options);
    if let Some(answer) = attach_or_reject(&mut facts, permits, &options, &nested, config) {
        return answer;
    }
    let shutdown = config.shutdown.as_ref();
    let closes = facts.closes || shutdown.is_some_and(|shutdown| shutdown.is_triggered());
    let keep_alive = options.keep_alive_header.unwrap_or(true) && !closes;
    if !is_outer {
        return open(response, facts, keep_alive, nested, config);
    }
    // The body of the inner layer acts for this one too.
    if nested.added_connection && !keep_alive {
        head::remove_connection(response.headers_mut());
    }
    response.map(SseBody::pass)
}

/// Gives a stream its head, and the body in which the layers act.
fn open<B: Body>(
    mut response: Response<B>,
    mut facts: RequestFacts,
    keep_alive: bool,
    mut nested: NestedState,
    config: &Config,
) -> Response<SseBody<B>> {
    if facts.version < Version::HTTP_11 {
        // Otherwise hyper says `keep-alive` to a client that asked for it, though it has to close.
        *response.version_mut() = facts.version;
    }
    let headers = response.headers_mut();
    // Before the stream's own headers are added: over HTTP/2 this removes what `Connection` names.
    nested.added_connection = head::fit_connection(headers, facts.version, keep_alive);
    head::complete(headers);
    let sealed = head::is_encoded(headers);
    // The layer inserts bytes and cuts streams, so the length would be wrong.
    headers.remove(CONTENT_LENGTH);
    if !sealed {
        head::remove_validators(headers);
    }
    response.extensions_mut().insert(nested.clone());
    let client = Client {
        reads: facts.reads,
        names_stream: facts.names_stream(),
        last_event_id: facts.last_event_id.take(),
        version: facts.version,
    };
    response.map(|body| {
        if facts.is_head {
            return SseBody::head();
        }
        let sleep = ResettableSleep::new(config.timer.clone());
        let record = StreamRecord::new(sleep.now(), nested.stats());
        SseBody::stream(body, nested, record, sleep, client, sealed)
    })
}
