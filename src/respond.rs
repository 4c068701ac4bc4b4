//! What becomes of a response: the decision, and its head.

use http::{Response, StatusCode, Version};
use http_body::Body;

use crate::{
    SseBody, SseOptions,
    config::Config,
    header::{self, is_event_stream},
    request::RequestFacts,
    slot::Slot,
};

/// Makes a good event stream of a response that is one, and lets any other pass.
pub(crate) fn respond<B: Body>(
    mut response: Response<B>,
    facts: RequestFacts,
    config: &Config,
) -> Response<SseBody<B>> {
    if response.status() != StatusCode::OK || !is_event_stream(response.headers()) {
        return response.map(SseBody::pass);
    }
    let known = response.extensions().get::<Slot>().cloned();
    let mut slot = known.clone().unwrap_or_default();
    if let Some(own) = response.extensions_mut().remove::<SseOptions>() {
        slot.put_first(own);
    }
    let options = slot.fill(&config.options);
    if facts.refuses && options.require_accept.unwrap_or(false) {
        return not_acceptable();
    }
    let keep_alive = options.keep_alive_header.unwrap_or(true) && !facts.closes;
    if known.is_some() {
        if slot.added_connection && !keep_alive {
            header::remove_connection(response.headers_mut());
        }
        // The inner layer acts.
        return response.map(SseBody::pass);
    }
    if facts.version < Version::HTTP_11 {
        // Otherwise hyper says `keep-alive` to who asked for it, though it has to close.
        *response.version_mut() = facts.version;
    }
    let headers = response.headers_mut();
    header::complete(headers);
    slot.added_connection = header::fit_connection(headers, facts.version, keep_alive);
    let encoded = header::is_encoded(headers);
    if !encoded {
        header::remove_length(headers);
    }
    response.extensions_mut().insert(slot.clone());
    response.map(|body| {
        if facts.is_head {
            SseBody::head()
        } else if encoded {
            SseBody::pass(body)
        } else {
            SseBody::stream(body, config.timer.clone(), slot)
        }
    })
}

fn not_acceptable<B: Body>() -> Response<SseBody<B>> {
    let mut response = Response::new(SseBody::empty());
    *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
    response
}
