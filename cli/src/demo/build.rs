//! Short forms for writing down tracks, inserts, clips, notes and automation.

use wavemill_core::session::{
    AudioContent, AutomationLane, AutomationMode, AutomationPoint, AutomationShape,
    AutomationTarget, Clip, ClipContent, ClipId, Fade, IdError, Insert, InsertId, LaneId, Note,
    ParameterValue, Send, SendId, Sidechain, Tap, TimeValue, Track, TrackId, TrackKind,
};
use wavemill_core::time::{Samples, Ticks};

/// The name of the echo's return.
pub const ECHO: &str = "echo";

/// A parameter's value, as a number or the name of a choice.
pub enum Value {
    /// In the parameter's unit.
    Number(f64),
    /// A choice.
    Choice(&'static str),
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for Value {
    fn from(choice: &'static str) -> Self {
        Self::Choice(choice)
    }
}

/// A track called `name`, whose id is the name in lower case.
pub fn track(name: &str, kind: TrackKind, volume_db: f64) -> Result<Track, IdError> {
    let id = TrackId::new(name.to_ascii_lowercase().replace(' ', "-"))?;
    Ok(Track { volume_db, ..Track::new(id, name, kind) })
}

/// An insert with the parameters that differ from their defaults.
pub fn insert<const N: usize>(
    id: &str,
    processor: &str,
    parameters: [(&str, Value); N],
) -> Result<Insert, IdError> {
    let value = |value| match value {
        Value::Number(number) => ParameterValue::Number(number),
        Value::Choice(choice) => ParameterValue::Choice(choice.to_owned()),
    };
    Ok(Insert {
        id: InsertId::new(id)?,
        processor: processor.to_owned(),
        plugin: None,
        file: None,
        bypass: false,
        preset: None,
        parameters: parameters.map(|(id, v)| (id.to_owned(), value(v))).into_iter().collect(),
        sidechain: None,
        sidechains: std::collections::BTreeMap::default(),
        outputs: std::collections::BTreeMap::default(),
    })
}

/// A compressor that makes room for the kick.
pub fn ducker(threshold_db: f64, release_ms: f64) -> Result<Insert, IdError> {
    let insert = insert(
        "duck",
        "compressor",
        [
            ("threshold_db", threshold_db.into()),
            ("ratio", 4.0.into()),
            ("attack_ms", 2.0.into()),
            ("release_ms", release_ms.into()),
        ],
    )?;
    let sidechain = Sidechain { from: TrackId::new("kick")?, tap: Tap::PreFader };
    Ok(Insert { sidechain: Some(sidechain), ..insert })
}

/// A send to the echo.
pub fn echo(level_db: f64) -> Result<Send, IdError> {
    Ok(Send {
        id: SendId::new(ECHO)?,
        to: TrackId::new(ECHO)?,
        tap: Tap::PostFader,
        level_db,
        pan: 0.0,
        mute: false,
    })
}

/// A clip of notes.
pub fn notes(id: &str, start: Ticks, length: Ticks, notes: Vec<Note>) -> Result<Clip, IdError> {
    clip(id, ClipContent::Midi(notes.into()), start, length)
}

/// A clip of the audio file `audio/NAME.wav`.
pub fn audio(id: &str, name: &str, start: Ticks, length: Ticks) -> Result<Clip, IdError> {
    let content = AudioContent {
        file: format!("audio/{name}.wav"),
        offset: Samples::ZERO,
        loop_length: None,
        reverse: false,
        stretch: 1.0,
        pitch_semitones: 0.0,
    };
    clip(id, ClipContent::Audio(content), start, length)
}

fn clip(id: &str, content: ClipContent, start: Ticks, length: Ticks) -> Result<Clip, IdError> {
    Ok(Clip {
        id: ClipId::new(id)?,
        name: String::new(),
        content,
        start: TimeValue::Ticks(start),
        length: TimeValue::Ticks(length),
        gain_db: 0.0,
        fade_in: Fade::default(),
        fade_out: Fade::default(),
        mute: false,
        take_lane: None,
    })
}

/// A lane of straight lines through `points`.
pub fn lane(
    id: &str,
    target: AutomationTarget,
    points: &[(Ticks, f64)],
) -> Result<AutomationLane, IdError> {
    let point = |(at, value): &(Ticks, f64)| AutomationPoint {
        at: TimeValue::Ticks(*at),
        value: *value,
        shape: AutomationShape::Linear,
        curvature: 0.0,
    };
    Ok(AutomationLane {
        id: LaneId::new(id)?,
        target,
        mode: AutomationMode::Read,
        points: points.iter().map(point).collect(),
    })
}

/// The automation target of an insert's parameter.
pub fn parameter(insert: &str, parameter: &str) -> Result<AutomationTarget, IdError> {
    Ok(AutomationTarget::Insert { insert: InsertId::new(insert)?, parameter: parameter.to_owned() })
}
