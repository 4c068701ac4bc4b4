use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A directory that is removed when it is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let made = Command::new("mktemp").arg("-d").output().unwrap();
        assert!(made.status.success(), "mktemp: {made:?}");
        Self(String::from_utf8(made.stdout).unwrap().trim_end().into())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A browser that has just been killed may yet be writing there.
        if fs::remove_dir_all(&self.0).is_err() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
