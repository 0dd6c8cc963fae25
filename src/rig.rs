//! Test rig: sessions from a few words, processors with a known latency, and whole renders.

mod note_effect;

use std::sync::{Arc, Mutex};

use crate::audio::{MemoryLibrary, MemorySource};
use crate::execute::{Executor, SegmentConfig};
use crate::graph::{CompileConfig, CompileError, Plan, PlanOutputs, compile_outputs};
use crate::process::{
    AudioPort, ControlSet, ParameterKind, ParameterSpec, Prepare, PrepareError, ProcessContext,
    ProcessFault, Processor, ProcessorFactory, ProcessorLibrary, ProcessorSpec, ProcessorTraits,
    StateError, StateReader, StateWriter, Unit,
};
use crate::session::{
    AudioContent, ChannelLayout, Clip, ClipContent, ClipId, Fade, Insert, InsertId, OutputTarget,
    ParameterValue, Send, SendId, Session, Sidechain, Tap, TimeValue, Track, TrackId, TrackKind,
};
use crate::simd::SimdLevel;
use crate::time::{SampleRate, Samples};

/// The rate of test sessions.
pub(crate) const RATE: u32 = 48_000;

/// A session, its audio, and the processors it may use.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) session: Session,
    pub(crate) audio: MemoryLibrary,
    pub(crate) processors: Processors,
}

pub(crate) fn track_id(id: &str) -> TrackId {
    TrackId::new(id).expect("test ids are valid")
}

impl Rig {
    pub(crate) fn new() -> Self {
        let rate = SampleRate::new(RATE).expect("a valid rate");
        Self {
            session: Session::new("test", rate),
            audio: MemoryLibrary::default(),
            processors: Processors::default(),
        }
    }

    /// Adds a track; audio tracks play nothing yet.
    pub(crate) fn track(&mut self, id: &str, kind: TrackKind, layout: ChannelLayout) -> &mut Track {
        let mut track = Track::new(track_id(id), id, kind);
        track.layout = layout;
        self.session.tracks.push(track);
        self.get(id)
    }

    pub(crate) fn get(&mut self, id: &str) -> &mut Track {
        let found = self.session.tracks.iter_mut().find(|track| track.id.as_str() == id);
        found.expect("the test named a track it made")
    }

    /// Adds a stereo audio track that plays `samples` (mono material, on both sides) from the start.
    pub(crate) fn plays(&mut self, id: &str, samples: &[f32]) -> &mut Track {
        let rate = self.session.sample_rate;
        let stereo: Vec<f32> = samples.iter().flat_map(|sample| [*sample, *sample]).collect();
        self.audio.insert(id, MemorySource::new(&stereo, 2, rate));
        let clip = clip(id, 0, samples.len());
        let track = self.track(id, TrackKind::Audio, ChannelLayout::Stereo);
        track.clips.push(clip);
        track
    }

    pub(crate) fn compile(&self) -> Result<Arc<Plan>, CompileError> {
        self.compile_outputs(&PlanOutputs::MIX)
    }

    pub(crate) fn compile_outputs(&self, outputs: &PlanOutputs) -> Result<Arc<Plan>, CompileError> {
        let config = CompileConfig { audio: &self.audio, processors: &self.processors };
        compile_outputs(&self.session, &config, outputs).map(Arc::new)
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        self.compile().unwrap_or_else(|error| panic!("the test session compiles: {error}"))
    }

    /// Renders the first `frames` frames of the timeline (latency cut off), in blocks of the given
    /// sizes, repeated.
    pub(crate) fn render_with(
        &self,
        frames: usize,
        blocks: &[usize],
        level: SimdLevel,
    ) -> Vec<f32> {
        let plan = self.plan();
        let latency = usize::try_from(plan.latency.0).expect("latency is positive");
        let max_frames = blocks.iter().copied().max().unwrap_or(1);
        let config = SegmentConfig { max_frames, level, chains: false };
        let mut executor = Executor::new(plan, config).expect("the test plan runs");
        let mut out = vec![0.0; 2 * (frames + latency)];
        let mut rest = out.as_mut_slice();
        for block in blocks.iter().cycle() {
            let (now, later) = rest.split_at_mut((2 * block).min(rest.len()));
            executor.run_block(now).expect("the test plan runs");
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        out.split_off(2 * latency)
    }

    pub(crate) fn render(&self, frames: usize) -> Vec<f32> {
        self.render_with(frames, &[256], SimdLevel::detect())
    }

    /// The left channel of [`Self::render`].
    pub(crate) fn left(&self, frames: usize) -> Vec<f32> {
        self.render(frames).chunks_exact(2).map(|frame| frame[0]).collect()
    }
}

/// A clip that plays the file called `file` from its start.
pub(crate) fn clip(file: &str, start: i64, frames: usize) -> Clip {
    Clip {
        id: ClipId::new(format!("{file}-clip-{start}")).expect("a valid id"),
        name: String::new(),
        content: ClipContent::Audio(AudioContent {
            file: file.to_owned(),
            offset: Samples::ZERO,
            loop_length: None,
            reverse: false,
            stretch: 1.0,
            pitch_semitones: 0.0,
        }),
        start: TimeValue::Samples(Samples(start)),
        length: TimeValue::Samples(Samples(crate::time::frame_count(frames))),
        gain_db: 0.0,
        fade_in: Fade::default(),
        fade_out: Fade::default(),
        mute: false,
        take_lane: None,
    }
}

pub(crate) fn insert(id: &str, processor: &str, parameters: &[(&str, f64)]) -> Insert {
    Insert {
        id: InsertId::new(id).expect("a valid id"),
        processor: processor.to_owned(),
        plugin: None,
        file: None,
        bypass: false,
        preset: None,
        parameters: parameters
            .iter()
            .map(|(id, value)| ((*id).to_owned(), ParameterValue::Number(*value)))
            .collect(),
        sidechain: None,
        sidechains: std::collections::BTreeMap::default(),
        outputs: std::collections::BTreeMap::default(),
    }
}

pub(crate) fn delay(frames: f64) -> Insert {
    insert(&format!("late-{frames}"), "test-delay", &[("frames", frames)])
}

pub(crate) fn send(to: &str, tap: Tap) -> Send {
    Send {
        id: SendId::new(format!("to-{to}")).expect("a valid id"),
        to: track_id(to),
        tap,
        level_db: 0.0,
        pan: 0.0,
        mute: false,
    }
}

pub(crate) fn sidechain(from: &str, tap: Tap) -> Sidechain {
    Sidechain { from: track_id(from), tap }
}

pub(crate) fn to_group(id: &str) -> OutputTarget {
    OutputTarget::Group(track_id(id))
}

/// `test-split` with the latency given and its output `port` routed to the track `to`.
pub(crate) fn split(frames: f64, port: &str, to: &str) -> Insert {
    let mut split = insert("split", "test-split", &[("frames", frames)]);
    split.outputs.insert(port.to_owned(), track_id(to));
    split
}

/// Test processors besides the built-in ones: `test-delay` (a latency it reports), `test-opaque` (the
/// same, and its state is not to be saved), `test-key` (puts
/// out its sidechain instead of its input), `test-keys` (puts out its first sidechain less its
/// second), `test-split` (late like `test-delay`; its output `second` has the opposite of its main
/// output, `third` the same), `test-notes` (see [`note_effect`]) and `test-probe` and
/// `test-rest` (note the blocks they get; the latter rests).
#[derive(Clone, Default)]
pub(crate) struct Processors {
    /// (node time, frames) of every block any probe saw.
    pub(crate) seen: Arc<Mutex<Vec<(i64, usize)>>>,
}

impl ProcessorLibrary for Processors {
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>> {
        let kind = match insert.processor.as_str() {
            "test-delay" => Kind::Delay,
            "test-opaque" => Kind::Opaque,
            "test-key" => Kind::Key,
            "test-keys" => Kind::Keys,
            "test-split" => Kind::Split,
            "test-notes" => return Some(Arc::new(note_effect::NoteEffect::new())),
            "test-probe" => Kind::Probe(Arc::clone(&self.seen)),
            "test-rest" => Kind::Rest(Arc::clone(&self.seen)),
            name => return crate::dsp::built_in(name),
        };
        Some(Arc::new(Factory { spec: kind.spec(), kind }))
    }

    fn names(&self) -> Vec<String> {
        vec!["test-delay".to_owned(), "test-key".to_owned(), "test-probe".to_owned()]
    }
}

#[derive(Clone)]
enum Kind {
    Delay,
    Opaque,
    Key,
    Keys,
    Split,
    Probe(Arc<Mutex<Vec<(i64, usize)>>>),
    Rest(Arc<Mutex<Vec<(i64, usize)>>>),
}

impl Kind {
    fn spec(&self) -> ProcessorSpec {
        let port = |name: &'static str| AudioPort { name: name.into() };
        let (main, side) = (port("main"), port("sidechain"));
        let outputs = match self {
            Self::Split => vec![port("main"), port("second"), port("third")],
            _ => vec![port("main")],
        };
        let frames = ParameterSpec {
            id: "frames".into(),
            name: "Latency".into(),
            kind: ParameterKind::Number { unit: Unit::Ratio, min: 0.0, max: 1e5, default: 0.0 },
            automatable: false,
        };
        let (name, inputs, parameters) = match self {
            Self::Delay => ("test-delay", vec![main], vec![frames]),
            Self::Opaque => ("test-opaque", vec![main], vec![frames]),
            Self::Key => ("test-key", vec![main, side], vec![]),
            Self::Keys => ("test-keys", vec![main, side, port("other")], vec![]),
            Self::Split => ("test-split", vec![main], vec![frames]),
            Self::Probe(_) => ("test-probe", vec![main], vec![]),
            Self::Rest(_) => ("test-rest", vec![main], vec![]),
        };
        ProcessorSpec {
            name: name.into(),
            summary: "for tests".into(),
            version: 1,
            parameters,
            inputs,
            outputs,
            event_inputs: 0,
            event_outputs: 0,
            presets: &[],
            traits: ProcessorTraits {
                checkpointable: !matches!(self, Self::Opaque),
                ..ProcessorTraits::BUILT_IN
            },
        }
    }
}

struct Factory {
    spec: ProcessorSpec,
    kind: Kind,
}

impl ProcessorFactory for Factory {
    fn spec(&self) -> &ProcessorSpec {
        &self.spec
    }

    #[allow(clippy::cast_possible_truncation)] // Whole numbers in tests.
    fn latency(&self, values: &[f64], _rate: SampleRate) -> Samples {
        Samples(values.first().map_or(0, |frames| *frames as i64))
    }

    fn tail(&self, _values: &[f64], _rate: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn structure(&self, _controls: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let lanes = crate::process::padded_lanes(prepare.instances.len() * prepare.channels);
        let lines = prepare.instances.iter().map(|setup| {
            let frames = self.latency(setup.controls.constants(), prepare.rate).0;
            std::collections::VecDeque::from(vec![
                0.0;
                prepare.channels
                    * usize::try_from(frames).unwrap_or(0)
            ])
        });
        Ok(Box::new(Running {
            kind: self.kind.clone(),
            channels: prepare.channels,
            lanes,
            lines: lines.collect(),
        }))
    }
}

struct Running {
    kind: Kind,
    channels: usize,
    lanes: usize,
    lines: Vec<std::collections::VecDeque<f32>>,
}

impl Running {
    /// Fills the outputs of a `test-split` from its main signal.
    fn split(&self, context: &mut ProcessContext<'_>) {
        for (output, sign) in context.outputs.iter_mut().zip([-1.0, 1.0]) {
            let Some(output) = output else { continue };
            let lanes = output.lanes();
            let frames = output.samples().chunks_exact_mut(lanes);
            for (out, main) in frames.zip(context.audio.samples().chunks_exact(self.lanes)) {
                for (lane, out) in out.iter_mut().enumerate().take(2 * self.lines.len()) {
                    let main = main[lane * self.channels / 2];
                    // Outputs are silent until something is written to them.
                    if main != 0.0 {
                        *out = sign * main;
                    }
                }
            }
        }
    }
}

impl Processor for Running {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let (time, frames) = (context.time, context.frames());
        match &self.kind {
            Kind::Delay | Kind::Opaque | Kind::Split => {
                for frame in context.audio.samples().chunks_exact_mut(self.lanes) {
                    for (line, samples) in
                        self.lines.iter_mut().zip(frame.chunks_mut(self.channels))
                    {
                        for sample in samples {
                            line.push_back(*sample);
                            *sample = line.pop_front().unwrap_or(0.0);
                        }
                    }
                }
            }
            Kind::Key | Kind::Keys => {
                let Some(Some(side)) = context.sidechains.first().copied() else { return Ok(()) };
                let other = context.sidechains.get(1).copied().flatten();
                let lanes = self.lines.len() * self.channels;
                for (index, frame) in
                    context.audio.samples().chunks_exact_mut(self.lanes).enumerate()
                {
                    let key = side.range(index, index + 1);
                    let other = other.map(|other| other.range(index, index + 1));
                    for (lane, sample) in frame.iter_mut().enumerate().take(lanes) {
                        let lane = lane * 2 / self.channels;
                        *sample = key[lane] - other.map_or(0.0, |other| other[lane]);
                    }
                }
            }
            Kind::Probe(seen) | Kind::Rest(seen) => {
                seen.lock().expect("no test panicked").push((time, frames))
            }
        }
        if let Kind::Split = self.kind {
            self.split(context);
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        matches!(self.kind, Kind::Rest(_))
    }

    fn reset(&mut self) {
        for line in &mut self.lines {
            line.iter_mut().for_each(|sample| *sample = 0.0);
        }
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        state.numbers(self.lines[instance].iter().map(|sample| f64::from(*sample)));
    }

    #[allow(clippy::cast_possible_truncation)] // They were f32.
    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        for sample in &mut self.lines[instance] {
            *sample = state.number()? as f32;
        }
        Ok(())
    }
}
