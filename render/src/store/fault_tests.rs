//! Every step on the store's disk fails once: the bounce is what it is without a store, and so is
//! the next.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use wavemill_core::audio::{MemoryLibrary, MemorySource};
use wavemill_core::dsp::BuiltIns;
use wavemill_core::graph::{CompileConfig, CompileError, Plan, STORE_CHUNK_FRAMES, compile};
use wavemill_core::job::{CancelToken, NoProgress};
use wavemill_core::session::Session;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples};
use wavemill_media::audio::wav::WavEncoding;

use super::disk::Disk;
use super::disk::faults::Fault;
use super::{Kind, Store};
use crate::export::{ExportSpec, FileFormat};
use crate::{BounceRequest, Bounced, Origin, RenderConfig, Tail, bounce};

/// Enough for a checkpoint after the fourth chunk, and a chunk that is not whole.
const FRAMES: u32 = 4 * STORE_CHUNK_FRAMES + 1_000;
const QUOTA_BYTES: u64 = 100_000_000;

/// A session with audio, a recursive processor on it and a latent one on the master.
struct Song {
    session: Session,
    audio: MemoryLibrary,
    folder: TempDir,
}

/// What must never change.
#[derive(PartialEq)]
struct Result {
    mix_sha256: [u8; 32],
    file: Vec<u8>,
}

impl Song {
    fn new() -> Self {
        let json = format!(
            r#"{{"format": "wavemill-session", "version": 1, "name": "song", "sample_rate": 48000,
            "tracks": [{{"id": "tape", "name": "tape", "kind": "audio",
              "inserts": [{{"id": "delay", "processor": "delay"}}],
              "clips": [{{"id": "take", "content": {{"audio": {{"file": "take"}}}},
                "start": {{"samples": 0}}, "length": {{"samples": {FRAMES}}}}}]}}],
            "master": {{"inserts": [{{"id": "limiter", "processor": "limiter"}}]}}}}"#
        );
        let session = Session::from_json(json.as_bytes()).unwrap();
        let noise: Vec<f32> = (0..FRAMES)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 12) as f32 / 1_048_576.0 - 0.5)
            .collect();
        let mut audio = MemoryLibrary::default();
        audio.insert("take", MemorySource::new(&noise, 1, SampleRate::new(48_000).unwrap()));
        Self { session, audio, folder: tempfile::tempdir().unwrap() }
    }

    fn compile(&self, session: &Session) -> std::result::Result<Plan, CompileError> {
        compile(session, &CompileConfig { audio: &self.audio, processors: &BuiltIns })
    }

    fn bounce(&self, store: Option<&Store>) -> (Bounced, Result) {
        let out = self.folder.path().join("out.wav");
        let _ = fs::remove_file(&out);
        let request = BounceRequest {
            export: ExportSpec::plain(&out, FileFormat::Wav(WavEncoding::Float32)),
            from: Samples::ZERO,
            to: None,
            tail: Tail::None,
            render: RenderConfig { jobs: 2, block: 4_096, level: SimdLevel::detect() },
            digest_chunks: false,
        };
        let plan = Arc::new(self.compile(&self.session).unwrap());
        let compile = |other: &_| self.compile(other);
        let origin = Origin { session: &self.session, compile: &compile, budget_bytes: None };
        let cancel = CancelToken::default();
        let bounced = bounce(&plan, &request, Some(&origin), store, &NoProgress, &cancel);
        let bounced = bounced.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(bounced.warnings, Vec::new());
        let result = Result { mix_sha256: bounced.mix_sha256, file: fs::read(&out).unwrap() };
        (bounced, result)
    }
}

fn healthy(folder: &Path) -> Store {
    Store::open(folder, QUOTA_BYTES).unwrap()
}

/// Faults that pass, one after the other.
fn passing(step: usize) -> Fault {
    [Fault::Full, Fault::Broken, Fault::Refused][step % 3]
}

/// The disk is gone for good.
fn gone(_: usize) -> Fault {
    Fault::Gone
}

/// Bounces with the fault that `fault` gives at every step in turn, from a store that `prepare`
/// leaves. `check` gets what failed, and the complaints of the bounce.
fn each_step(
    fault: fn(usize) -> Fault,
    prepare: impl Fn(&Song, &Path),
    check: impl Fn(&str, &str, &[String]),
) {
    let song = Song::new();
    let (_, plain) = song.bounce(None);
    for step in 0.. {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("store");
        prepare(&song, &folder);
        let fault = fault(step);
        let case = format!("{fault:?} at step {step}");
        let store = match Store::open_on(Disk::failing(fault, step), &folder, QUOTA_BYTES) {
            Ok(store) => store,
            Err(error) => {
                assert!(error.to_string().contains("--no-cache"), "{case}: {error}");
                continue;
            }
        };
        let (_, result) = song.bounce(Some(&store));
        let struck = store.disk.struck();
        let case = format!("{case}, {struck:?}");
        assert!(result == plain, "{case}: other samples");
        let complaints = store.take_complaints();
        if let Some(struck) = struck {
            check(struck, &case, &complaints);
        }
        // What is left is whole, and does for the next.
        let store = healthy(&folder);
        assert_eq!(store.verify().damaged, Vec::<String>::new(), "{case}");
        let (_, result) = song.bounce(Some(&store));
        assert!(result == plain, "{case}: other samples in the next run");
        assert_eq!(store.take_complaints(), Vec::<String>::new(), "{case}: in the next run");
        let (last, result) = song.bounce(Some(&store));
        assert!(last.served && result == plain, "{case}: the last run is not served");
        if struck.is_none() {
            assert!(step > 10, "a bounce takes many steps");
            return;
        }
    }
}

/// From a store that has it all, with what is not of `kinds` taken away.
fn warm(fault: fn(usize) -> Fault, kinds: &[Kind]) {
    each_step(
        fault,
        |song, folder| {
            let store = healthy(folder);
            song.bounce(Some(&store));
            for kind in Kind::ALL.iter().filter(|kind| !kinds.contains(kind)) {
                let _ = fs::remove_dir_all(folder.join("objects").join(kind.name()));
            }
        },
        |_, case, complaints| {
            assert!(complaints.len() <= 3, "{case}: {complaints:?}");
        },
    );
}

#[test]
fn a_passing_fault_at_any_step_of_a_cold_bounce_changes_nothing() {
    each_step(
        passing,
        |_, _| {},
        |struck, case, complaints| {
            let [complaint] = complaints else {
                // What cannot be looked for is rendered in any case.
                assert!(complaints.is_empty() && struck == "open", "{case}: {complaints:?}");
                return;
            };
            let expected =
                if struck == "open" { "cannot be read" } else { "this render is not kept" };
            assert!(complaint.contains(expected), "{case}: {complaint}");
        },
    );
}

#[test]
fn a_disk_that_is_gone_at_any_step_of_a_cold_bounce_changes_nothing() {
    each_step(
        gone,
        |_, _| {},
        |_, case, complaints| {
            let known = |text: &String| text.contains("not kept") || text.contains("be read");
            assert!(
                !complaints.is_empty() && complaints.iter().all(known),
                "{case}: {complaints:?}"
            );
        },
    );
}

#[test]
fn any_fault_while_a_finished_bounce_is_served_changes_nothing() {
    warm(passing, &Kind::ALL);
    warm(gone, &Kind::ALL);
}

#[test]
fn any_fault_while_sums_and_states_are_used_changes_nothing() {
    warm(passing, &[Kind::Sum, Kind::State]);
    warm(gone, &[Kind::Sum, Kind::State]);
}
