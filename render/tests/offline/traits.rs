//! What a processor is decides what of its output is kept: nothing of a state that cannot be saved,
//! nothing at all of what does not repeat itself, nothing behind a warning.

use std::path::Path;
use std::sync::atomic::Ordering;

use wavemill_core::graph::TapSource;
use wavemill_core::session::{ClipId, Frozen, Insert, TimeValue, TrackId};
use wavemill_core::time::Samples;
use wavemill_render::{Bounced, RenderWarning};

use crate::support::{Song, clip, insert, objects};
use crate::trial::Trials;

/// Six of the store's chunks: states are kept after the fourth.
const FRAMES: usize = 6 * 65_536;

const KINDS: [&str; 6] = ["sums", "signals", "states", "reports", "files", "sessions"];

fn noise(salt: u32) -> Vec<f32> {
    let hash = move |n: u32| n.wrapping_mul(2_654_435_761).rotate_left(salt) >> 12;
    let frames = u32::try_from(FRAMES).unwrap();
    (0..frames).map(|n| (hash(n) as f32 / 524_288.0 - 0.7) * 0.2).collect()
}

/// Track `a` with `inserts`, and `others` tracks with an equaliser each.
fn song(trials: &Trials, inserts: Vec<Insert>, others: u32) -> Song {
    let mut song = Song::new();
    song.processors = Box::new(trials.clone());
    song.jobs = 1;
    song.play("a", &noise(3), inserts);
    for other in 0..others {
        song.play(&format!("b{other}"), &noise(5 + other), vec![insert("equaliser", &[])]);
    }
    song
}

/// Changes what `a` plays in the sixth chunk.
fn edit_late(song: &mut Song) {
    let mut late = clip("a", 20_000);
    late.id = ClipId::new("late").unwrap();
    late.start = TimeValue::Samples(Samples(340_000));
    song.session.tracks[0].clips.push(late);
}

/// What `a` plays ends before [`edit_late`] changes it.
fn shorten(song: &mut Song) {
    let length = TimeValue::Samples(Samples(300_000));
    song.session.tracks[0].clips[0].length = length;
}

fn kept(folder: &Path, kind: &str) -> usize {
    objects(folder, kind).len()
}

fn whole(song: &Song) -> [u8; 32] {
    song.bounce(|request| request.render.jobs = song.jobs).0.mix_sha256
}

/// Bounced without a remix.
fn bounced(song: &Song, folder: &Path) -> Bounced {
    song.bounce_keeping(folder, Some(0))
}

#[test]
fn a_state_that_cannot_be_saved_is_neither_kept_nor_looked_for() {
    for jobs in [1, 3] {
        let folder = tempfile::tempdir().unwrap();
        let trials = Trials::default();
        let mut song = song(&trials, vec![insert("opaque", &[])], 1);
        song.jobs = jobs;
        shorten(&mut song);
        assert_eq!(bounced(&song, folder.path()).mix_sha256, whole(&song));
        if jobs == 1 {
            assert_eq!(kept(folder.path(), "states"), 2, "the other track and the master");
        }
        assert_eq!(kept(folder.path(), "sums"), 6);
        assert!(!trials.asked.load(Ordering::Relaxed));
        edit_late(&mut song);
        let edited = bounced(&song, folder.path());
        assert!(!edited.served);
        assert_eq!(edited.mix_sha256, whole(&song), "{jobs} jobs");
        assert_eq!(kept(folder.path(), "sums"), 7, "those before the edit are used again");
        // What is wholly there is served all the same.
        assert!(bounced(&song, folder.path()).served);
    }
}

/// The test above can tell: the render would have gone on after the fourth chunk.
#[test]
fn a_state_that_is_said_to_be_saved_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let trials = Trials { opaque_lies: true, ..Trials::default() };
    let mut song = song(&trials, vec![insert("opaque", &[])], 1);
    shorten(&mut song);
    bounced(&song, folder.path());
    assert_eq!(kept(folder.path(), "states"), 3);
    edit_late(&mut song);
    assert_ne!(bounced(&song, folder.path()).mix_sha256, whole(&song));
}

#[test]
fn remixes_and_stems_do_without_a_state_that_cannot_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let trials = Trials::default();
    let mut song = song(&trials, vec![insert("opaque", &[])], 20);
    shorten(&mut song);
    song.bounce_keeping(folder.path(), None);
    let edits: [fn(&mut Song); 3] = [
        edit_late,
        |song| song.session.tracks[0].volume_db = -3.0,
        |song| song.session.tracks[0].volume_db = -6.0,
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        edit(&mut song);
        let sums = kept(folder.path(), "sums");
        assert_eq!(song.bounce_keeping(folder.path(), None).mix_sha256, whole(&song), "{number}");
        assert_eq!(kept(folder.path(), "sums"), sums, "edit {number} was no remix");
    }
    assert!(kept(folder.path(), "signals") > 0);
    let source = || TapSource::Track(TrackId::new("a").unwrap());
    let alone = tempfile::tempdir().unwrap();
    let stem = |folder: &Path| {
        let stemmed = song.stem_keeping(folder, source());
        stemmed.stems[0].as_ref().unwrap().mix_sha256
    };
    assert_eq!(stem(folder.path()), stem(alone.path()));
    assert!(!trials.asked.load(Ordering::Relaxed));
}

fn unsteady_warning() -> Vec<RenderWarning> {
    vec![RenderWarning {
        path: "tracks/a/inserts/unsteady".to_owned(),
        what: "unsteady does not give the same output twice: nothing of this render is kept; \
               freeze the track to pin it"
            .to_owned(),
    }]
}

#[test]
fn what_does_not_repeat_itself_is_never_kept() {
    let folder = tempfile::tempdir().unwrap();
    let trials = Trials::default();
    let song = song(&trials, vec![insert("unsteady", &[])], 1);
    let first = song.bounce_keeping(folder.path(), None);
    let second = song.bounce_keeping(folder.path(), None);
    assert_ne!(first.mix_sha256, second.mix_sha256);
    for bounced in [&first, &second] {
        assert!(!bounced.served);
        assert_eq!(bounced.warnings, unsteady_warning());
        assert!(bounced.sentences()[0].starts_with("tracks/a/inserts/unsteady: unsteady does not"));
    }
    let stem = || song.stem_keeping(folder.path(), TapSource::Track(TrackId::new("a").unwrap()));
    let stems = [stem(), stem()];
    assert!(stems.iter().all(|stemmed| stemmed.warnings == unsteady_warning()));
    let digests = stems.map(|stemmed| stemmed.stems[0].as_ref().unwrap().mix_sha256);
    assert_ne!(digests[0], digests[1]);
    for kind in KINDS {
        assert_eq!(kept(folder.path(), kind), 0, "{kind}");
    }
}

/// Also where the store holds something of that name, as when a plug-in was trusted before.
#[test]
fn what_does_not_repeat_itself_is_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let trials = Trials { unsteady_lies: true, ..Trials::default() };
    let mut song = song(&trials, vec![insert("unsteady", &[])], 1);
    let source = || TapSource::Track(TrackId::new("a").unwrap());
    let stem = |song: &Song| {
        let mut stemmed = song.stem_keeping(folder.path(), source());
        stemmed.stems.remove(0).unwrap()
    };
    let before = song.bounce_keeping(folder.path(), None);
    let stem_before = stem(&song);
    assert!(song.bounce_keeping(folder.path(), None).served && stem(&song).served);
    song.processors = Box::new(Trials { unsteady_lies: false, ..trials });
    let after = song.bounce_keeping(folder.path(), None);
    assert!(!after.served && after.mix_sha256 != before.mix_sha256);
    let stem_after = stem(&song);
    assert!(!stem_after.served && stem_after.mix_sha256 != stem_before.mix_sha256);
}

#[test]
fn what_does_not_repeat_itself_is_not_taken_out_of_a_sum() {
    let folder = tempfile::tempdir().unwrap();
    let trials = Trials { unsteady_lies: true, ..Trials::default() };
    let mut song = song(&trials, vec![insert("unsteady", &[])], 8);
    song.bounce_keeping(folder.path(), None);
    song.processors = Box::new(Trials { unsteady_lies: false, ..trials });
    song.session.tracks[0].inserts[0].bypass = true;
    assert_eq!(song.bounce_keeping(folder.path(), None).mix_sha256, whole(&song));
}

#[test]
fn what_does_not_run_needs_not_repeat_itself() {
    let cases: [fn(&mut Song); 3] = [
        |song| {
            let file = "a".to_owned();
            song.session.tracks[0].frozen = Some(Frozen { file, tail: Samples::ZERO });
        },
        |song| song.session.tracks[0].inserts[0].bypass = true,
        |song| song.session.tracks[0].mute = true,
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let mut song = song(&Trials::default(), vec![insert("unsteady", &[])], 1);
        assert!(!song.plan().repeats());
        change(&mut song);
        assert!(song.plan().repeats(), "{number}");
        let first = song.bounce_keeping(folder.path(), None);
        assert_eq!((first.warnings, first.served), (Vec::new(), false));
        assert!(song.bounce_keeping(folder.path(), None).served, "{number}");
    }
}

#[test]
fn one_warning_names_all_that_does_not_repeat_itself() {
    let mut song = song(&Trials::default(), vec![insert("unsteady", &[])], 1);
    song.session.tracks[1].inserts.push(insert("unsteady", &[]));
    song.session.master.inserts.push(insert("unsteady", &[]));
    let what = "unsteady does not give the same output twice, nor does tracks/a/inserts/unsteady \
                (unsteady), nor does tracks/b0/inserts/unsteady (unsteady): nothing of this render \
                is kept; freeze the track to pin it";
    let warning =
        RenderWarning { path: "master/inserts/unsteady".to_owned(), what: what.to_owned() };
    assert_eq!(song.bounce(|_| {}).0.warnings, [warning]);
}

/// Nothing is kept from the sixth chunk on, in which it warns, and so it warns again.
#[test]
fn a_warning_of_a_processor_is_told_and_ends_all_keeping() {
    let folder = tempfile::tempdir().unwrap();
    let song = song(&Trials::default(), vec![insert("wary", &[])], 1);
    let warning = RenderWarning {
        path: "tracks/a/inserts/wary".to_owned(),
        what: "instance 0 heard of it".to_owned(),
    };
    for round in 0..2 {
        let bounced = song.bounce_keeping(folder.path(), None);
        assert_eq!(bounced.warnings, std::slice::from_ref(&warning), "{round}");
        assert!(!bounced.served);
        let numbers = KINDS.map(|kind| kept(folder.path(), kind));
        assert_eq!(numbers, [5, 0, 3, 0, 0, 0], "{KINDS:?}");
    }
}
