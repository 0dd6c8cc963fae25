//! MIDI into folders: one entry of the history, and a failure leaves nothing behind.

use wavemill_core::session::{ClipContent, Session};

use super::*;
use crate::files::faults::{self, Fault};

/// Tempo 60, and one note.
const SONG: &[u8] = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x1A\0\xFF\x03\x03Air\
    \0\xFF\x51\x03\x0F\x42\x40\0\x90\x3C\x64\x60\x80\x3C\x40\0\xFF\x2F\0";

fn workplace() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let (source, target) = (root.path().join("air.mid"), root.path().join("song"));
    std::fs::write(&source, SONG).unwrap();
    (root, source, target)
}

#[test]
fn a_file_becomes_a_session_that_can_be_undone() {
    let (_root, source, target) = workplace();
    let report =
        import_midi(&target, std::slice::from_ref(&source), MidiImportOptions::default()).unwrap();
    assert!(report.created && report.warnings.is_empty(), "{:?}", report.warnings);
    let session = report.folder.load().unwrap();
    assert_eq!((session.name.as_str(), session.tempo[0].bpm), ("Air", 60.0));
    assert_eq!(session.tracks[0].inserts[0].processor, "synthesiser");
    let ClipContent::Midi(content) = &session.tracks[0].clips[0].content else { panic!() };
    assert_eq!(content.notes.len(), 1);
    // Another time: the timeline stays, and is told.
    let again =
        import_midi(&target, &[source.clone(), source], MidiImportOptions::default()).unwrap();
    assert!(!again.created && again.warnings.len() == 2, "{:?}", again.warnings);
    let ids: Vec<_> = again.tracks.iter().map(|track| track.track.as_str()).collect();
    assert_eq!(ids, ["air-2", "air-3"]);
    let mut editor = again.folder.edit().unwrap();
    assert_eq!(editor.history().len(), 2);
    editor.undo(None).unwrap();
    editor.undo(None).unwrap();
    assert!(editor.session().tracks.is_empty() && editor.session().tempo.is_empty());
}

#[test]
fn what_cannot_be_used_is_named_and_nothing_is_made() {
    let (root, good, target) = workplace();
    let bad = root.path().join("bad.mid");
    for (bytes, words) in [
        (&b"not MIDI"[..], "is no MIDI file"),
        (&SONG[..40], "cut short"),
        (b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x04\0\xFF\x2F\0", "nothing to import"),
    ] {
        std::fs::write(&bad, bytes).unwrap();
        let error =
            import_midi(&target, &[good.clone(), bad.clone()], MidiImportOptions::default())
                .unwrap_err()
                .to_string();
        assert!(error.contains("bad.mid' ") && error.contains(words), "{error}");
        assert!(!target.exists());
    }
    let error = import_midi(&target, &[root.path().join("none.mid")], MidiImportOptions::default())
        .unwrap_err();
    assert!(matches!(error, ImportMidiError::Read { .. }), "{error}");
}

#[test]
fn an_import_is_whole_or_not_at_all() {
    for fault in Fault::ALL {
        for step in 0.. {
            let (_root, source, target) = workplace();
            let (result, struck) = faults::with(fault, step, || {
                import_midi(&target, &[source], MidiImportOptions::default())
            });
            let tracks = SessionFolder::open(&target)
                .map(|folder| folder.edit().unwrap().session().tracks.len());
            let dies = matches!(fault, Fault::Death | Fault::TornDeath);
            match &result {
                Ok(_) => assert_eq!(tracks, Ok(1), "{fault:?} at {step}"),
                Err(_) if dies => assert!(tracks.unwrap_or(0) <= 1, "{fault:?} at {step}"),
                Err(error) => assert!(!target.exists(), "{fault:?} at {step}: {error}"),
            }
            if !struck {
                break;
            }
        }
    }
}

#[test]
fn export_replaces_only_where_told() {
    let (root, source, target) = workplace();
    let session: Session = import_midi(&target, &[source], MidiImportOptions::default())
        .unwrap()
        .folder
        .load()
        .unwrap();
    let path = root.path().join("out.mid");
    let exported = crate::midi::export_midi(&session, &path, false).unwrap();
    assert_eq!((exported.tracks, exported.notes), (1, 1));
    let written = std::fs::read(&path).unwrap();
    std::fs::write(&path, "mine").unwrap();
    assert!(crate::midi::export_midi(&session, &path, false).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    crate::midi::export_midi(&session, &path, true).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), written);
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 3);
}
