//! Commands on whole clips: add, delete, move, copy, paste, properties, notes.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::clip_ids::ClipIds;
use super::clip_lists::{check_kind, lay, lift, path, replace, with_linked};
use super::clock::Clock;
use super::note_selection::MidiClip;
use super::{CommandError, Draft, Op, is_false};
use crate::session::{
    AudioContent, Clip, ClipContent, ClipId, Fade, Note, TakeLaneId, TimeValue, TrackId,
};
use crate::time::{Samples, Ticks};

/// Most copies one command makes.
const MAX_COPIES: usize = 1_000;

/// Adds a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddClip {
    /// The track.
    pub track: TrackId,
    /// Its id; made from the name, the file's name or the track's id where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ClipId>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it plays.
    pub content: ClipContent,
    /// Where it starts on the timeline.
    pub start: TimeValue,
    /// How long it plays.
    pub length: TimeValue,
    /// Level in dB.
    #[serde(default)]
    pub gain_db: f64,
    /// Fade at its start.
    #[serde(default)]
    pub fade_in: Fade,
    /// Fade at its end.
    #[serde(default)]
    pub fade_out: Fade,
    /// Not heard where true.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mute: bool,
    /// The take lane it lies on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_lane: Option<TakeLaneId>,
}

impl AddClip {
    /// A clip that plays an audio file from its start, as it is.
    pub fn audio(track: TrackId, file: &str, start: Samples, length: Samples) -> Self {
        Self {
            track,
            id: None,
            name: String::new(),
            content: ClipContent::Audio(AudioContent {
                file: file.to_owned(),
                offset: Samples::ZERO,
                loop_length: None,
                reverse: false,
                stretch: 1.0,
                pitch_semitones: 0.0,
            }),
            start: TimeValue::Samples(start),
            length: TimeValue::Samples(length),
            gain_db: 0.0,
            fade_in: Fade::default(),
            fade_out: Fade::default(),
            mute: false,
            take_lane: None,
        }
    }
}

/// Deletes a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteClip {
    /// The clip.
    pub clip: ClipId,
}

/// Moves a clip in time, to another track, or both. Clips of the same start and length on the
/// other members of its track's active edit groups move in time with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveClip {
    /// The clip.
    pub clip: ClipId,
    /// Where it starts afterwards.
    pub start: TimeValue,
    /// The track it goes to; its own where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackId>,
    /// Leaves the other members of the edit groups alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ungrouped: bool,
}

/// Copies a clip, once or several times end to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyClip {
    /// The clip.
    pub clip: ClipId,
    /// Where the first copy starts.
    pub start: TimeValue,
    /// How many copies, 1 to 1,000.
    #[serde(default = "one")]
    pub repeat: usize,
    /// The track they go to; the clip's own where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackId>,
    /// The copies' ids; made from the clip's where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ClipId>,
}

/// Puts a copy of a clip at each of several positions, at most 1,000.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasteClip {
    /// The clip.
    pub clip: ClipId,
    /// Where the copies start.
    pub at: Vec<TimeValue>,
    /// The track they go to; the clip's own where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackId>,
    /// The copies' ids; made from the clip's where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ClipId>,
}

/// Changes properties of a clip; what is left out stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetClip {
    /// The clip.
    pub clip: ClipId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Level in dB, -144 (silence) to +36.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain_db: Option<f64>,
    /// Fade at its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fade_in: Option<Fade>,
    /// Fade at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fade_out: Option<Fade>,
    /// Not heard where true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mute: Option<bool>,
    /// Plays its part backwards. Audio only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse: Option<bool>,
    /// Frames of the file it repeats; null repeats nothing. Audio only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub loop_length: Option<Option<Samples>>,
    /// Time stretch. Audio only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<f64>,
    /// Pitch shift. Audio only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pitch_semitones: Option<f64>,
    /// Where in its content it begins to play, in ticks. MIDI only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ticks: Option<Ticks>,
    /// Ticks of its content it repeats; null repeats nothing. MIDI only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub loop_ticks: Option<Option<Ticks>>,
    /// The take lane it lies on; null is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub take_lane: Option<Option<TakeLaneId>>,
}

/// Replaces the notes of a note clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceNotes {
    /// The clip.
    pub clip: ClipId,
    /// Its notes, in any order.
    pub notes: Vec<Note>,
}

const fn one() -> usize {
    1
}

/// Reads a field whose null is a value of its own, unlike its absence.
fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn paste(
    draft: &mut Draft<'_>,
    clip: &ClipId,
    track: Option<&TrackId>,
    given: &mut Vec<ClipId>,
    at: &[TimeValue],
) -> Result<(), CommandError> {
    let (own, clip) = draft.clip(clip)?;
    if at.is_empty() || at.len() > MAX_COPIES {
        let what = format!("{} copies", at.len());
        return Err(CommandError::refused(path(&own, &clip.id), what, "make 1 to 1000 at a time"));
    }
    let track = track.unwrap_or(&own);
    check_kind(draft, track, &clip)?;
    let mut ids = ClipIds::of(draft);
    ids.resolve(given, clip.id.as_str(), at.len())?;
    let clock = Clock::of(draft)?;
    for (id, start) in given.iter().zip(at) {
        let mut copy = Clip { id: id.clone(), start: *start, ..clip.clone() };
        if *track != own {
            copy.take_lane = None;
        }
        draft.note_created(path(track, id));
        lay(draft, &clock, track, copy)?;
    }
    Ok(())
}

impl Op for AddClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.track(&self.track)?;
        let file_stem = |file: &str| {
            let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
            name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
        };
        let base = match &self.content {
            _ if !self.name.is_empty() => self.name.clone(),
            ClipContent::Audio(audio) => file_stem(&audio.file),
            ClipContent::Midi(_) => self.track.to_string(),
        };
        let mut given: Vec<ClipId> = self.id.take().into_iter().collect();
        ClipIds::of(draft).resolve(&mut given, &base, 1)?;
        let id = given.swap_remove(0);
        self.id = Some(id.clone());
        let mut content = self.content.clone();
        if let ClipContent::Midi(midi) = &mut content {
            midi.sort();
        }
        let clip = Clip {
            id,
            name: self.name.clone(),
            content,
            start: self.start,
            length: self.length,
            gain_db: self.gain_db,
            fade_in: self.fade_in.clone(),
            fade_out: self.fade_out.clone(),
            mute: self.mute,
            take_lane: self.take_lane.clone(),
        };
        check_kind(draft, &self.track, &clip)?;
        draft.note_created(path(&self.track, &clip.id));
        let clock = Clock::of(draft)?;
        lay(draft, &clock, &self.track, clip)
    }
}

impl Op for DeleteClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let track = draft.find_clip(&self.clip)?.0.id.clone();
        lift(draft, &track, &self.clip)
    }
}

impl Op for MoveClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let clock = Clock::of(draft)?;
        for (own, mut clip) in with_linked(draft, &self.clip, self.ungrouped)? {
            clip.start = self.start;
            let leader = clip.id == self.clip;
            match &self.track {
                Some(track) if leader && *track != own => {
                    check_kind(draft, track, &clip)?;
                    clip.take_lane = None;
                    lift(draft, &own, &clip.id)?;
                    lay(draft, &clock, track, clip)?;
                }
                _ => replace(draft, &clock, &own, clip)?,
            }
        }
        Ok(())
    }
}

impl Op for CopyClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let length = draft.clip(&self.clip)?.1.length;
        let clock = Clock::of(draft)?;
        let next = |start: &TimeValue| Some(clock.end(*start, length));
        let starts = std::iter::successors(Some(self.start), next);
        // One more than allowed is enough to be refused.
        let starts: Vec<TimeValue> = starts.take(self.repeat.min(MAX_COPIES + 1)).collect();
        paste(draft, &self.clip, self.track.as_ref(), &mut self.ids, &starts)
    }
}

impl Op for PasteClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        paste(draft, &self.clip, self.track.as_ref(), &mut self.ids, &self.at)
    }
}

impl Op for SetClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let (track, mut clip) = draft.clip(&self.clip)?;
        let audio_only = self.reverse.is_some()
            || self.loop_length.is_some()
            || self.stretch.is_some()
            || self.pitch_semitones.is_some();
        let midi_only = self.offset_ticks.is_some() || self.loop_ticks.is_some();
        match &mut clip.content {
            ClipContent::Audio(_) if midi_only => {
                let what = "an audio clip has no offset_ticks or loop_ticks";
                let fix = "set its loop_length, or trim it";
                return Err(CommandError::refused(path(&track, &clip.id), what, fix));
            }
            ClipContent::Audio(audio) => {
                audio.reverse = self.reverse.unwrap_or(audio.reverse);
                audio.loop_length = self.loop_length.unwrap_or(audio.loop_length);
                audio.stretch = self.stretch.unwrap_or(audio.stretch);
                audio.pitch_semitones = self.pitch_semitones.unwrap_or(audio.pitch_semitones);
            }
            ClipContent::Midi(_) if audio_only => {
                let what = "a MIDI clip has no reverse, loop_length, stretch or pitch_semitones";
                return Err(CommandError::refused(path(&track, &clip.id), what, "edit its notes"));
            }
            ClipContent::Midi(midi) => {
                midi.offset = self.offset_ticks.unwrap_or(midi.offset);
                midi.loop_length = self.loop_ticks.unwrap_or(midi.loop_length);
            }
        }
        clip.name = self.name.clone().unwrap_or(clip.name);
        clip.gain_db = self.gain_db.unwrap_or(clip.gain_db);
        clip.fade_in = self.fade_in.clone().unwrap_or(clip.fade_in);
        clip.fade_out = self.fade_out.clone().unwrap_or(clip.fade_out);
        clip.mute = self.mute.unwrap_or(clip.mute);
        clip.take_lane = self.take_lane.clone().unwrap_or(clip.take_lane);
        let clock = Clock::of(draft)?;
        replace(draft, &clock, &track, clip)
    }
}

impl Op for ReplaceNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let mut clip = MidiClip::of(draft, &self.clip)?;
        clip.content.notes.clone_from(&self.notes);
        clip.put_back(draft)
    }
}
