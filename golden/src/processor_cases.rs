//! One golden case for every built-in processor, made from its own description, so that a new
//! processor joins by being registered.

use wavemill_core::math::random::Random;
use wavemill_core::process::{ParameterKind, ParameterSpec, ProcessorSpec};
use wavemill_core::session::{
    AudioContent, AutomationLane, AutomationMode, AutomationPoint, AutomationShape,
    AutomationTarget, ChannelLayout, Clip, ClipContent, ClipId, Fade, IdError, Insert, InsertId,
    LaneId, Note, ParameterValue, Session, Sidechain, Tap, TimeValue, Track, TrackId, TrackKind,
};
use wavemill_core::time::{SampleRate, SampleRateError, Samples, Ticks, frame_count};

use crate::case::{Case, CaseFile};

/// Rate of the cases.
const RATE_HZ: u32 = 48_000;
/// Frames of material; the cases render a little more, for tails.
const FRAMES: usize = 6_000;

/// Why a case could not be made: an id or a rate in this crate is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseDefinitionError {
    /// An id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A rate.
    #[error(transparent)]
    Rate(#[from] SampleRateError),
}

/// The cases of all built-in processors, in the registry's order.
///
/// # Errors
/// Where a definition in this crate is wrong.
pub fn processor_cases() -> Result<Vec<Case>, CaseDefinitionError> {
    let names = wavemill_core::dsp::built_in_names().into_iter();
    let specs = names.filter_map(wavemill_core::dsp::spec_of);
    specs.map(processor_case).collect()
}

fn processor_case(spec: &ProcessorSpec) -> Result<Case, CaseDefinitionError> {
    let mut session = Session::new(spec.name.clone(), SampleRate::new(RATE_HZ)?);
    session.seed = 1;
    let kind = if spec.event_inputs > 0 { TrackKind::Instrument } else { TrackKind::Audio };
    let mut track = Track::new(TrackId::new("processed")?, "Processed", kind);
    track.layout = ChannelLayout::Stereo;
    if kind == TrackKind::Instrument {
        track.clips.push(notes()?);
    } else {
        track.clips.push(material("material", "audio/material.wav")?);
    }
    let mut insert = insert("processor", &spec.name)?;
    insert.parameters = spec
        .parameters
        .iter()
        .map(|parameter| (parameter.id.to_string(), setting(parameter)))
        .collect();
    if spec.has_sidechain() {
        let from = TrackId::new("key")?;
        insert.sidechain = Some(Sidechain { from, tap: Tap::PostFader });
        let mut key = Track::new(TrackId::new("key")?, "Key", TrackKind::Audio);
        key.clips.push(material("key-material", "audio/key.wav")?);
        session.tracks.push(key);
    }
    let automated = spec.parameters.iter().filter(|parameter| parameter.automatable);
    track.lanes = automated.map(lane).collect::<Result<_, _>>()?;
    track.inserts.push(insert);
    session.tracks.push(track);
    Ok(Case {
        name: spec.name.to_string(),
        session,
        files: vec![noise("audio/material.wav", 1)?, noise("audio/key.wav", 2)?],
        frames: FRAMES as u64 + 2_000,
    })
}

/// Choices at their last option, so that what is not the default is heard.
fn setting(parameter: &ParameterSpec) -> ParameterValue {
    match &parameter.kind {
        ParameterKind::Number { default, .. } => ParameterValue::Number(*default),
        ParameterKind::Choice { options, default } => {
            let name = options.last().or(options.get(*default)).copied().unwrap_or_default();
            ParameterValue::Choice(name.to_owned())
        }
    }
}

/// From the default towards both ends: a line, a bend and a step.
fn lane(parameter: &ParameterSpec) -> Result<AutomationLane, CaseDefinitionError> {
    let (min, max) = parameter.range();
    let default = parameter.default_value();
    let towards = |end: f64, share: f64| default + (end - default) * share;
    let point = |at: i64, value: f64, shape: AutomationShape| AutomationPoint {
        at: TimeValue::Samples(Samples(at)),
        value,
        shape,
        curvature: if shape == AutomationShape::Curved { 0.5 } else { 0.0 },
    };
    let id: String = parameter.id.to_lowercase();
    Ok(AutomationLane {
        id: LaneId::new(id)?,
        target: AutomationTarget::Insert {
            insert: InsertId::new("processor")?,
            parameter: parameter.id.to_string(),
        },
        mode: AutomationMode::Read,
        points: vec![
            point(500, default, AutomationShape::Linear),
            point(2_000, towards(max, 0.2), AutomationShape::Curved),
            point(3_777, towards(min, 0.2), AutomationShape::Hold),
            point(5_001, default, AutomationShape::Linear),
        ],
    })
}

pub(crate) fn insert(id: &str, processor: &str) -> Result<Insert, CaseDefinitionError> {
    Ok(Insert {
        id: InsertId::new(id)?,
        processor: processor.to_owned(),
        plugin: None,
        bypass: false,
        parameters: std::collections::BTreeMap::default(),
        sidechain: None,
        sidechains: std::collections::BTreeMap::default(),
        outputs: std::collections::BTreeMap::default(),
    })
}

fn material(id: &str, file: &str) -> Result<Clip, CaseDefinitionError> {
    audio_clip(id, file, 0, frame_count(FRAMES))
}

pub(crate) fn audio_clip(
    id: &str,
    file: &str,
    start: i64,
    length: i64,
) -> Result<Clip, CaseDefinitionError> {
    Ok(Clip {
        id: ClipId::new(id)?,
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
        length: TimeValue::Samples(Samples(length)),
        gain_db: 0.0,
        fade_in: Fade::default(),
        fade_out: Fade::default(),
        mute: false,
        take_lane: None,
    })
}

fn notes() -> Result<Clip, CaseDefinitionError> {
    let note = |at: i64, key: u8| Note { at: Ticks(at), length: Ticks(1_500), key, velocity: 90 };
    let mut clip = audio_clip("notes", "", 0, frame_count(FRAMES))?;
    clip.content = ClipContent::Notes(vec![note(0, 57), note(700, 61), note(1_333, 64)]);
    Ok(clip)
}

/// An impulse, then noise in bursts, then silence: onsets, tails and denormals.
pub(crate) fn noise(name: &str, seed: u64) -> Result<CaseFile, CaseDefinitionError> {
    let random = Random::new(seed, 7);
    let sample = |n: usize| match n {
        10 => 0.9,
        1_000..5_000 if (n / 700).is_multiple_of(2) => 0.8 * random.bipolar_f32(n as u64),
        _ => 0.0,
    };
    let samples = (0..FRAMES).flat_map(|n| [sample(n), 0.5 * sample(n + 1)]);
    Ok(CaseFile {
        name: name.to_owned(),
        channels: 2,
        rate: SampleRate::new(RATE_HZ)?,
        samples: samples.collect(),
    })
}
