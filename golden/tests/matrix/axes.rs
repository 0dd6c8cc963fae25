//! The axes of the matrix: ways to render one plan that must give one hash.

use std::sync::Arc;

use tempfile::TempDir;
use wavemill_core::execute::{Executor, SegmentConfig};
use wavemill_core::graph::Plan;
use wavemill_core::math::random::Random;
use wavemill_core::process::ProcessorLibrary;
use wavemill_core::simd::SimdLevel;
use wavemill_golden::{Case, render_plan};
use wavemill_render::{MixHasher, RenderConfig};

/// A way to vary a render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// The same again, from a fresh plan.
    Repeats,
    /// Thread counts.
    Jobs,
    /// Block sizes.
    Blocks,
    /// Blocks of random sizes.
    Splits,
    /// SIMD levels this CPU has.
    Levels,
}

impl Axis {
    pub const ALL: [Self; 5] =
        [Self::Repeats, Self::Jobs, Self::Blocks, Self::Splits, Self::Levels];
}

/// A case on disk with its plan.
pub struct Subject<'a> {
    pub case: Case,
    folder: TempDir,
    library: &'a dyn ProcessorLibrary,
    plan: Arc<Plan>,
    reference: String,
}

const REFERENCE: RenderConfig = RenderConfig { jobs: 1, block: 256, level: SimdLevel::SCALAR };

impl<'a> Subject<'a> {
    pub fn new(case: Case, library: &'a dyn ProcessorLibrary) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        case.write(folder.path()).expect("the case is written");
        let plan = case.plan(folder.path(), library).expect("the case compiles");
        let samples = render_plan(&plan, case.frames, REFERENCE).expect("the case renders");
        assert!(samples.iter().any(|sample| sample.abs() > 0.01), "the case is silent");
        Self { case, folder, library, plan, reference: hash(&samples) }
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub fn reference(&self) -> String {
        self.reference.clone()
    }

    pub fn frames(&self) -> usize {
        usize::try_from(self.case.frames).expect("short")
    }

    fn render(&self, config: RenderConfig) -> String {
        hash(&render_plan(&self.plan, self.case.frames, config).expect("the case renders"))
    }

    /// Blocks of random sizes through the in-order executor.
    fn split(&self, seed: u64) -> String {
        let config = SegmentConfig { max_frames: 700, level: SimdLevel::SCALAR, chains: false };
        let mut executor = Executor::new(Arc::clone(&self.plan), config).expect("starts");
        let latency = usize::try_from(self.plan.latency.0).expect("positive");
        let mut out = vec![0.0; 2 * (self.frames() + latency)];
        let random = Random::new(seed, 0);
        let mut done = 0;
        for position in 0.. {
            let size = 1 + usize::try_from(random.bits(position) % 700).expect("small");
            let end = out.len().min(done + 2 * size);
            executor.run_block(&mut out[done..end]).expect("runs");
            done = end;
            if done == out.len() {
                break;
            }
        }
        hash(&out[2 * latency..])
    }
}

pub fn hash(samples: &[f32]) -> String {
    let mut hasher = MixHasher::default();
    hasher.update(samples);
    hasher.finish().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Renders `subject` along `axes` and names every way that gave another hash than the reference.
pub fn disagreements(subject: &Subject<'_>, axes: &[Axis]) -> Vec<String> {
    let mut ways: Vec<(String, String)> = Vec::new();
    for axis in axes {
        match axis {
            Axis::Repeats => {
                let plan = subject.case.plan(subject.folder.path(), subject.library);
                let plan = plan.expect("the case compiles");
                let again = render_plan(&plan, subject.case.frames, REFERENCE).expect("renders");
                ways.push(("repeated".to_owned(), hash(&again)));
            }
            Axis::Jobs => ways.extend([1, 2, 7].map(|jobs| {
                let config = RenderConfig { jobs, ..REFERENCE };
                (format!("jobs {jobs}"), subject.render(config))
            })),
            Axis::Blocks => ways.extend([1, 16, 64, 127, 512, 4_096].map(|block| {
                let config = RenderConfig { block, jobs: 2, ..REFERENCE };
                (format!("block {block}"), subject.render(config))
            })),
            Axis::Splits => ways.extend(
                [3, 4].map(|seed| (format!("random blocks, seed {seed}"), subject.split(seed))),
            ),
            Axis::Levels => ways.extend(SimdLevel::available().into_iter().map(|level| {
                let config = RenderConfig { level, ..REFERENCE };
                (format!("level {level}"), subject.render(config))
            })),
        }
    }
    let differing = ways.into_iter().filter(|(_, hash)| *hash != subject.reference);
    differing.map(|(way, _)| way).collect()
}

/// Runs the ignored test `name` of this program in two child processes: as it is, and with the C
/// library told that the CPU has neither FMA nor AVX2. `None`, and a word why, where there is
/// nothing to tell: the CPU has neither. Where the C library cannot be told, that is a failure
/// under `ci/test` unless it is allowed.
pub fn in_children(name: &str) -> Option<(String, String)> {
    if !cfg!(target_arch = "x86_64") {
        println!("not run: this CPU is no x86-64");
        return None;
    }
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        let refused =
            std::env::var_os("WAVEMILL_TEST_SKIPS").is_some_and(|skips| skips == "refuse");
        assert!(!refused, "not run: no glibc here; WAVEMILL_TEST_SKIPS=allow goes on without it");
        println!("not run: no glibc here");
        return None;
    }
    #[cfg(target_arch = "x86_64")]
    if !std::arch::is_x86_feature_detected!("fma") {
        println!("not run: this CPU has no FMA to hide");
        return None;
    }
    let run = |tunables: Option<&str>| {
        let program = std::env::current_exe().expect("this test has a path");
        let mut child = std::process::Command::new(program);
        child.args([name, "--exact", "--ignored", "--nocapture"]).env_remove("GLIBC_TUNABLES");
        if let Some(tunables) = tunables {
            child.env("GLIBC_TUNABLES", tunables);
        }
        let output = child.output().expect("the child runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let words: Vec<&str> = text.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "hash");
        at.and_then(|at| words.get(at + 1)).expect("the child printed its hash").to_string()
    };
    Some((run(None), run(Some("glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"))))
}
