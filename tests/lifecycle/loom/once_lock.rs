//! What std says of its `OnceLock`, where each call is a step of loom's.

use loom::sync::Mutex;

#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: real::sync::OnceLock<T>,
    step: Mutex<()>,
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self {
            value: real::sync::OnceLock::new(),
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
