//! Which pages get a stream when a limit has no free place.

mod newest;
mod reloading;

use crate::{browser::checks, engine::Engine};

pub(crate) async fn check(engine: Engine) {
    checks! {
        engine,
        newest::streams_to_the_newest_tab_only,
        reloading::is_never_rejected_when_it_reloads,
        reloading::waits_for_the_place_that_it_gives_back,
    }
}
