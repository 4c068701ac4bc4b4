//! What becomes of a response: the decision, and its head.

use std::sync::Arc;

use http::{Response, StatusCode, Version, header::CONTENT_LENGTH};
use http_body::Body;

use crate::{
    SseBody, SseOptions,
    alarm::Alarm,
    body::Life,
    config::Config,
    header::{self, is_event_stream},
    lifecycle::{Tally, Told},
    request::RequestFacts,
    slot::Slot,
};

/// Makes a good event stream of a response that is one, and lets any other pass.
pub(crate) fn respond<B: Body>(
    mut response: Response<B>,
    mut facts: RequestFacts,
    config: &Arc<Config>,
) -> Response<SseBody<B>> {
    let known = response.extensions().get::<Slot>().cloned();
    if let Some(slot) = &known {
        if let Some(told) = slot.refused() {
            // Not a stream: the answer of an inner layer that refused one.
            slot.refuse(facts.take_noted().refused(told, &config.observer));
            return response.map(SseBody::pass);
        }
    }
    let is_gone = known.as_ref().is_some_and(Slot::is_closed);
    if is_gone || response.status() != StatusCode::OK || !is_event_stream(response.headers()) {
        return response.map(SseBody::pass);
    }
    let is_known = known.is_some();
    let slot = known.unwrap_or_default();
    if let Some(own) = response.extensions_mut().remove::<SseOptions>() {
        slot.put_first(own);
    }
    let options = slot.fill(&config.options);
    if let Some(refused) = refused(&mut facts, &options, &slot, config) {
        return refused;
    }
    let keep_alive = options.keep_alive_header.unwrap_or(true) && !facts.closes;
    if !is_known {
        return open(response, &facts, keep_alive, slot, config);
    }
    // The inner layer acts.
    if slot.added_connection && !keep_alive {
        header::remove_connection(response.headers_mut());
    }
    response.map(SseBody::pass)
}

/// Returns the answer to a request that gets no stream. Attaches the layer to one that does.
fn refused<B: Body>(
    facts: &mut RequestFacts,
    options: &SseOptions,
    slot: &Slot,
    config: &Arc<Config>,
) -> Option<Response<SseBody<B>>> {
    if facts.reads && !facts.accepts && options.require_accept.unwrap_or(false) {
        // What an inner layer has attached was never to a stream that is open.
        slot.retract();
        let mut response = Response::new(SseBody::default());
        *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
        return Some(response);
    }
    if facts.is_head || !config.attaches() {
        return None;
    }
    let noted = facts.take_noted();
    let (noted, (reason, refuse)) = slot.attach(noted, facts.socket.take(), config).err()?;
    slot.retract();
    let told = noted.refused(Told::none(reason), &config.observer);
    let softly = facts.reads && facts.accepts;
    let mut response = refuse.response(softly).map(SseBody::whole);
    // So that an outer layer does not take it for a stream of its own to look after.
    slot.refuse(told);
    response.extensions_mut().insert(slot.clone());
    Some(response)
}

/// Gives a stream its head, and a body that the layer acts in.
fn open<B: Body>(
    mut response: Response<B>,
    facts: &RequestFacts,
    keep_alive: bool,
    mut slot: Slot,
    config: &Config,
) -> Response<SseBody<B>> {
    if facts.version < Version::HTTP_11 {
        // Otherwise hyper says `keep-alive` to who asked for it, though it has to close.
        *response.version_mut() = facts.version;
    }
    let headers = response.headers_mut();
    header::complete(headers);
    slot.added_connection = header::fit_connection(headers, facts.version, keep_alive);
    let sealed = header::is_encoded(headers);
    // It is not true once anything is put in, nor once the stream is cut.
    headers.remove(CONTENT_LENGTH);
    response.extensions_mut().insert(slot.clone());
    let tally = response.extensions_mut().remove::<Tally>();
    response.map(|body| {
        if facts.is_head {
            return SseBody::head();
        }
        let alarm = Alarm::new(config.timer.clone());
        let life = Life::new(alarm.now(), tally);
        SseBody::stream(body, slot, life, alarm, sealed)
    })
}
