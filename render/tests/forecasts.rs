//! What a batch is said to do is what it does: over fresh, half-done and changed outputs, files of
//! somebody else's, edited and broken sessions, with and without a store, verification, force and
//! a limit of memory.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Tests fail by panicking.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use wavemill_core::job::CancelToken;
use wavemill_core::simd::SimdLevel;
use wavemill_render::batch::{
    BatchConfig, BatchProgress, Forecast, Job, JobEnd, JobStatus, Manifest, Places, Results, jobs,
    preview, run,
};
use wavemill_render::store::Store;

/// Six jobs of two sessions, which are equal: `a`, `b` and `other` give the same file.
const JOBS: &str = r#"{"defaults": {"tail": "none", "to": "0.02s"}, "jobs": [
    {"session": "song", "output": "song-{variant}.wav", "variants": [
        {"name": "a", "ops": [{"op": "set_volume", "track": "keys", "volume_db": -3}]},
        {"name": "b", "ops": [{"op": "set_volume", "track": "keys", "volume_db": -9},
                              {"op": "set_volume", "track": "keys", "volume_db": -3}]},
        {"name": "long", "ops": [{"op": "add_insert", "track": "keys", "processor": "delay",
                                  "parameters": {"time_ms": 2000}}]},
        {"name": "odd", "ops": [{"op": "set_pan", "track": "solo", "pan": 0.5}]}]},
    {"session": "beat", "output": "{index}.wav", "variants": [
        {"name": "other", "ops": [{"op": "set_volume", "track": "keys", "volume_db": -3}]},
        {"name": "plain", "ops": []}]}]}"#;

const COUNT: usize = 6;

fn session(folder: &Path, name: &str, tracks: &[&str]) {
    let track = |id: &&str| {
        format!(
            r#"{{"id": "{id}", "name": "{id}", "kind": "instrument", "inserts": [{{"id": "tone",
            "processor": "tone"}}], "clips": [{{"id": "{id}-clip", "content": {{"notes": [{{"at": 0,
            "length": 15360, "key": 69}}]}}, "start": {{"ticks": 0}}, "length": {{"ticks":
            15360}}}}]}}"#
        )
    };
    let tracks: Vec<String> = tracks.iter().map(track).collect();
    let text = format!(
        r#"{{"format": "wavemill-session", "version": 1, "name": "{name}", "sample_rate": 48000,
        "tracks": [{}]}}"#,
        tracks.join(", ")
    );
    fs::create_dir_all(folder.join(name)).unwrap();
    fs::write(folder.join(name).join("session.json"), text).unwrap();
}

/// What happens to an output between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    Nothing,
    Gone,
    CutShort,
    /// Other content of the same length.
    Replaced,
    /// The same, with the time of change as it was: only reading it tells.
    Forged,
    /// The same content, changed later.
    Copied,
    /// Something that was never the batch's.
    Foreign,
}

impl Touch {
    fn apply(self, path: &Path) {
        let bytes = fs::read(path).ok();
        let modified = fs::metadata(path).and_then(|found| found.modified()).ok();
        let write = |bytes: &[u8], later: u64| {
            fs::write(path, bytes).unwrap();
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(modified.unwrap() + Duration::from_secs(later)).unwrap();
        };
        match (self, bytes) {
            (Self::Foreign, _) => fs::write(path, "somebody's").unwrap(),
            (Self::Nothing, _) | (_, None) => {}
            (Self::Gone, Some(_)) => fs::remove_file(path).unwrap(),
            (Self::CutShort, Some(bytes)) => fs::write(path, &bytes[..100]).unwrap(),
            (Self::Copied, Some(bytes)) => write(&bytes, 5),
            (Self::Replaced | Self::Forged, Some(mut bytes)) => {
                *bytes.last_mut().unwrap() ^= 1;
                write(&bytes, if self == Self::Replaced { 5 } else { 0 });
            }
        }
    }
}

/// What happens to the session `song`.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Nothing,
    /// `odd` fits it from now on, and all of its files are other ones.
    Track,
    Broken,
    Missing,
}

#[derive(Clone, Debug)]
struct Case {
    /// The jobs that were run before, `None` for none at all.
    before: BTreeSet<usize>,
    touches: Vec<Touch>,
    edit: Edit,
    /// A run between that fails where it can, of a broken session.
    failed_between: bool,
    store_before: bool,
    store: bool,
    verify: bool,
    force: bool,
    little_memory: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let touch = prop_oneof![
        5 => Just(Touch::Nothing),
        2 => Just(Touch::Gone),
        1 => Just(Touch::CutShort),
        1 => Just(Touch::Replaced),
        1 => Just(Touch::Forged),
        1 => Just(Touch::Copied),
        1 => Just(Touch::Foreign),
    ];
    let edit = prop_oneof![
        4 => Just(Edit::Nothing),
        2 => Just(Edit::Track),
        1 => Just(Edit::Broken),
        1 => Just(Edit::Missing),
    ];
    let before = prop::collection::btree_set(0..COUNT, 0..=COUNT);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let rest = (edit, flags, any::<bool>());
    (before, prop::collection::vec(touch, COUNT), rest).prop_map(|(before, touches, rest)| {
        let (edit, (failed_between, store_before, store, verify, force), little_memory) = rest;
        Case {
            before,
            touches,
            edit,
            failed_between,
            store_before,
            store,
            verify,
            force,
            little_memory,
        }
    })
}

/// How each job ended, by its number.
#[derive(Default)]
struct Ends(Mutex<BTreeMap<usize, Forecast>>);

impl BatchProgress for Ends {
    fn frames(&self, _: &Job, _: u64, _: u64) {}

    fn ended(&self, job: &Job, end: JobEnd<'_>) {
        let end = match end {
            JobEnd::Open => return,
            JobEnd::Skipped => Forecast::Skip,
            JobEnd::Recorded(record) => match record.status {
                JobStatus::Rendered => Forecast::Render,
                JobStatus::Served => Forecast::Serve,
                JobStatus::Copied => Forecast::Copy,
                JobStatus::Failed => Forecast::Fail,
            },
        };
        self.0.lock().unwrap().insert(job.index, end);
    }
}

struct Shop {
    folder: tempfile::TempDir,
    jobs: Vec<Job>,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["song", "beat"] {
            session(folder.path(), name, &["keys"]);
        }
        let places = Places { sessions: folder.path(), outputs: folder.path() };
        let jobs = jobs(Manifest::parse(JOBS).unwrap(), places).unwrap();
        Self { folder, jobs }
    }

    fn results(&self) -> Results {
        Results::look_at(&self.folder.path().join("r.jsonl")).unwrap()
    }

    fn store(&self, wanted: bool) -> Option<Store> {
        let open = || Store::open(&self.folder.path().join("store"), 1 << 30).unwrap();
        wanted.then(open)
    }

    fn forecast(&self, config: BatchConfig<'_>, store: bool) -> BTreeMap<usize, (Forecast, u64)> {
        let store = self.store(store);
        let cancel = CancelToken::default();
        let previews = preview(&self.jobs, config, store.as_ref(), self.results(), &cancel);
        let told = previews.unwrap().into_iter();
        told.map(|told| (told.job, (told.forecast, told.memory_mib.unwrap_or(0)))).collect()
    }

    fn run(&self, jobs: &[Job], config: BatchConfig<'_>, store: bool) -> BTreeMap<usize, Forecast> {
        let (store, ends) = (self.store(store), Ends::default());
        let results = self.results().begin().unwrap();
        run(jobs, config, store.as_ref(), results, &ends, &CancelToken::default()).unwrap();
        ends.0.into_inner().unwrap()
    }

    fn edit(&self, edit: Edit) {
        let document = self.folder.path().join("song/session.json");
        match edit {
            Edit::Nothing => {}
            Edit::Track => session(self.folder.path(), "song", &["keys", "solo"]),
            Edit::Broken => fs::write(document, "{").unwrap(),
            Edit::Missing => fs::remove_file(document).unwrap(),
        }
    }
}

fn config() -> BatchConfig<'static> {
    BatchConfig {
        threads: 1,
        concurrent: None,
        memory_bytes: None,
        block: 256,
        processors: &wavemill_render::built_in_processors,
        level: SimdLevel::detect(),
        overwrite: false,
        fail_fast: false,
        verify: false,
    }
}

/// Forecasts, runs, and compares; how the jobs ended.
fn compare(case: &Case) -> BTreeMap<usize, Forecast> {
    let shop = Shop::new();
    let before: Vec<Job> = case.before.iter().map(|place| shop.jobs[*place].clone()).collect();
    shop.run(&before, config(), case.store_before);
    if case.failed_between {
        let document = shop.folder.path().join("song/session.json");
        let whole = fs::read(&document).unwrap();
        shop.edit(Edit::Broken);
        shop.run(&before, config(), case.store_before);
        fs::write(document, whole).unwrap();
    }
    for (job, touch) in shop.jobs.iter().zip(&case.touches) {
        // Without being verified, what only reading would tell is found out where it is copied.
        if *touch != Touch::Forged || case.verify {
            touch.apply(&job.output);
        }
    }
    shop.edit(case.edit);
    let mut config = BatchConfig { verify: case.verify, overwrite: case.force, ..config() };
    if case.little_memory {
        let least = shop.forecast(config, false).into_values().map(|(_, mib)| mib);
        config.memory_bytes = least.filter(|mib| *mib > 0).min().map(|mib| mib << 20);
    }
    let forecast = shop.forecast(config, case.store);
    let forecast: BTreeMap<usize, Forecast> =
        forecast.into_iter().map(|(job, (forecast, _))| (job, forecast)).collect();
    let foreign: Vec<_> = shop.jobs.iter().map(|job| fs::read(&job.output).ok()).collect();
    let ended = shop.run(&shop.jobs, config, case.store);
    assert_eq!(forecast, ended, "{case:?}");
    for (job, before) in shop.jobs.iter().zip(foreign) {
        if before.as_deref() == Some(b"somebody's") && !case.force {
            assert_eq!(fs::read(&job.output).unwrap(), b"somebody's", "{}", job.name);
        }
    }
    // All that can be done is done now.
    let again = shop.run(&shop.jobs, config, case.store);
    for (job, end) in &ended {
        let expected = if *end == Forecast::Fail { Forecast::Fail } else { Forecast::Skip };
        assert_eq!(again[job], expected, "{job} of {case:?}");
    }
    ended
}

fn plain() -> Case {
    Case {
        before: BTreeSet::new(),
        touches: vec![Touch::Nothing; COUNT],
        edit: Edit::Nothing,
        failed_between: false,
        store_before: false,
        store: false,
        verify: false,
        force: false,
        little_memory: false,
    }
}

/// The cases in which forecast and run differed once, and what both have to say.
#[test]
fn each_kind_of_case_is_forecast_as_it_ends() {
    use Forecast::{Copy, Fail, Render, Serve, Skip};
    let at = |place: usize, touch: Touch| {
        let mut touches = vec![Touch::Nothing; COUNT];
        touches[place] = touch;
        touches
    };
    let all: BTreeSet<usize> = (0..COUNT).collect();
    let ends = |case: Case| compare(&case).into_values().collect::<Vec<_>>();
    assert_eq!(ends(plain()), [Render, Copy, Render, Fail, Copy, Render]);
    // `a` is done: what gives the same is copied from it.
    let half = Case { before: [0, 5].into(), ..plain() };
    assert_eq!(ends(half.clone()), [Skip, Copy, Render, Fail, Copy, Skip]);
    let served = Case { store_before: true, store: true, ..half.clone() };
    let gone = Case { touches: at(5, Touch::Gone), ..served };
    assert_eq!(ends(gone), [Skip, Copy, Render, Fail, Copy, Serve]);
    let tight = Case { little_memory: true, ..half };
    assert_eq!(ends(tight), [Skip, Copy, Fail, Fail, Copy, Skip]);
    let done = Case { before: all, ..plain() };
    let forged = Case { touches: at(2, Touch::Forged), verify: true, ..done.clone() };
    assert_eq!(ends(forged.clone()), [Skip, Skip, Fail, Fail, Skip, Skip]);
    let forced = Case { force: true, ..forged };
    assert_eq!(ends(forced), [Skip, Skip, Render, Fail, Skip, Skip]);
    let copied = Case { touches: at(2, Touch::Copied), ..done.clone() };
    assert_eq!(ends(copied), [Skip, Skip, Skip, Fail, Skip, Skip]);
    let foreign = Case { touches: at(5, Touch::Foreign), ..done.clone() };
    assert_eq!(ends(foreign), [Skip, Skip, Skip, Fail, Skip, Fail]);
    let edited = Case { edit: Edit::Track, ..done };
    assert_eq!(ends(edited), [Render, Copy, Render, Render, Skip, Skip]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_forecast_is_what_a_run_then_reports(case in cases()) {
        compare(&case);
    }
}
