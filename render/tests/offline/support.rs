//! Sessions of one voice from a few words, bounced into a scratch folder and read again.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use wavemill_core::audio::{MemoryLibrary, MemorySource};
use wavemill_core::dsp::BuiltIns;
use wavemill_core::graph::{
    CompileConfig, Plan, PlanOutputs, TapPoint, TapRequest, TapSource, compile, compile_outputs,
};
use wavemill_core::job::{CancelToken, NoProgress};
use wavemill_core::process::ProcessorLibrary;
use wavemill_core::session::{
    AudioContent, Clip, ClipContent, ClipId, Fade, Insert, InsertId, ParameterValue, Session,
    TimeValue, Track, TrackId, TrackKind,
};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples};
use wavemill_media::audio::wav::WavEncoding;
use wavemill_render::export::{ExportSpec, FileFormat};
use wavemill_render::stems::{Stem, Stemmed, StemsRequest, stems};
use wavemill_render::store::Store;
use wavemill_render::{BounceRequest, Bounced, Origin, RenderConfig, Tail, bounce};

pub const RATE_HZ: u32 = 48_000;

/// How it is rendered unless a test says otherwise.
pub fn config() -> RenderConfig {
    RenderConfig { jobs: 2, block: 512, level: SimdLevel::detect() }
}

/// A session and the audio it names.
pub struct Song {
    pub session: Session,
    audio: MemoryLibrary,
    /// Makes what its inserts name.
    pub processors: Box<dyn ProcessorLibrary>,
    /// Threads of what is kept.
    pub jobs: usize,
}

pub fn rate() -> SampleRate {
    SampleRate::new(RATE_HZ).unwrap()
}

impl Song {
    pub fn new() -> Self {
        Self {
            session: Session::new("song", rate()),
            audio: MemoryLibrary::default(),
            processors: Box::new(BuiltIns),
            jobs: config().jobs,
        }
    }

    /// A stereo track that plays `samples` on both sides from the start.
    pub fn play(&mut self, id: &str, samples: &[f32], inserts: Vec<Insert>) {
        let stereo: Vec<f32> = samples.iter().flat_map(|sample| [*sample, *sample]).collect();
        self.audio.insert(id, MemorySource::new(&stereo, 2, rate()));
        let mut track = Track::new(TrackId::new(id).unwrap(), id, TrackKind::Audio);
        track.inserts = inserts;
        track.clips.push(clip(id, samples.len()));
        self.session.tracks.push(track);
    }

    fn config(&self) -> CompileConfig<'_> {
        CompileConfig { audio: &self.audio, processors: &*self.processors }
    }

    pub fn plan(&self) -> Arc<Plan> {
        let plan = compile(&self.session, &self.config());
        Arc::new(plan.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Renders what `source` puts out behind its fader with what `folder` keeps as its store.
    pub fn stem_keeping(&self, folder: &Path, source: TapSource) -> Stemmed {
        let store = Store::open(&folder.join("store"), 1 << 30).unwrap();
        let export = ExportSpec {
            overwrite: true,
            ..ExportSpec::plain(&folder.join("stem.wav"), FileFormat::Wav(WavEncoding::Float32))
        };
        let request = StemsRequest {
            stems: vec![Stem { tap: TapRequest { source, point: TapPoint::PostFader }, export }],
            mix: None,
            from: Samples::ZERO,
            to: None,
            tail: Tail::None,
            render: RenderConfig { jobs: self.jobs, ..config() },
        };
        let compile =
            |outputs: &PlanOutputs| compile_outputs(&self.session, &self.config(), outputs);
        let cancel = CancelToken::default();
        let done = stems(&compile, &request, Some(&store), &NoProgress, &cancel);
        done.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Bounces with what `folder` keeps as its store; a remix may take so much memory.
    pub fn bounce_keeping(&self, folder: &Path, budget_bytes: Option<u64>) -> Bounced {
        let store = Store::open(&folder.join("store"), 1 << 30).unwrap();
        let request = BounceRequest {
            export: ExportSpec {
                overwrite: true,
                ..ExportSpec::plain(&folder.join("out.wav"), FileFormat::Wav(WavEncoding::Float32))
            },
            from: Samples::ZERO,
            to: None,
            tail: Tail::None,
            render: RenderConfig { jobs: self.jobs, ..config() },
            digest_chunks: false,
        };
        let compile = |session: &Session| compile(session, &self.config());
        let origin = Origin { session: &self.session, compile: &compile, budget_bytes };
        let cancel = CancelToken::default();
        let done =
            bounce(&self.plan(), &request, Some(&origin), Some(&store), &NoProgress, &cancel);
        done.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Bounces as 32-bit float to a file that is gone afterwards; what came of it, and its
    /// samples, `[frame][2]`.
    pub fn bounce(&self, change: impl FnOnce(&mut BounceRequest)) -> (Bounced, Vec<f32>) {
        let folder = tempfile::tempdir().unwrap();
        let mut request = BounceRequest {
            export: ExportSpec::plain(
                &folder.path().join("out.wav"),
                FileFormat::Wav(WavEncoding::Float32),
            ),
            from: Samples::ZERO,
            to: None,
            tail: Tail::None,
            render: config(),
            digest_chunks: false,
        };
        change(&mut request);
        let bounced =
            bounce(&self.plan(), &request, None, None, &NoProgress, &CancelToken::default());
        let bounced = bounced.unwrap_or_else(|error| panic!("{error}"));
        let mut file = hound::WavReader::open(&request.export.path).unwrap();
        let samples: Vec<f32> = file.samples::<f32>().map(Result::unwrap).collect();
        assert_eq!(samples.len() as u64, 2 * bounced.exported.facts.frames);
        (bounced, samples)
    }
}

/// The sizes of the objects of a kind that `folder` keeps, see [`Song::bounce_keeping`].
pub fn objects(folder: &Path, kind: &str) -> Vec<u64> {
    let mut sizes = Vec::new();
    for part in fs::read_dir(folder.join("store/objects").join(kind)).into_iter().flatten() {
        for file in fs::read_dir(part.unwrap().path()).unwrap() {
            sizes.push(file.unwrap().metadata().unwrap().len());
        }
    }
    sizes
}

/// A clip of the file called `file` from its start.
pub fn clip(file: &str, frames: usize) -> Clip {
    Clip {
        id: ClipId::new(format!("{file}-clip")).unwrap(),
        name: String::new(),
        content: ClipContent::Audio(AudioContent {
            file: file.to_owned(),
            offset: Samples::ZERO,
            loop_length: None,
            reverse: false,
            stretch: 1.0,
            pitch_semitones: 0.0,
        }),
        start: TimeValue::Samples(Samples::ZERO),
        length: TimeValue::Samples(Samples(i64::try_from(frames).unwrap())),
        gain_db: 0.0,
        fade_in: Fade::default(),
        fade_out: Fade::default(),
        mute: false,
        take_lane: None,
    }
}

pub fn insert(processor: &str, parameters: &[(&str, f64)]) -> Insert {
    let number = |(id, value): &(&str, f64)| ((*id).to_owned(), ParameterValue::Number(*value));
    Insert {
        id: InsertId::new(processor).unwrap(),
        processor: processor.to_owned(),
        plugin: None,
        file: None,
        preset: None,
        bypass: false,
        parameters: parameters.iter().map(number).collect(),
        sidechain: None,
        sidechains: Default::default(),
        outputs: Default::default(),
    }
}

/// `frames` of silence but for `impulses` at their frames.
pub fn impulses(frames: usize, impulses: &[(usize, f32)]) -> Vec<f32> {
    let mut samples = vec![0.0; frames];
    for (at, height) in impulses {
        samples[*at] = *height;
    }
    samples
}

/// Where and how high the samples of both sides, which must be equal, are not zero.
pub fn heard(samples: &[f32]) -> Vec<(usize, f32)> {
    for frame in samples.chunks_exact(2) {
        assert_eq!(frame[0], frame[1], "the sides differ");
    }
    let left = samples.iter().step_by(2).copied().enumerate();
    left.filter(|(_, sample)| *sample != 0.0).collect()
}
