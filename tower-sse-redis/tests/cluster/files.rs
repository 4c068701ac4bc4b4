//! The files of a Redis that has ended.

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
};

use crate::server::Server;

fn directory(server: &Server) -> PathBuf {
    server.directory().join("appendonlydir")
}

/// Copies the append-only file, as a backup does.
pub(crate) fn save(server: &Server) {
    copy(&directory(server), &server.directory().join("copy"));
}

/// Puts the copy back.
pub(crate) fn put_back(server: &Server) {
    let files = directory(server);
    fs::remove_dir_all(&files).unwrap();
    copy(&server.directory().join("copy"), &files);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Cuts at least so many bytes off the end of the append-only file, as a power failure does with what was not
/// synchronized. It cuts whole transactions, because Redis 7.0 keeps a part of one in the file, and performs it at its
/// next start.
pub(crate) fn cut(server: &Server, bytes: usize) {
    const BEGIN: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
    let files = fs::read_dir(directory(server)).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    let path = paths.find(|path| path.to_string_lossy().ends_with(".incr.aof"));
    let path = path.unwrap();
    let text = fs::read(&path).unwrap();
    let kept = &text[..text.len() - bytes];
    let end = kept.windows(BEGIN.len()).rposition(|part| part == BEGIN);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(end.unwrap() as u64).unwrap();
}
