//! The session of the determinism matrix: every built-in processor, automated, with latency, a
//! tempo ramp, a group, sends, returns, sidechains, a source at another rate and compressed samples.

use wavemill_core::session::{
    AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget,
    ChannelLayout, Fade, FadeCurve, LaneId, OutputTarget, PanLaw, ParameterValue, Send, SendId,
    Session, Sidechain, Tap, TempoPoint, TempoShape, TimeValue, Track, TrackId, TrackKind,
};
use wavemill_core::time::{SampleRate, Samples, TICKS_PER_QUARTER, Ticks};

use crate::case::{Case, CaseAudio, CaseContent, CaseFile};
use crate::decoder_cases::{COMPRESSED, compressed_track};
use crate::edits::{EditOrder, made_by_commands};
use crate::processor_cases::{
    CaseDefinitionError, audio_clip, insert, option_cases, processor_cases,
};
use crate::sound_font::compressed_sound_font;

/// Frames that are rendered.
const FRAMES: u64 = 24_000;

/// The session. With `reordered` it was made by commands in another order, and its tracks, sends and
/// lanes stand in another one; not one sample may differ.
///
/// # Errors
/// Where a definition in this crate is wrong.
pub fn matrix_case(reordered: bool) -> Result<Case, CaseDefinitionError> {
    let mut session = Session::new("Determinism matrix", SampleRate::new(48_000)?);
    session.seed = 42;
    session.pan_law = PanLaw::Minus4Point5;
    let quarter = |count: i64| Ticks(count * TICKS_PER_QUARTER);
    session.tempo = vec![
        TempoPoint { at: quarter(0), bpm: 100.0, shape: TempoShape::Ramp },
        TempoPoint { at: quarter(2), bpm: 180.0, shape: TempoShape::Step },
        TempoPoint { at: quarter(3), bpm: 90.0, shape: TempoShape::Step },
    ];
    let mut files = Vec::new();
    let mut cases = processor_cases()?;
    let further = option_cases()?.into_iter().map(|option| option.case);
    let further = further.filter(|case| case.name != case.session.name);
    // Half of the further options: an emulated CPU has to get through it too.
    cases.extend(further.step_by(2));
    for case in cases {
        add_processor(&mut session, &case)?;
        files = case.files;
    }
    // The same shape several times, so that whole registers of tracks run side by side.
    for index in 0..6_i64 {
        session.tracks.push(strip(index)?);
    }
    session.tracks.push(compressed_track()?);
    files.push(CaseFile { name: COMPRESSED.to_owned(), content: compressed_sound_font() });
    files.push(other_rate()?);
    session.tracks.push(bus("group", TrackKind::Group, "limiter")?);
    session.tracks.push(bus("echo", TrackKind::Return, "delay")?);
    session.tracks.push(bus("slap", TrackKind::Return, "hard-clip")?);
    let mut limiter = insert("limiter", "limiter")?;
    limiter.parameters.insert("ceiling_db".to_owned(), ParameterValue::Number(-1.0));
    session.master.inserts.push(limiter);
    session.master.lanes.push(volume_lane(9_000)?);
    if reordered {
        session = made_by_commands(&session, EditOrder::Backwards)?;
    }
    Ok(Case { name: "matrix".to_owned(), session, files, frames: FRAMES })
}

/// The track of a processor's own case, under the processor's name.
fn add_processor(session: &mut Session, case: &Case) -> Result<(), CaseDefinitionError> {
    let processed = case.session.tracks.iter().filter(|track| track.id.as_str() == "processed");
    for track in processed {
        let mut track = track.clone();
        track.id = TrackId::new(case.name.clone())?;
        track.name.clone_from(&case.name);
        track.volume_db = -12.0;
        for clip in &mut track.clips {
            clip.id = wavemill_core::session::ClipId::new(format!("{}-clip", case.name))?;
        }
        for insert in &mut track.inserts {
            if let Some(sidechain) = &mut insert.sidechain {
                *sidechain = Sidechain { from: TrackId::new("strip-2")?, tap: Tap::PreFader };
            }
        }
        session.tracks.push(track);
    }
    Ok(())
}

/// A mono or stereo track of audio with an equaliser, a compressor, sends and automation.
fn strip(index: i64) -> Result<Track, CaseDefinitionError> {
    let mut track = Track::new(
        TrackId::new(format!("strip-{index}"))?,
        format!("Strip {index}"),
        TrackKind::Audio,
    );
    let (file, length) =
        if index % 2 == 0 { ("audio/key.wav", 6_000) } else { ("audio/other.wav", 9_000) };
    track.layout = if index % 3 == 2 { ChannelLayout::Mono } else { ChannelLayout::Stereo };
    let mut clip = audio_clip(&format!("strip-clip-{index}"), file, 100 * index, length)?;
    clip.fade_in = Fade { length: Samples(301), curve: FadeCurve::EqualPower };
    track.clips.push(clip);
    let mut equaliser = insert("eq", "equaliser")?;
    for (id, value) in
        [("band1.frequency_hz", 200.0), ("band1.gain_db", 6.0), ("band2.frequency_hz", 3_000.0)]
    {
        equaliser.parameters.insert(id.to_owned(), ParameterValue::Number(value));
    }
    for id in ["band1.type", "band2.type"] {
        equaliser.parameters.insert(id.to_owned(), ParameterValue::Choice("bell".to_owned()));
    }
    let mut compressor = insert("compressor", "compressor")?;
    if index == 4 {
        compressor.parameters.insert("lookahead_ms".to_owned(), ParameterValue::Number(5.0));
    }
    track.inserts = vec![equaliser, compressor];
    track.volume_db = -9.0;
    #[allow(clippy::cast_precision_loss)] // Six tracks.
    {
        track.pan = index as f64 / 5.0 - 0.5;
    }
    if index > 3 {
        track.output = OutputTarget::Group(TrackId::new("group")?);
        track.lanes.push(volume_lane(3_000 + index)?);
    }
    let tap = if index % 2 == 0 { Tap::PostFader } else { Tap::PreFader };
    for (to, level_db, pan) in [("echo", -9.0, 0.3), ("slap", -15.0, -0.6)] {
        let (id, to) = (SendId::new(to)?, TrackId::new(to)?);
        track.sends.push(Send { id, to, tap, level_db, pan, mute: false });
    }
    Ok(track)
}

fn bus(id: &str, kind: TrackKind, processor: &str) -> Result<Track, CaseDefinitionError> {
    let mut track = Track::new(TrackId::new(id)?, id, kind);
    track.inserts.push(insert(processor, processor)?);
    Ok(track)
}

fn volume_lane(step_at: i64) -> Result<AutomationLane, CaseDefinitionError> {
    let point = |at: i64, value: f64, shape: AutomationShape| AutomationPoint {
        at: TimeValue::Samples(Samples(at)),
        value,
        shape,
        curvature: -0.3,
    };
    Ok(AutomationLane {
        id: LaneId::new("volume")?,
        target: AutomationTarget::Volume,
        mode: AutomationMode::Read,
        points: vec![
            point(0, -12.0, AutomationShape::Curved),
            point(step_at, -6.0, AutomationShape::Hold),
            point(step_at + 1_111, -9.0, AutomationShape::Linear),
            point(step_at + 9_999, -3.0, AutomationShape::Linear),
        ],
    })
}

/// A mono file at 44.1 kHz: decaying partials.
fn other_rate() -> Result<CaseFile, CaseDefinitionError> {
    let samples = (0..9_000_u32).map(|n| {
        let t = f64::from(n) / 44_100.0;
        let partials = (1..5_u32).map(|k| {
            let k = f64::from(k);
            wavemill_core::math::sin_pi(2.0 * 220.0 * k * t)
                * wavemill_core::math::exp(-9.0 * k * t)
                / k
        });
        #[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
        let sample = (0.4 * partials.sum::<f64>()) as f32;
        sample
    });
    Ok(CaseFile {
        name: "audio/other.wav".to_owned(),
        content: CaseContent::Signed16(CaseAudio {
            channels: 1,
            rate: SampleRate::new(44_100)?,
            samples: samples.collect(),
        }),
    })
}
