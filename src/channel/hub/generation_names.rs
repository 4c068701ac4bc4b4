//! The channels of generations, whose options are not the user's.

use std::{num::NonZeroUsize, time::Duration};

use crate::{ChannelOptions, GapPolicy, KeyPolicy, LagPolicy, NoticePolicy, time::SharedTimer};

/// The keyed channel that has all generations.
pub(super) const GENERATIONS: &str = "tower-sse:generations";

/// The beginning of the names of their own channels.
pub(crate) const GENERATION: &str = "tower-sse:generation/";

const MAX_GENERATIONS: NonZeroUsize = match NonZeroUsize::new(10_000) {
    Some(max) => max,
    None => NonZeroUsize::MIN,
};

/// Returns `true` if this is the name of a channel of generations.
pub(super) fn is_generation(name: &str) -> bool {
    name == GENERATIONS || name.starts_with(GENERATION)
}

/// Returns the options of a channel of generations. All nodes have the same, whatever the options of other channels: an
/// answer needs ids and a history.
pub(super) fn generation_options(name: &str, timer: SharedTimer) -> ChannelOptions {
    let options = ChannelOptions::with_shared_timer(timer)
        .notice_policy(NoticePolicy::silent())
        .gap_policy(GapPolicy::notify())
        .lag_policy(LagPolicy::disconnect());
    match name {
        GENERATIONS => options.keyed(MAX_GENERATIONS, KeyPolicy::reject()),
        // What a listener that leaves has as its time is for the generation to say.
        _ => options.presence(Duration::ZERO),
    }
}
