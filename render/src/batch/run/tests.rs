//! What does not repeat itself is rendered for each job, whatever there is.

use wavemill_core::process::ProcessorTraits;
use wavemill_core::session::{Insert, InsertId, Session, Track, TrackId, TrackKind};
use wavemill_core::time::SampleRate;
use wavemill_media::folder::SessionFolder;

use super::super::prepare::prepare;
use super::super::queue::Claim;
use super::super::{Manifest, Places, jobs};
use super::*;
use crate::scheduler::RenderConfig;
use crate::testing::Unlike;

/// A track with a tone that never ends.
fn song() -> Session {
    let mut session = Session::new("song", SampleRate::new(48_000).unwrap());
    let mut track = Track::new(TrackId::new("a").unwrap(), "a", TrackKind::Audio);
    track.inserts.push(Insert {
        id: InsertId::new("tone").unwrap(),
        processor: "generator".to_owned(),
        plugin: None,
        file: None,
        bypass: false,
        preset: None,
        parameters: Default::default(),
        sidechain: None,
        sidechains: Default::default(),
        outputs: Default::default(),
    });
    session.tracks.push(track);
    session
}

struct Quiet;

impl BatchProgress for Quiet {
    fn frames(&self, _: &Job, _: u64, _: u64) {}
    fn ended(&self, _: &Job, _: JobEnd<'_>) {}
}

#[test]
fn what_does_not_repeat_itself_is_neither_served_nor_copied() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    SessionFolder::create(&path("song"), &song(), false).unwrap();
    let text = r#"{"session": "song", "output": "{variant}.wav", "to": "1s",
        "variants": [{"name": "x", "ops": []}, {"name": "y", "ops": []}]}"#;
    let places = Places { sessions: folder.path(), outputs: folder.path() };
    let jobs = jobs(Manifest::parse(text).unwrap(), places).unwrap();
    let store = Store::open(&path("store"), 1 << 30).unwrap();
    let cancel = CancelToken::default();
    let config = BatchConfig {
        threads: 1,
        concurrent: None,
        memory_bytes: None,
        block: 512,
        level: SimdLevel::SCALAR,
        processors: &crate::built_in_processors,
        overwrite: false,
        fail_fast: false,
        verify: false,
    };
    // The first job is done, and its file is in the store as well.
    let results = Results::open(&path("r.jsonl")).unwrap();
    let summary = run(&jobs[..1], config, Some(&store), results, &Quiet, &cancel).unwrap();
    assert_eq!((summary.rendered, summary.failed), (1, 0), "{:?}", summary.failures);
    let results = Results::open(&path("r.jsonl")).unwrap();
    let batch = Batch {
        jobs: &jobs,
        progress: &Quiet,
        queue: Queue::new(groups(&jobs), 1, 1, true),
        decider: Decider::new(&jobs, config, Some(&store), results, &cancel),
        memory: Memory::new(None),
        tally: Mutex::default(),
    };
    let render = RenderConfig { jobs: 1, block: 512, level: SimdLevel::SCALAR };
    let opened = batch.decider.sessions.open(&path("song")).unwrap();
    let built_ins = crate::built_in_processors(&opened.folder, &cancel);
    let with_built_ins = (Arc::clone(&opened), &built_ins);
    let mut prepared = prepare(&jobs[1], with_built_ins, render, 1, &cancel).unwrap();
    let mut claimed = 0;
    let mut decide = |prepared: &mut Prepared| {
        let mut claim = |_| {
            claimed += 1;
            Claim::Make
        };
        match batch.decider.decide_prepared(&jobs[1], prepared, &mut claim) {
            Decision::Do(way) => (way, claimed),
            _ => panic!("it is to be done"),
        }
    };
    assert!(matches!(decide(&mut prepared), (Way::Copy(_), 1)));
    let traits = ProcessorTraits { repeatable: false, ..ProcessorTraits::BUILT_IN };
    let processors = &Unlike { name: "generator", traits };
    let compiled = compile(&song(), &CompileConfig { audio: &opened.audio, processors });
    prepared.plan = Arc::new(compiled.unwrap());
    assert!(matches!(decide(&mut prepared), (Way::Render, 1)));
    let (status, source, _) = batch.make(&jobs[1], &prepared, Way::Render).unwrap();
    assert_eq!(status, JobStatus::Rendered);
    assert!(source.made.warnings[0].starts_with("tracks/a/inserts/tone: generator does not"));
}
