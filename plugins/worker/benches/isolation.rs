//! What a process of its own costs a plug-in: a chain of four light LV2 effects (mda) in workers and in
//! this process, by processor time; and how long a block takes there and back.
//!
//! The worker is the one that was built: `cargo build --release -p wavemill`, and then
//! `cargo bench -p wavemill-plugin-worker --features bench,lv2 --bench isolation`.
#![allow(unsafe_code)] // Asking for the processor time of processes that have ended.
#![allow(clippy::expect_used, clippy::panic)] // A bench that cannot start has nothing to tell.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wavemill_core::job::CancelToken;
use wavemill_core::math::random::Random;
use wavemill_core::process::{
    ControlSet, InstanceSetup, LaneBlock, PluginChoice, PluginRequest, Prepare, ProcessContext,
    Processor, ProcessorFactory, ProcessorLibrary, Stage,
};
use wavemill_core::session::{PluginFormat, PluginSlot, Session};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples, SignatureMap, TempoMap, frame_count};
use wavemill_media::folder::SessionFolder;
use wavemill_plugin_worker::in_process::InProcess;
use wavemill_plugins::run::message::{Command, Reply};
use wavemill_plugins::run::{
    HostOptions, Isolation, Layout, PluginLibrary, Region, Shape, Stay, Waited,
};
use wavemill_plugins::{
    Bundle, BundleReport, Catalogue, ScanOptions, ScanProgress, WorkerProgram, scan,
};

const BUNDLE: &str = "/usr/lib/lv2/mda.lv2";
const CHAIN: [&str; 4] = ["Dynamics", "Limiter", "Overdrive", "Stereo"];
const RATE_HZ: u32 = 48_000;
const BLOCK: u32 = 512;
/// What is measured is the difference between a long and a short run: neither has what it costs to
/// start.
const SECONDS: [usize; 2] = [30, 330];
const TIMES: usize = 5;

fn main() {
    if !Path::new(BUNDLE).exists() {
        println!("'{BUNDLE}' is not installed (Debian: mda-lv2); nothing is measured");
        return;
    }
    let worker = worker();
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var("WAVEMILL_PLUGIN_WORKER", &worker) };
    let place = tempfile::tempdir().expect("a folder");
    let each = library(&place.path().join("each"), Isolation::Instance);
    let one = library(&place.path().join("one"), Isolation::Chain);
    let noise = noise();
    let mut inside = Vec::new();
    let cases: [(&str, &PluginLibrary, Prepared); 3] = [
        ("a worker for each, one by one:", &each, prepared_apart),
        ("a worker for each, as rendered:", &each, prepared_together),
        ("one for the chain, as rendered:", &one, prepared_together),
    ];
    let mut isolated = cases.map(|_| Vec::new());
    for _ in 0..TIMES {
        for ((_, library, prepared), times) in cases.iter().zip(&mut isolated) {
            times.push(longer(|seconds| run_isolated(library, &noise, seconds, *prepared)));
        }
        inside.push(longer(|seconds| run_inside(&noise, seconds)));
    }
    let inside = median(inside);
    let seconds = SECONDS[1] - SECONDS[0];
    println!("chain of {} LV2 effects, {seconds} s in blocks of {BLOCK}:", CHAIN.len());
    println!("  in this process: {inside:.3} s of processor time");
    for ((name, ..), times) in cases.iter().zip(isolated) {
        let time = median(times);
        println!("  {name} {time:.3} s, ratio {:.3}", time / inside);
    }
    for (name, pause) in [("one after the other", 0), ("every 2.67 ms", 2_667)] {
        let mut times = round_trips(Duration::from_micros(pause));
        times.sort_unstable();
        let at = |share: f64| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A place in it.
            let place = ((times.len() - 1) as f64 * share) as usize;
            times[place].as_secs_f64() * 1e6
        };
        println!(
            "round trip of 128 frames, {name}: median {:.1} us, p99 {:.1} us, worst {:.1} us",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

/// The worker, in the folder above this program's.
fn worker() -> PathBuf {
    let here = std::env::current_exe().expect("this program has a place");
    let folder = here.parent().and_then(Path::parent).expect("it is in a folder of a build");
    folder.join("wavemill-plugin-worker")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Seconds of processor time that the longer of two runs takes more than the shorter.
fn longer(run: impl Fn(usize)) -> f64 {
    let [short, long] = SECONDS.map(|seconds| {
        let before = processor_seconds();
        run(seconds);
        processor_seconds() - before
    });
    long - short
}

/// Processor time of this process and of those it has started that have ended.
fn processor_seconds() -> f64 {
    let of = |who| {
        // SAFETY: all zeros are a value of it, and it is filled.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(who, &raw mut usage);
            usage
        };
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
        seconds(usage.ru_utime) + seconds(usage.ru_stime)
    };
    of(libc::RUSAGE_SELF) + of(libc::RUSAGE_CHILDREN)
}

/// A second of stereo noise by block, `[frame][channel]`.
fn noise() -> Vec<Vec<f32>> {
    let random = Random::new(1, 1);
    let block = |index: u64| {
        let from = index * 2 * u64::from(BLOCK);
        (from..from + 2 * u64::from(BLOCK)).map(|at| random.bipolar_f32(at) * 0.5).collect()
    };
    (0..u64::from(RATE_HZ / BLOCK)).map(block).collect()
}

fn blocks(seconds: usize) -> usize {
    seconds * RATE_HZ as usize / BLOCK as usize
}

struct Quiet;

impl ScanProgress for Quiet {
    fn bundle(&self, _: &BundleReport, _: bool, _: usize, _: usize) {}
}

fn library(place: &Path, isolation: Isolation) -> PluginLibrary {
    std::fs::create_dir_all(place).expect("a folder");
    let catalogue = Catalogue::open(&place.join("catalogue")).expect("a catalogue");
    let bundle = Bundle { path: PathBuf::from(BUNDLE), format: PluginFormat::Lv2 };
    let options = ScanOptions { jobs: 1, rescan: false, time_limit: Duration::from_secs(30) };
    let program = WorkerProgram::find().expect("the worker");
    scan(&[bundle], &catalogue, &program, &options, &Quiet, &CancelToken::default())
        .expect("a scan");
    let session = Session::new("bench", SampleRate::new(RATE_HZ).expect("a rate"));
    let folder = SessionFolder::create(&place.join("session"), &session, false);
    PluginLibrary::new(
        catalogue,
        folder.expect("a session"),
        HostOptions { isolation, ..HostOptions::default() },
    )
}

fn id(name: &str) -> String {
    format!("http://drobilla.net/plugins/mda/{name}")
}

/// What makes processors of stages.
type Prepared = fn(&[Stage<'_>]) -> Vec<Box<dyn Processor>>;

fn run_isolated(library: &PluginLibrary, noise: &[Vec<f32>], seconds: usize, prepared: Prepared) {
    let rate = SampleRate::new(RATE_HZ).expect("a rate");
    let tempo = Arc::new(TempoMap::new(&[], rate).expect("no tempo is 120 bpm"));
    let plugins: Vec<_> = CHAIN.iter().map(|name| plugin(library, name)).collect();
    let stages = plugins.iter().map(|(factory, instances)| {
        let max_frames = BLOCK as usize;
        let prepare = Prepare { rate, max_frames, channels: 2, tempo: &tempo, instances };
        Stage { factory: factory.as_ref(), prepare }
    });
    let mut chain = prepared(&stages.collect::<Vec<_>>());
    let mut audio = vec![0.0; 2 * BLOCK as usize];
    for index in 0..blocks(seconds) {
        audio.copy_from_slice(&noise[index % noise.len()]);
        for processor in &mut chain {
            let mut context = ProcessContext {
                time: frame_count(index * BLOCK as usize),
                audio: LaneBlock::new(&mut audio, 2),
                sidechains: &[],
                outputs: &mut [],
                events: &[],
                event_outputs: &mut [],
                level: SimdLevel::SCALAR,
            };
            processor.process(&mut context).expect("it runs");
        }
    }
}

/// Each by itself.
fn prepared_apart(stages: &[Stage<'_>]) -> Vec<Box<dyn Processor>> {
    let prepare =
        |stage: &Stage<'_>| stage.factory.prepare(&stage.prepare).expect("it is prepared");
    stages.iter().map(prepare).collect()
}

/// As the offline scheduler has them run.
fn prepared_together(stages: &[Stage<'_>]) -> Vec<Box<dyn Processor>> {
    let chain = stages[0].factory.prepare_chain(stages).expect("it is prepared");
    let chain = chain.expect("plug-ins that are known run together");
    assert_eq!(chain.stages, stages.len());
    vec![chain.processor]
}

fn plugin(library: &PluginLibrary, name: &str) -> (Arc<dyn ProcessorFactory>, [InstanceSetup; 1]) {
    let rate = SampleRate::new(RATE_HZ).expect("a rate");
    let signatures = SignatureMap::new(&[]).expect("no signature is four quarters");
    let slot = PluginSlot {
        format: PluginFormat::Lv2,
        id: id(name),
        name: name.to_owned(),
        vendor: String::new(),
        version: String::new(),
        state_sha256: None,
        mpe: false,
    };
    let node = format!("tracks/a/inserts/{name}");
    let request = PluginRequest {
        slot: &slot,
        node: &node,
        rate,
        block: BLOCK,
        signatures: &signatures,
        content_end: Samples(0),
    };
    let factory = match library.plugin(&request) {
        Ok(PluginChoice::Runs(factory)) => factory,
        Ok(_) => panic!("{name} does not run"),
        Err(what) => panic!("{name} cannot be had: {what}"),
    };
    let none = std::iter::empty();
    let values = factory.spec().resolve(None, none).expect("nothing is set");
    let controls = ControlSet::new(values, Vec::new());
    let instance = InstanceSetup { node, controls, seed: 0, sidechained: false };
    (factory, [instance])
}

fn run_inside(noise: &[Vec<f32>], seconds: usize) {
    let open = |name: &&str| {
        let plugin = (Path::new(BUNDLE), id(name));
        InProcess::open(PluginFormat::Lv2, (plugin.0, &plugin.1), RATE_HZ, BLOCK).expect("it opens")
    };
    let mut chain: Vec<InProcess> = CHAIN.iter().map(open).collect();
    let mut channels = [vec![0.0; BLOCK as usize], vec![0.0; BLOCK as usize]];
    let mut out = vec![0.0; 2 * BLOCK as usize];
    for index in 0..blocks(seconds) {
        let [left, right] = &mut channels;
        let frames = noise[index % noise.len()].as_chunks::<2>().0.iter();
        for (frame, (left, right)) in frames.zip(left.iter_mut().zip(right)) {
            (*left, *right) = (frame[0], frame[1]);
        }
        for plugin in &mut chain {
            plugin.process(&mut channels).expect("it runs");
        }
        let [left, right] = &channels;
        for (frame, (left, right)) in
            out.as_chunks_mut::<2>().0.iter_mut().zip(left.iter().zip(right))
        {
            *frame = [*left, *right];
        }
        std::hint::black_box(&out);
    }
}

/// Times of blocks of 128 frames from here to a worker and back, with a pause between two.
fn round_trips(pause: Duration) -> Vec<Duration> {
    let mut worker = Program::new(worker())
        .arg("run")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a worker");
    let shape = Shape { block: 128, blocks: 1, inputs: 2, outputs: 2, events: 0 };
    let region = activate(&mut worker, shape);
    let mut times = Vec::new();
    for request in 1..=5_000_u32 {
        std::thread::sleep(pause);
        for channel in 0..2 {
            region.write_input(channel, 0, [0.25; 128].into_iter());
        }
        let start = Instant::now();
        let stay = Stay::here();
        region.set_processor(stay.as_ref().map(Stay::processor));
        region.ask(request);
        while region.wait_for_reply(request - 1, Duration::from_secs(1)) == Waited::TooLate {}
        drop(stay);
        times.push(start.elapsed());
    }
    worker.kill().expect("it ends");
    worker.wait().expect("it ends");
    times
}

fn activate(worker: &mut Child, shape: Shape) -> Region {
    let commands = [
        Command::Open {
            instance: 0,
            format: PluginFormat::Lv2,
            path: BUNDLE.to_owned(),
            id: id("Stereo"),
        },
        Command::Activate {
            instance: 0,
            sample_rate_hz: RATE_HZ,
            offline: false,
            mpe: false,
            values: Vec::new(),
            shape,
        },
    ];
    let input = worker.stdin.as_mut().expect("it is piped");
    for command in &commands {
        let mut line = serde_json::to_vec(command).expect("JSON");
        line.push(b'\n');
        input.write_all(&line).expect("it listens");
    }
    let process = worker.id();
    let lines = BufReader::new(worker.stdout.as_mut().expect("it is piped")).lines();
    let memory = lines
        .map(|line| serde_json::from_str(&line.expect("a line")).expect("a reply"))
        .find_map(|reply| match reply {
            Reply::Active { memory, .. } => Some(memory),
            _ => None,
        });
    let path = format!("/proc/{process}/fd/{}", memory.expect("it is activated"));
    let file = std::fs::File::options().read(true).write(true).open(path).expect("its memory");
    Region::map(&file, Layout::new(shape).expect("a shape")).expect("its memory")
}
