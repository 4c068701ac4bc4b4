//! Decides whether a response is an event stream, and makes its head.

use std::sync::Arc;

use http::{Response, StatusCode, Version, header::CONTENT_LENGTH};
use http_body::Body;

use super::{
    admission::Admission,
    body::{Client, StreamRecord},
    config::Config,
    context::StreamContext,
    gate::Denied,
    nested::NestedState,
    places::Held,
    rejection::Rejection,
    reports::RejectionReports,
    request::RequestFacts,
};
use crate::{
    SseBody, SseOptions,
    headers::{head, media_type::is_event_stream},
    report::StreamStats,
    stop_reconnecting,
    time::ResettableSleep,
};

/// Makes a good event stream of a response that is one, and lets any other pass.
pub(crate) fn respond<B: Body>(
    mut response: Response<B>,
    mut facts: RequestFacts,
    held: Option<Held>,
    config: &Arc<Config>,
) -> Response<SseBody<B>> {
    let known = response.extensions().get::<NestedState>().cloned();
    if let Some(slot) = &known {
        if let Some(told) = slot.refused() {
            // Not a stream: the answer of an inner layer that refused one.
            slot.refuse(report(facts.take_noted(), told, &facts, config));
            return response.map(SseBody::pass);
        }
    }
    let is_gone = known.as_ref().is_some_and(NestedState::is_closed);
    if is_gone || response.status() != StatusCode::OK || !is_event_stream(response.headers()) {
        return response.map(SseBody::pass);
    }
    let is_known = known.is_some();
    let slot = known.unwrap_or_default();
    if let Some(own) = response.extensions_mut().remove::<SseOptions>() {
        slot.put_first(own);
    }
    if !is_known {
        slot.set_tally(response.extensions_mut().remove::<StreamStats>());
    }
    let options = slot.fill(&config.options);
    if let Some(rejected) = reject(&mut facts, held, &options, &slot, config) {
        return rejected;
    }
    let shutdown = config.shutdown.as_ref();
    let closes = facts.closes || shutdown.is_some_and(|shutdown| shutdown.is_triggered());
    let keep_alive = options.keep_alive_header.unwrap_or(true) && !closes;
    if !is_known {
        return open(response, facts, keep_alive, slot, config);
    }
    // The inner layer acts.
    if slot.added_connection && !keep_alive {
        head::remove_connection(response.headers_mut());
    }
    response.map(SseBody::pass)
}

/// Makes the answer to a request that the handler does not get.
pub(crate) fn deny<B: Body>(
    denied: Denied,
    mut facts: RequestFacts,
    config: &Arc<Config>,
) -> Response<SseBody<B>> {
    let Denied::Rejected(refused) = denied else {
        return stop_reconnecting();
    };
    let final_retry = config.options.final_retry;
    let noted = facts.take_noted();
    refuse(
        noted,
        refused,
        &facts,
        final_retry,
        &NestedState::default(),
        config,
    )
}

/// Returns the answer to a request that gets no stream. Attaches the layer to one that does.
fn reject<B: Body>(
    facts: &mut RequestFacts,
    held: Option<Held>,
    options: &SseOptions,
    slot: &NestedState,
    config: &Arc<Config>,
) -> Option<Response<SseBody<B>>> {
    if facts.reads && !facts.accept.accepted && options.require_accept.unwrap_or(false) {
        // The stream never opens, so nothing is to be reported of it.
        slot.retract();
        let mut response = Response::new(SseBody::default());
        *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
        head::forbid_store(response.headers_mut());
        return Some(response);
    }
    if !config.attaches() && facts.socket.is_none() {
        return None;
    }
    let (noted, refused) = match facts.is_head {
        true => look(facts, held, slot, config)?,
        false => attach(facts, held, options, slot, config)?,
    };
    slot.retract();
    let final_retry = options.final_retry;
    Some(refuse(noted, refused, facts, final_retry, slot, config))
}

/// Attaches the layer to a stream, or returns why it is refused.
fn attach(
    facts: &mut RequestFacts,
    held: Option<Held>,
    options: &SseOptions,
    slot: &NestedState,
    config: &Arc<Config>,
) -> Option<(StreamContext, Rejection)> {
    let entrant = Admission {
        noted: facts.take_noted(),
        held,
        came_before: facts.came_before,
        socket: facts.socket.take(),
        version: facts.version,
        config,
        own: options.own.clone(),
        tally: slot.tally(),
    };
    slot.attach(entrant).err().map(|turned_away| *turned_away)
}

/// Returns the refusal that a GET would get, for a HEAD request.
fn look(
    facts: &mut RequestFacts,
    held: Option<Held>,
    slot: &NestedState,
    config: &Arc<Config>,
) -> Option<(StreamContext, Rejection)> {
    if held.is_some() {
        // It was looked at before the handler, as a GET would have got its places.
        slot.looked(config);
        return None;
    }
    let mut noted = facts.take_noted();
    let shutdown = config.shutdown.as_ref();
    if shutdown.is_some_and(|it| it.is_triggered()) && !facts.came_before {
        return Some((noted, config.refuse_at_shutdown()));
    }
    // A GET has one place in a limit that the inner layer has, too.
    let claims = noted.take_rest(config, |limit| slot.has_looked(limit));
    slot.looked(config);
    let refused = claims.check().err()?;
    Some((noted, refused))
}

/// Makes the answer to a request whose stream is refused, and reports it.
fn refuse<B: Body>(
    noted: StreamContext,
    rejection: Rejection,
    facts: &RequestFacts,
    final_retry: Option<bool>,
    slot: &NestedState,
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
    // Otherwise an outer layer would treat the refusal as a stream.
    slot.refuse(report(
        noted,
        RejectionReports::none(rejection.reason),
        facts,
        config,
    ));
    response.extensions_mut().insert(slot.clone());
    response
}

/// Reports a refusal to the layer, except for a HEAD request. Returns which reports have been made by now.
fn report(
    noted: StreamContext,
    told: RejectionReports,
    facts: &RequestFacts,
    config: &Arc<Config>,
) -> RejectionReports {
    match facts.is_head {
        true => told,
        false => noted.refused(told, config),
    }
}

/// Gives a stream its head, and a body that the layer acts in.
fn open<B: Body>(
    mut response: Response<B>,
    mut facts: RequestFacts,
    keep_alive: bool,
    mut slot: NestedState,
    config: &Config,
) -> Response<SseBody<B>> {
    if facts.version < Version::HTTP_11 {
        // Otherwise hyper says `keep-alive` to a client that asked for it, though it has to close.
        *response.version_mut() = facts.version;
    }
    let headers = response.headers_mut();
    // Before the stream's own headers are there, which it must not remove.
    slot.added_connection = head::fit_connection(headers, facts.version, keep_alive);
    head::complete(headers);
    let sealed = head::is_encoded(headers);
    // The layer inserts bytes and cuts streams, so the length would be wrong.
    headers.remove(CONTENT_LENGTH);
    if !sealed {
        head::remove_validators(headers);
    }
    response.extensions_mut().insert(slot.clone());
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
        let alarm = ResettableSleep::new(config.timer.clone());
        let life = StreamRecord::new(alarm.now(), slot.tally());
        SseBody::stream(body, slot, life, alarm, client, sealed)
    })
}
