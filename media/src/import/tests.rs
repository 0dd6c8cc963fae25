//! Import: names, places, rates, what is refused, and that a failure leaves nothing behind.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use wavemill_core::session::{ChannelLayout, ClipContent, Session, TimeValue};
use wavemill_core::time::{SampleRate, Samples};

use super::*;
use crate::audio::wav::{WavEncoding, WavSpec, WavWriter, WriteOptions};
use crate::files::faults::{self, Fault};
use crate::folder::SessionFolder;

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

fn wav(path: &Path, channels: u16, hz: u32, frames: usize) {
    let spec = WavSpec { channels, sample_rate: rate(hz), encoding: WavEncoding::Signed16 };
    let mut writer = WavWriter::create(path, spec, WriteOptions::default()).unwrap();
    writer.write(&vec![0.25; frames * usize::from(channels)]).unwrap();
    writer.finish().unwrap();
}

/// Adds a BWF chunk with a time stamp to the file at `path`.
fn stamp(path: &Path, frame: u64) {
    let mut bytes = std::fs::read(path).unwrap();
    let mut chunk = b"bext".to_vec();
    chunk.extend(602_u32.to_le_bytes());
    chunk.extend([0; 338]);
    chunk.extend(frame.to_le_bytes());
    chunk.extend([0; 256]);
    bytes.splice(12..12, chunk);
    let size = u32::try_from(bytes.len() - 8).unwrap();
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

fn run(
    target: &Path,
    inputs: &[PathBuf],
    options: &ImportOptions,
) -> Result<ImportReport, ImportError> {
    import(target, inputs, options, &mut |_| ControlFlow::Continue(()))
}

/// A folder of sources and the path of a session beside it.
fn workplace() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let (source, target) = (root.path().join("takes"), root.path().join("song"));
    std::fs::create_dir(&source).unwrap();
    (root, source, target)
}

/// Every file below `folder` with its bytes, but for the lock.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(tree(&path));
        } else if path.file_name().unwrap() != "lock" {
            all.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

#[test]
fn a_folder_becomes_a_session_of_a_track_a_file() {
    let (_root, source, target) = workplace();
    wav(&source.join("02 Bass.wav"), 2, 48_000, 30);
    wav(&source.join("01 Kick.wav"), 1, 44_100, 441);
    std::fs::write(source.join("notes.txt"), "take 3 is best").unwrap();
    std::fs::create_dir(source.join("old")).unwrap();
    let options = ImportOptions { tempo_bpm: Some(97.5), ..ImportOptions::default() };
    let report = run(&target, &[source], &options).unwrap();
    assert!(report.created && report.warnings.is_empty(), "{:?}", report.warnings);
    let reasons: Vec<_> = report.skipped.iter().map(|skipped| skipped.reason.as_str()).collect();
    assert_eq!(reasons, ["not audio of a known format", "a folder; import it by itself"]);

    let session = report.folder.load().unwrap();
    assert_eq!((session.name.as_str(), session.sample_rate.hz()), ("song", 44_100));
    assert_eq!(session.tempo[0].bpm, 97.5);
    assert_eq!(session.check(), []);
    let tracks: Vec<_> =
        session.tracks.iter().map(|t| (t.id.as_str(), t.name.as_str(), t.layout)).collect();
    let expected = [
        ("01-kick", "01 Kick", ChannelLayout::Mono),
        ("02-bass", "02 Bass", ChannelLayout::Stereo),
    ];
    assert_eq!(tracks, expected);
    let lengths: Vec<_> = session.tracks.iter().map(|track| track.clips[0].length).collect();
    // 30 frames at 48 kHz are 27.56 at 44.1 kHz.
    assert_eq!(lengths, [441, 28].map(|length| TimeValue::Samples(Samples(length))));
    let ClipContent::Audio(audio) = &session.tracks[1].clips[0].content else { panic!() };
    assert_eq!(audio.file, "audio/02 Bass.wav");
    assert!(target.join(&audio.file).is_file());
    let index = report.folder.audio_index();
    assert!(index.get(&audio.file).unwrap().settled);

    let mut editor = report.folder.edit().unwrap();
    assert_eq!(editor.history().len(), 1);
    assert_eq!(editor.history()[0].name, "import");
    editor.undo(Some(report.revision)).unwrap();
    assert!(editor.session().tracks.is_empty() && editor.session().tempo.is_empty());
}

#[test]
fn time_stamps_place_clips_at_the_sessions_rate() {
    let (_root, source, target) = workplace();
    let path = source.join("a.wav");
    SessionFolder::create(&target, &Session::new("Song", rate(48_000)), false).unwrap();
    wav(&path, 1, 44_100, 10);
    stamp(&path, 44_100 * 3 + 1);
    let report = run(&target, std::slice::from_ref(&path), &ImportOptions::default()).unwrap();
    assert!(!report.created);
    assert_eq!(report.files[0].start, Samples(48_000 * 3 + 1));
    let (from, to) = (rate(44_100), rate(48_000));
    assert_eq!(super::run::at_rate(u64::MAX, from, to), None);
    std::fs::remove_file(&path).unwrap();
    wav(&path, 1, 44_100, 10);
    stamp(&path, u64::MAX);
    let report = run(&target, &[path], &ImportOptions::default()).unwrap();
    assert_eq!(report.files[0].start, Samples::ZERO);
    assert!(report.warnings[0].contains("time stamp"), "{:?}", report.warnings);
}

#[test]
fn names_and_ids_never_collide() {
    let (_root, source, target) = workplace();
    let other = source.join("other");
    std::fs::create_dir(&other).unwrap();
    wav(&source.join("Kick.wav"), 1, 48_000, 4);
    wav(&other.join("Kick.wav"), 1, 48_000, 5);
    let inputs = [source.join("Kick.wav"), other.join("Kick.wav")];
    let first = run(&target, &inputs, &ImportOptions::default()).unwrap();
    let second = run(&target, &inputs[1..], &ImportOptions::default()).unwrap();
    let named: Vec<_> = first
        .files
        .iter()
        .chain(&second.files)
        .map(|f| (f.file.as_str(), f.track.as_str(), f.length))
        .collect();
    let expected = [
        ("audio/Kick.wav", "kick", Samples(4)),
        ("audio/Kick-2.wav", "kick-2", Samples(5)),
        ("audio/Kick-3.wav", "kick-3", Samples(5)),
    ];
    assert_eq!(named, expected);
}

#[test]
fn files_may_stay_where_they_are() {
    let (_root, source, target) = workplace();
    let path = source.join("a.wav");
    wav(&path, 1, 48_000, 4);
    let options = ImportOptions { copy: false, ..ImportOptions::default() };
    let report = run(&target, std::slice::from_ref(&path), &options).unwrap();
    assert_eq!(Path::new(&report.files[0].file), std::fs::canonicalize(&path).unwrap());
    assert!(!target.join("audio").exists());
    // A file of the session's own folder is named from there.
    std::fs::create_dir(target.join("audio")).unwrap();
    wav(&target.join("audio/b.wav"), 1, 48_000, 4);
    for copy in [false, true] {
        let options = ImportOptions { copy, ..ImportOptions::default() };
        let report = run(&target, &[target.join("audio/b.wav")], &options).unwrap();
        assert_eq!(report.files[0].file, "audio/b.wav");
    }
    assert_eq!(std::fs::read_dir(target.join("audio")).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_used_is_named_and_nothing_is_made() {
    let (_root, source, target) = workplace();
    wav(&source.join("good.wav"), 1, 48_000, 100);
    wav(&source.join("six.wav"), 6, 48_000, 10);
    wav(&source.join("none.wav"), 1, 48_000, 0);
    std::fs::write(source.join("empty.wav"), "").unwrap();
    std::fs::write(source.join("text.wav"), "not a wave file at all").unwrap();
    let good = std::fs::read(source.join("good.wav")).unwrap();
    std::fs::write(source.join("cut.wav"), &good[..good.len() - 20]).unwrap();
    for (name, words) in [
        ("six.wav", "has 6 channels"),
        ("none.wav", "0 frames"),
        ("empty.wav", "0 bytes"),
        ("text.wav", "in no format known"),
        ("cut.wav", "cut short"),
        ("missing.wav", "is missing"),
    ] {
        let inputs = [source.join("good.wav"), source.join(name)];
        let message = run(&target, &inputs, &ImportOptions::default()).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains(words), "{message}");
        assert!(!target.exists(), "{name}");
    }
    let bare = source.join("bare");
    std::fs::create_dir(&bare).unwrap();
    let error = run(&target, &[bare], &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("no audio file in"), "{error}");
    let error = run(&target, &[], &ImportOptions::default()).unwrap_err();
    assert!(matches!(error, ImportError::NothingGiven), "{error}");
    let options = ImportOptions { tempo_bpm: Some(10_000.0), ..ImportOptions::default() };
    let error = run(&target, &[source.join("good.wav")], &options).unwrap_err();
    assert!(error.to_string().contains("tempo cannot be set"), "{error}");
    assert!(!target.exists());
}

#[test]
fn progress_ends_at_its_total_and_cancelling_leaves_nothing() {
    let (_root, source, target) = workplace();
    for name in ["a.wav", "b.wav"] {
        wav(&source.join(name), 1, 48_000, 700_000);
    }
    let mut seen = Vec::new();
    let inputs = [source];
    let mut sink = |progress: ImportProgress| {
        seen.push(progress.done_bytes);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let error = import(&target, &inputs, &ImportOptions::default(), &mut sink).unwrap_err();
    assert!(matches!(error, ImportError::Cancelled));
    assert!(!target.exists());
    let mut last = None;
    let mut sink = |progress: ImportProgress| {
        assert!(last.is_none_or(|last: ImportProgress| last.done_bytes <= progress.done_bytes));
        last = Some(progress);
        ControlFlow::Continue(())
    };
    import(&target, &inputs, &ImportOptions::default(), &mut sink).unwrap();
    let last = last.unwrap();
    assert_eq!(last.done_bytes, last.total_bytes);
}

/// Lets every step of an import fail in every way.
fn each_fault(prepare: impl Fn(&Path)) {
    for fault in Fault::ALL {
        for step in 0.. {
            let (_root, source, target) = workplace();
            wav(&source.join("a.wav"), 1, 48_000, 40);
            wav(&source.join("b.wav"), 2, 48_000, 40);
            prepare(&target);
            let before = tree(&target);
            let tracks = |target: &Path| {
                SessionFolder::open(target).map(|f| f.edit().unwrap().session().tracks.len())
            };
            let had = tracks(&target).ok();
            let inputs = std::slice::from_ref(&source);
            let (result, struck) =
                faults::with(fault, step, || run(&target, inputs, &ImportOptions::default()));
            let case = format!("{fault:?} at step {step}: {result:?}");
            let dies = matches!(fault, Fault::Death | Fault::TornDeath);
            if result.is_err() && !dies {
                assert_eq!(tree(&target), before, "{case}");
                assert_eq!(target.exists(), had.is_some(), "{case}");
            }
            match (&result, tracks(&target)) {
                (Ok(_), has) => assert_eq!(has, Ok(had.unwrap_or(0) + 2), "{case}"),
                // A session that a dead process had begun may be there, empty.
                (Err(_), has) => {
                    let has = has.unwrap_or(0);
                    assert!(has == had.unwrap_or(0) || has == had.unwrap_or(0) + 2, "{case}");
                }
            }
            if !struck {
                break;
            }
        }
    }
}

#[test]
fn a_new_session_is_imported_whole_or_not_at_all() {
    each_fault(|_| ());
}

#[test]
fn an_import_into_a_session_is_whole_or_not_at_all() {
    each_fault(|target| {
        let folder =
            SessionFolder::create(target, &Session::new("Song", rate(48_000)), false).unwrap();
        drop(folder.edit().unwrap());
    });
}
