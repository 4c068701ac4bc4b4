//! What browsers do when the server ends a stream early.

mod cut;
mod fetching;
mod returning;
mod revoking;

use crate::{browser::checks, engine::Engine};

pub(crate) async fn check(engine: Engine) {
    checks! {
        engine,
        returning::reconnects_on_time_after_every_kind_of_cut,
        fetching::sees_that_an_answer_is_cut,
        fetching::reads_the_final_event_and_a_clean_end,
        revoking::stays_away_after_a_revocation_that_stops_it,
        revoking::gets_204_if_it_reconnects_with_the_id_of_a_revocation,
    }
}
