//! Golden cases for every built-in processor, one for each option of its choices, made from its own
//! description, so that a new processor joins by being registered.

use wavemill_core::command::CommandError;
use wavemill_core::math::random::Random;
use wavemill_core::process::{ParameterKind, ParameterSpec, ProcessorSpec};
use wavemill_core::session::{
    AudioContent, AutomationLane, AutomationMode, AutomationPoint, AutomationShape,
    AutomationTarget, ChannelLayout, Clip, ClipContent, ClipId, Fade, IdError, Insert, InsertId,
    LaneId, Note, ParameterValue, Session, Sidechain, Tap, TempoPoint, TempoShape, TimeValue,
    Track, TrackId, TrackKind,
};
use wavemill_core::time::{SampleRate, SampleRateError, Samples, Ticks, frame_count};

use crate::case::{Case, CaseAudio, CaseContent, CaseFile};
use crate::sampled_instrument::sampled_instrument;
use crate::sound_font::sound_font;

/// Rate of the cases.
const RATE_HZ: u32 = 48_000;
/// Frames of material; the cases render a little more, for tails.
const FRAMES: usize = 6_000;

/// Frames of a case for further options: the impulse and the first bursts, so that goldens stay
/// small.
const OPTION_FRAMES: u64 = 3_000;

/// What the sampler plays, beside the audio that it names.
const SAMPLED_INSTRUMENT: &str = "audio/busy.sfz";

/// What other processors that play from a file play.
const SOUND_FONT: &str = "audio/busy.sf2";

/// Why a case could not be made: an id, a rate or a command in this crate is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CaseDefinitionError {
    /// An id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A rate.
    #[error(transparent)]
    Rate(#[from] SampleRateError),
    /// A command.
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// A case of a built-in processor.
#[derive(Clone)]
pub struct ProcessorCase {
    /// The case, called as the processor, or as the processor and the options it is set to.
    pub case: Case,
    /// The version of the processor.
    pub version: u32,
}

/// The cases of all built-in processors with every choice at its last option, in the registry's
/// order.
///
/// # Errors
/// Where a definition in this crate is wrong.
pub fn processor_cases() -> Result<Vec<Case>, CaseDefinitionError> {
    specs().map(|spec| processor_case(spec, &last_options(spec))).collect()
}

/// The cases of all built-in processors: those of [`processor_cases`], and enough others that every
/// option of every choice is heard.
///
/// # Errors
/// Where a definition in this crate is wrong.
pub fn option_cases() -> Result<Vec<ProcessorCase>, CaseDefinitionError> {
    let mut cases = Vec::new();
    for spec in specs() {
        let last = last_options(spec);
        let version = spec.version;
        cases.push(ProcessorCase { case: processor_case(spec, &last)?, version });
        let longest = choices(spec).map(<[_]>::len).max().unwrap_or(0);
        for round in (0..longest).filter(|round| options(spec, *round) != last) {
            let chosen = options(spec, round);
            let mut case = processor_case(spec, &chosen)?;
            let name = [spec.name.as_ref()].into_iter().chain(short(&chosen));
            case.name = name.collect::<Vec<_>>().join("-").to_lowercase().replace('.', "_");
            case.frames = OPTION_FRAMES;
            cases.push(ProcessorCase { case, version });
        }
    }
    Ok(cases)
}

fn specs() -> impl Iterator<Item = &'static ProcessorSpec> {
    wavemill_core::dsp::built_in_names().into_iter().filter_map(wavemill_core::dsp::spec_of)
}

/// The options of each choice of a processor.
fn choices(spec: &ProcessorSpec) -> impl Iterator<Item = &'static [&'static str]> {
    spec.parameters.iter().filter_map(|parameter| match parameter.kind {
        ParameterKind::Choice { options, .. } => Some(options),
        ParameterKind::Number { .. } => None,
    })
}

fn last_options(spec: &ProcessorSpec) -> Vec<&'static str> {
    choices(spec).map(|options| options.last().copied().unwrap_or_default()).collect()
}

/// The options of each choice in a round: neighbours apart from each other, so that choices that
/// belong together (the type and the slope of a band) meet in many pairs.
fn options(spec: &ProcessorSpec, round: usize) -> Vec<&'static str> {
    let numbered = choices(spec).enumerate();
    let chosen = numbered.map(|(index, options)| options[(round + 3 * index) % options.len()]);
    chosen.collect()
}

/// What a case is called by: the first two options of many.
fn short<'a>(chosen: &[&'a str]) -> impl Iterator<Item = &'a str> {
    chosen.iter().take(2).copied()
}

fn processor_case(
    spec: &ProcessorSpec,
    chosen: &[&'static str],
) -> Result<Case, CaseDefinitionError> {
    let mut session = Session::new(spec.name.clone(), SampleRate::new(RATE_HZ)?);
    session.seed = 1;
    let kind = if spec.event_inputs > 0 { TrackKind::Instrument } else { TrackKind::Audio };
    let mut track = Track::new(TrackId::new("processed")?, "Processed", kind);
    track.layout = ChannelLayout::Stereo;
    if spec.event_outputs > 0 {
        // Eight times the usual tempo: its steps have to fall into the case.
        session.tempo = vec![TempoPoint { at: Ticks(0), bpm: 960.0, shape: TempoShape::Step }];
        track.clips.push(notes(8)?);
    } else if kind == TrackKind::Instrument {
        track.clips.push(notes(1)?);
    } else {
        track.clips.push(material("material", "audio/material.wav")?);
    }
    let mut insert = insert("processor", &spec.name)?;
    if wavemill_core::dsp::built_in(&spec.name).is_some_and(|it| it.plays_from_file()) {
        let file = if spec.name == "sampler" { SAMPLED_INSTRUMENT } else { SOUND_FONT };
        insert.file = Some(file.to_owned());
    }
    let mut chosen = chosen.iter().copied();
    insert.parameters = spec
        .parameters
        .iter()
        .map(|parameter| (parameter.id.to_string(), setting(parameter, &mut chosen)))
        .collect();
    if spec.has_sidechain() {
        let from = TrackId::new("key")?;
        insert.sidechain = Some(Sidechain { from, tap: Tap::PostFader });
        let mut key = Track::new(TrackId::new("key")?, "Key", TrackKind::Audio);
        key.clips.push(material("key-material", "audio/key.wav")?);
        session.tracks.push(key);
    }
    // A filter lets all notes pass or none where its ranges are whole: it stands between them.
    let filters = spec.name == "note-filter";
    if filters {
        insert.parameters.insert("highest_key".to_owned(), ParameterValue::Number(60.0));
    }
    let automated = spec.parameters.iter().filter(|parameter| parameter.automatable && !filters);
    track.lanes = automated.map(lane).collect::<Result<_, _>>()?;
    track.inserts.push(insert);
    if spec.event_outputs > 0 {
        track.inserts.push(self::insert("played", "tone")?);
    }
    session.tracks.push(track);
    Ok(Case {
        name: spec.name.to_string(),
        session,
        files: vec![
            noise("audio/material.wav", 1)?,
            noise("audio/key.wav", 2)?,
            CaseFile { name: SOUND_FONT.to_owned(), content: sound_font() },
            CaseFile { name: SAMPLED_INSTRUMENT.to_owned(), content: sampled_instrument() },
        ],
        frames: FRAMES as u64 + 2_000,
    })
}

/// Numbers at their default, choices at the next of `chosen`.
fn setting(
    parameter: &ParameterSpec,
    chosen: &mut impl Iterator<Item = &'static str>,
) -> ParameterValue {
    match &parameter.kind {
        ParameterKind::Number { default, .. } => ParameterValue::Number(*default),
        ParameterKind::Choice { .. } => {
            ParameterValue::Choice(chosen.next().unwrap_or_default().to_owned())
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
        file: None,
        bypass: false,
        preset: None,
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

/// Three notes, `stretch` times as long in ticks as at the usual tempo.
pub(crate) fn notes(stretch: i64) -> Result<Clip, CaseDefinitionError> {
    let note = |at: i64, key: u8| Note::new(Ticks(at * stretch), Ticks(1_500 * stretch), key, 90);
    let mut clip = audio_clip("notes", "", 0, frame_count(FRAMES))?;
    clip.content = ClipContent::Midi(vec![note(0, 57), note(700, 61), note(1_333, 64)].into());
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
        content: CaseContent::Signed16(CaseAudio {
            channels: 2,
            rate: SampleRate::new(RATE_HZ)?,
            samples: samples.collect(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// (processor, parameter, option) of every choice of a case.
    fn set(case: &Case) -> Vec<(String, String, String)> {
        let inserts = case.session.tracks.iter().flat_map(|track| &track.inserts);
        let of_insert = |insert: &Insert| {
            let processor = insert.processor.clone();
            let parameters = insert.parameters.clone().into_iter();
            parameters.filter_map(move |(id, value)| match value {
                ParameterValue::Choice(option) => Some((processor.clone(), id, option)),
                ParameterValue::Number(_) => None,
            })
        };
        inserts.flat_map(of_insert).collect()
    }

    #[test]
    fn every_option_of_every_choice_has_a_case_and_names_are_their_own() {
        let cases = option_cases().unwrap();
        let heard: BTreeSet<_> = cases.iter().flat_map(|case| set(&case.case)).collect();
        for spec in specs() {
            for parameter in &spec.parameters {
                let ParameterKind::Choice { options, .. } = parameter.kind else { continue };
                for option in options {
                    let (processor, id) = (spec.name.to_string(), parameter.id.to_string());
                    let wanted = (processor, id, (*option).to_owned());
                    assert!(heard.contains(&wanted), "no case of {wanted:?}");
                }
            }
        }
        let names: BTreeSet<_> = cases.iter().map(|case| case.case.name.clone()).collect();
        assert_eq!(names.len(), cases.len());
    }

    /// A slope is heard of low-pass and high-pass bands only.
    #[test]
    fn every_slope_of_the_equaliser_meets_a_pass_band() {
        let cases = option_cases().unwrap();
        let mut slopes = BTreeSet::new();
        for set in cases.iter().map(|case| set(&case.case)) {
            for (_, id, option) in &set {
                let Some(band) = id.strip_suffix(".slope_db_per_octave") else { continue };
                let kind = set.iter().find(|(_, id, _)| *id == format!("{band}.type"));
                if kind.is_some_and(|(_, _, kind)| kind.ends_with("-pass")) {
                    slopes.insert(option.clone());
                }
            }
        }
        assert_eq!(slopes.len(), 8, "{slopes:?}");
    }
}
