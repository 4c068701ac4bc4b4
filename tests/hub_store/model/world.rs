use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use super::{
    changing::Grants, nodes::Nodes, publishing::Outcome, recorder::Recorder, settings::Settings,
};
use crate::stores::FaultyStore;

/// Some hubs over one faulty store, and what is known of them.
pub(super) struct World {
    pub(super) settings: Settings,
    pub(super) recorder: Recorder,
    pub(super) store: FaultyStore<Recorder>,
    pub(super) nodes: Nodes,
    /// The channels of each named client.
    pub(super) grants: RefCell<BTreeMap<String, Grants>>,
    pub(super) outcomes: RefCell<Vec<Outcome>>,
    /// Whether all faults have ended and everything has settled.
    pub(super) is_quiet: Cell<bool>,
    /// Whether nothing is changed any more.
    pub(super) is_ending: Cell<bool>,
    /// Whether a hub was killed or closed.
    pub(super) has_restarted: Cell<bool>,
    pub(super) next_payload: Cell<u64>,
    begun: tokio::time::Instant,
    /// What has happened, if it is to be printed.
    notes: Option<RefCell<String>>,
}

impl World {
    pub(super) fn new(
        settings: Settings,
        recorder: Recorder,
        store: FaultyStore<Recorder>,
        is_noting: bool,
    ) -> Self {
        Self {
            settings,
            recorder,
            store,
            nodes: Nodes::default(),
            grants: RefCell::default(),
            outcomes: RefCell::default(),
            is_quiet: Cell::new(false),
            is_ending: Cell::new(false),
            has_restarted: Cell::new(false),
            next_payload: Cell::new(1),
            begun: tokio::time::Instant::now(),
            notes: (is_noting || std::env::var_os("NODES_TRACE").is_some()).then(RefCell::default),
        }
    }

    /// Adds a line to the history.
    pub(super) fn note(&self, text: impl FnOnce() -> String) {
        if let Some(notes) = &self.notes {
            let line = format!("{:>6} {}", self.begun.elapsed().as_millis(), text());
            if std::env::var_os("NODES_TRACE").is_some() {
                eprintln!("{line}");
            }
            let mut notes = notes.borrow_mut();
            notes.push_str(&line);
            notes.push('\n');
        }
    }

    pub(super) fn notes(&self) -> String {
        self.notes
            .as_ref()
            .map(|notes| notes.borrow().clone())
            .unwrap_or_default()
    }

    pub(super) fn draw_payload(&self) -> u64 {
        let payload = self.next_payload.get();
        self.next_payload.set(payload + 1);
        payload
    }
}
