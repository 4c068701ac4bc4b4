use std::sync;

use loom::sync::Mutex;

/// std's `OnceLock`, where each call is a step of loom's.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: sync::OnceLock<T>,
    step: Mutex<()>,
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self {
            value: sync::OnceLock::new(),
            step: Mutex::new(()),
        }
    }
}

impl<T> OnceLock<T> {
    pub(crate) fn get(&self) -> Option<&T> {
        let _step = self.step.lock().unwrap();
        self.value.get()
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let _step = self.step.lock().unwrap();
        self.value.set(value)
    }
}
