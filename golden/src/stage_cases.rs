//! Golden cases of the core stages: what happens to a signal outside of any processor.

use wavemill_core::session::{
    AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget,
    ChannelLayout, Clip, ClipContent, Fade, FadeCurve, LaneId, OutputTarget, PanLaw,
    ParameterValue, Send, SendId, Session, Sidechain, Tap, TimeValue, Track, TrackId, TrackKind,
};
use wavemill_core::stages;
use wavemill_core::time::{SampleRate, Samples};

use crate::case::{Case, CaseAudio, CaseContent, CaseFile};
use crate::processor_cases::{CaseDefinitionError, audio_clip, insert, noise};

const RATE_HZ: u32 = 48_000;
/// The file that all of them play; its first burst is from frame 1,400 to 2,100.
const FILE: &str = "audio/material.wav";

/// The cases of the core stages, each with the version of its stage.
///
/// # Errors
/// Where a definition in this crate is wrong.
pub fn stage_cases() -> Result<Vec<(Case, u32)>, CaseDefinitionError> {
    let mut cases = vec![
        (clip_player()?, stages::CLIP_PLAYER_VERSION),
        (join()?, stages::JOIN_VERSION),
        (delay_compensation()?, stages::DELAY_COMPENSATION_VERSION),
    ];
    for (name, law) in [
        ("fader-0db", PanLaw::Zero),
        ("fader-3db", PanLaw::Minus3),
        ("fader-4_5db", PanLaw::Minus4Point5),
        ("fader-6db", PanLaw::Minus6),
    ] {
        cases.push((fader(name, law)?, stages::FADER_VERSION));
    }
    Ok(cases)
}

fn case(name: &str, tracks: Vec<Track>, frames: u64) -> Result<Case, CaseDefinitionError> {
    let mut session = Session::new(name, SampleRate::new(RATE_HZ)?);
    session.tracks = tracks;
    Ok(Case { name: name.to_owned(), session, files: vec![noise(FILE, 1)?], frames })
}

/// A stereo track that plays the first burst of the file and on, `length` frames in all.
fn playing(id: &str, length: i64) -> Result<Track, CaseDefinitionError> {
    let mut track = Track::new(TrackId::new(id)?, id, TrackKind::Audio);
    track.clips.push(part(&format!("{id}-clip"), 0, length)?);
    Ok(track)
}

/// A clip at `start` that begins where the file's first burst does.
fn part(id: &str, start: i64, length: i64) -> Result<Clip, CaseDefinitionError> {
    let mut clip = audio_clip(id, FILE, start, length)?;
    if let ClipContent::Audio(audio) = &mut clip.content {
        audio.offset = Samples(1_400);
    }
    Ok(clip)
}

/// Every curve of a fade both ways, overlaps, gain, loops, reverse, and an end before the clip's.
fn clip_player() -> Result<Case, CaseDefinitionError> {
    let mut track = Track::new(TrackId::new("clips")?, "Clips", TrackKind::Audio);
    let curves = [
        FadeCurve::Linear,
        FadeCurve::EqualPower,
        FadeCurve::Slow,
        FadeCurve::Fast,
        FadeCurve::Smooth,
    ];
    let mut start = 3;
    for (index, curve) in curves.into_iter().enumerate() {
        let mut clip = part(&format!("fade-{index}"), start, 400)?;
        clip.fade_in = Fade { length: Samples(150), curve };
        clip.fade_out = Fade { length: Samples(117), curve };
        clip.gain_db = -1.5;
        track.clips.push(clip);
        // Each begins in the fade of the one before.
        start += 300;
    }
    let mut mono = Track::new(TrackId::new("mono")?, "Mono", TrackKind::Audio);
    mono.layout = ChannelLayout::Mono;
    for (id, start, length, loop_length, reverse) in [
        ("looped", 100, 700, Some(190), false),
        ("backwards", 900, 300, None, true),
        ("beyond-the-file", 1_300, 400, None, false),
    ] {
        let mut clip = part(id, start, length)?;
        if let ClipContent::Audio(audio) = &mut clip.content {
            audio.loop_length = loop_length.map(Samples);
            audio.reverse = reverse;
            if id == "beyond-the-file" {
                audio.offset = Samples(4_800);
            }
        }
        mono.clips.push(clip);
    }
    case("clip-player", vec![track, mono], 1_700)
}

/// Level, pan and mute with automation, mono and stereo, and a send of its own level and pan.
fn fader(name: &str, law: PanLaw) -> Result<Case, CaseDefinitionError> {
    let mut mono = playing("mono", 700)?;
    mono.layout = ChannelLayout::Mono;
    mono.volume_db = -3.0;
    mono.lanes = vec![lane("pan", AutomationTarget::Pan, [-1.0, 0.7, 0.1])?];
    let mut still = playing("still", 700)?;
    still.layout = ChannelLayout::Mono;
    still.pan = -0.4;
    still.sends = vec![Send {
        id: SendId::new("send")?,
        to: TrackId::new("return")?,
        tap: Tap::PostFader,
        level_db: -7.0,
        pan: 0.6,
        mute: false,
    }];
    let mut stereo = playing("stereo", 700)?;
    stereo.pan = 0.3;
    stereo.lanes = vec![
        lane("volume", AutomationTarget::Volume, [-12.0, 2.0, -144.0])?,
        lane("mute", AutomationTarget::Mute, [0.0, 1.0, 0.0])?,
    ];
    let back = Track::new(TrackId::new("return")?, "Return", TrackKind::Return);
    let mut case = case(name, vec![mono, still, stereo, back], 750)?;
    case.session.pan_law = law;
    case.session.master.volume_db = -1.0;
    case.session.master.pan = -0.2;
    Ok(case)
}

/// Sums into a group, a return and the master; what is too loud for a join and what is no number.
fn join() -> Result<Case, CaseDefinitionError> {
    let group = Track::new(TrackId::new("group")?, "Group", TrackKind::Group);
    let mut tracks = vec![group];
    for index in 0..7_i64 {
        let mut track = playing(&format!("t{index}"), 600 + index)?;
        track.volume_db = -0.37 * (index as f64) - 9.0;
        track.layout = if index % 3 == 0 { ChannelLayout::Mono } else { ChannelLayout::Stereo };
        if index % 2 == 0 {
            track.output = OutputTarget::Group(TrackId::new("group")?);
        }
        tracks.push(track);
    }
    let mut loud = Track::new(TrackId::new("loud")?, "Loud", TrackKind::Audio);
    let mut clip = audio_clip("loud-clip", "audio/loud.wav", 50, 40)?;
    clip.gain_db = 36.0;
    loud.clips.push(clip);
    loud.volume_db = 12.0;
    tracks.push(loud);
    let mut case = case("join", tracks, 650)?;
    case.files.push(CaseFile {
        name: "audio/loud.wav".to_owned(),
        content: CaseContent::Float32(CaseAudio {
            channels: 1,
            rate: SampleRate::new(RATE_HZ)?,
            samples: vec![
                0.5,
                -1.0,
                f32::INFINITY,
                0.25,
                f32::NEG_INFINITY,
                f32::NAN,
                0.125,
                1e-30,
            ],
        }),
    });
    Ok(case)
}

/// Paths of different latency that meet: through a group, a send, a sidechain and directly.
fn delay_compensation() -> Result<Case, CaseDefinitionError> {
    let limited = |id: &str, milliseconds: f64| {
        let mut track = playing(id, 600)?;
        let mut limiter = insert("limiter", "limiter")?;
        let lookahead = ParameterValue::Number(milliseconds);
        limiter.parameters.insert("lookahead_ms".to_owned(), lookahead);
        track.inserts.push(limiter);
        Ok::<Track, CaseDefinitionError>(track)
    };
    let mut late = limited("late", 5.0)?;
    late.output = OutputTarget::Group(TrackId::new("group")?);
    let early = limited("early", 1.0)?;
    let mut direct = playing("direct", 600)?;
    direct.output = OutputTarget::Group(TrackId::new("group")?);
    direct.sends.push(Send {
        id: SendId::new("send")?,
        to: TrackId::new("return")?,
        tap: Tap::PreFader,
        level_db: -6.0,
        pan: 0.0,
        mute: false,
    });
    let mut ducked = playing("ducked", 600)?;
    let mut compressor = insert("compressor", "compressor")?;
    compressor.sidechain = Some(Sidechain { from: TrackId::new("late")?, tap: Tap::PostFader });
    ducked.inserts.push(compressor);
    let group = Track::new(TrackId::new("group")?, "Group", TrackKind::Group);
    let back = Track::new(TrackId::new("return")?, "Return", TrackKind::Return);
    case("delay-compensation", vec![late, early, direct, ducked, group, back], 700)
}

/// Points at frames 100, 300 and 500: a line, a bend and a step.
fn lane(
    id: &str,
    target: AutomationTarget,
    values: [f64; 3],
) -> Result<AutomationLane, CaseDefinitionError> {
    let shapes = [AutomationShape::Linear, AutomationShape::Curved, AutomationShape::Hold];
    let shapes = if target == AutomationTarget::Mute { [AutomationShape::Hold; 3] } else { shapes };
    let points = [100, 300, 500].into_iter().zip(values).zip(shapes);
    let points = points.map(|((at, value), shape)| AutomationPoint {
        at: TimeValue::Samples(Samples(at)),
        value,
        shape,
        curvature: if shape == AutomationShape::Curved { 0.5 } else { 0.0 },
    });
    Ok(AutomationLane {
        id: LaneId::new(id)?,
        target,
        mode: AutomationMode::Read,
        points: points.collect(),
    })
}
