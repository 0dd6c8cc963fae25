//! Journals: read, cut off, or set aside; the session stays as it was.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use wavemill_media::folder::SessionFolder;

static PLACE: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("session");
    std::fs::create_dir_all(root.join(".wavemill")).expect("the temporary folder takes a folder");
    std::fs::write(root.join("session.json"), include_bytes!("../../sessions/demo/session.json"))
        .expect("the temporary folder takes a file");
    (folder, root)
});

fuzz_target!(|bytes: &[u8]| {
    let root = &PLACE.1;
    std::fs::write(root.join(".wavemill/journal.jsonl"), bytes).expect("it takes a file");
    let folder = SessionFolder::open(root).expect("the session is there");
    let before = folder.load().expect("the document is valid");
    // Whatever the journal says, reading it changes nothing and never panics.
    let _ = folder.history();
    assert_eq!(folder.load().as_ref(), Ok(&before));
});
