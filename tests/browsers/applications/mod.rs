//! The examples, as a person uses them.

mod broadcast;
mod chat;
mod clock;
mod dashboard;
mod llm;
mod notifications;
mod resume;
mod vote;

use crate::{browser::checks, engine::Engine};

const ENTER: &str = "\u{e007}";

pub(crate) async fn check(engine: Engine) {
    checks! {
        engine,
        clock::ticks_and_goes_on,
        broadcast::sends_to_both_tabs_and_stops_with_the_last,
        chat::talks_and_misses_nothing,
        vote::counts_live_and_keeps_the_votes,
        resume::misses_nothing,
        llm::answers_and_can_be_stopped,
        notifications::follow_the_rights_and_the_database,
        dashboard::draws_all_values,
    }
}
