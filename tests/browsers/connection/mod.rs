//! How browsers open streams, come back, and stay away.

mod failing;
mod many;
mod opening;
mod origins;
mod reconnecting;
mod rejecting;
mod shutdown;

use axum::{Router, routing::MethodRouter};
use tower_sse::SseLayer;

use crate::{
    browser::{Browser, checks},
    engine::Engine,
    server::{BOTH, Scheme, Server},
    tab::Tab,
    times::SOON,
};

pub(crate) async fn check(engine: Engine) {
    checks! {
        engine,
        opening::opens_before_the_first_event,
        opening::opens_without_a_preamble_as_its_browser_does,
        reconnecting::reconnects_with_the_last_id_after_the_server_was_killed,
        reconnecting::sends_ids_as_they_were_and_none_that_was_taken_back,
        reconnecting::is_spared_half_events_by_the_guard,
        reconnecting::waits_as_the_layer_says,
        reconnecting::waits_as_an_event_says,
        reconnecting::waits_for_weeks,
        reconnecting::reconnects_after_its_lifetime,
        reconnecting::reads_past_the_bom_of_each_connection,
        origins::reconnects_to_another_origin,
        rejecting::stops_for_good_at_204,
        rejecting::stops_for_good_at_an_error,
        rejecting::gets_in_when_there_is_room,
        rejecting::does_not_reconnect_after_a_rejection_with_an_error,
        failing::reconnects_after_a_body_fails,
        failing::sees_the_error_as_an_event,
        shutdown::sees_a_clean_end_and_reconnects,
        many::waits_with_the_seventh_tab,
        many::has_twenty_tabs_over_http2,
    }
}

/// Serves a route at `/sse`, within the layer.
async fn serve(scheme: Scheme, layer: SseLayer, route: MethodRouter) -> Server {
    Server::start(scheme, app(layer, route)).await
}

fn app(layer: SseLayer, route: MethodRouter) -> Router {
    Router::new().route("/sse", route).layer(layer)
}

/// Opens a page of the server that listens to the stream, which it calls `a`.
async fn listen(browser: &Browser, server: &Server) -> Tab {
    listen_from(browser, server, server).await
}

/// Opens a page of one server that listens to the stream of another.
async fn listen_from(browser: &Browser, pages: &Server, streams: &Server) -> Tab {
    let tab = browser.open(&pages.url("/")).await;
    tab.run(&format!("listen('a', {:?})", streams.url("/sse")))
        .await;
    tab
}
