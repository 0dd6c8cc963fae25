//! MPE: notes on channels of their own, whose controllers are the expression of the note.
//!
//! As the MIDI Polyphonic Expression specification 1.0 has it: a zone is a manager channel (1 for
//! the lower one, 16 for the upper one) and member channels next to it, as many as the registered
//! parameter 6 of the manager channel says. The pitch bend of a member channel is the tuning of its
//! note (in the range that parameter 0 says, 48 semitones otherwise), its channel pressure the
//! note's pressure, and controller 74 its timbre.

use std::collections::BTreeMap;

use crate::session::limits::MAX_EXPRESSION_POINTS;
use crate::session::{
    ControllerLane, ControllerPoint, ControllerShape, ControllerTarget, ExpressionKind,
    ExpressionPoint, MidiContent, Note,
};
use crate::time::Ticks;

/// The range of a member channel's bend where nothing says another, in semitones.
const DEFAULT_BEND_RANGE: f64 = 48.0;

/// Registered parameter of the range of the bend.
const BEND_RANGE: ControllerTarget = ControllerTarget::Registered(0);
/// Registered parameter that makes a zone.
const ZONE: ControllerTarget = ControllerTarget::Registered(6);
const TIMBRE: ControllerTarget = ControllerTarget::Controller(74);

/// What a member channel says of a note: the lane, and what it is of the note.
const DIMENSIONS: [(ControllerTarget, ExpressionKind); 3] = [
    (ControllerTarget::PitchBend, ExpressionKind::Tuning),
    (ControllerTarget::Pressure, ExpressionKind::Pressure),
    (TIMBRE, ExpressionKind::Timbre),
];

/// A zone: a manager channel and its members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MpeZone {
    /// Channel 0 (the lower zone) or 15 (the upper one).
    upper: bool,
    /// Member channels, 1 to 15.
    members: u8,
    /// Range of the members' bend, in semitones, 1 to 96.
    bend_range: f64,
}

impl MpeZone {
    /// The lower zone of `members` channels (1 to 15 of 0-based numbers) next to channel 0.
    pub fn lower(members: u8) -> Self {
        Self { upper: false, members: members.clamp(1, 15), bend_range: DEFAULT_BEND_RANGE }
    }

    /// The upper zone of `members` channels (14 downwards) next to channel 15.
    pub fn upper(members: u8) -> Self {
        Self { upper: true, ..Self::lower(members) }
    }

    /// The same zone whose members bend by whole `semitones`, 1 to 96.
    #[must_use]
    pub fn with_bend_range(self, semitones: u8) -> Self {
        Self { bend_range: f64::from(semitones.clamp(1, 96)), ..self }
    }

    /// The channel for all of its notes.
    pub const fn manager(self) -> u8 {
        if self.upper { 15 } else { 0 }
    }

    /// The channel of member `index`, counted from the manager, from 0.
    const fn member(self, index: u8) -> u8 {
        if self.upper { 14 - index } else { 1 + index }
    }

    /// True for its member channels.
    pub const fn is_member(self, channel: u8) -> bool {
        let distance = if self.upper { 15_u8.saturating_sub(channel) } else { channel };
        distance >= 1 && distance <= self.members && channel < 16
    }
}

/// The zones that the registered parameter 6 of channels 0 and 15 sets up last, with the bend range
/// that their members (the last of them to be told) have.
pub fn mpe_zones(content: &MidiContent) -> Vec<MpeZone> {
    let last = |channel: u8, target: ControllerTarget| {
        let lane = content.controllers.iter().find(|l| (l.channel, l.target) == (channel, target));
        lane.and_then(|lane| lane.points.last()).map(|point| point.value)
    };
    let mut zones = Vec::new();
    for (manager, make) in [(0, MpeZone::lower as fn(u8) -> MpeZone), (15, MpeZone::upper)] {
        let members = last(manager, ZONE).map_or(0, members_of);
        if members == 0 {
            continue;
        }
        let mut zone = make(members);
        let mut ranges = (0..members).filter_map(|index| last(zone.member(index), BEND_RANGE));
        if let Some(range) = ranges.next_back().map(semitones).filter(|range| *range > 0.0) {
            zone.bend_range = range;
        }
        zones.push(zone);
    }
    zones
}

/// The number of member channels: the upper half of parameter 6.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 127.
fn members_of(value: f64) -> u8 {
    ((value as u16) >> 7).min(15) as u8
}

/// The range of a bend: semitones in the upper half of parameter 0, hundredths in the lower one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 16383.
fn semitones(value: f64) -> f64 {
    let value = value as u16;
    f64::from(value >> 7) + f64::from(value & 0x7F) / 100.0
}

/// The notes of `zone` with what their channels say as their expression, on its manager channel,
/// whose own controllers stay those of all notes. Other channels stay as they are.
///
/// # Errors
/// Where the notes of a channel that sound at once make too much of what it says.
pub fn mpe_to_expression(
    content: &MidiContent,
    zone: MpeZone,
) -> Result<MidiContent, TooMuchExpression> {
    let mut lanes: BTreeMap<(u8, ControllerTarget), &[ControllerPoint]> = BTreeMap::new();
    for lane in content.controllers.iter().filter(|lane| zone.is_member(lane.channel)) {
        lanes.insert((lane.channel, lane.target), &lane.points);
    }
    let mut converted = content.clone();
    let mut total = 0;
    for note in converted.notes.iter_mut().filter(|note| zone.is_member(note.channel)) {
        for (target, kind) in DIMENSIONS {
            let points = lanes.get(&(note.channel, target)).copied().unwrap_or_default();
            express(note, kind, points, zone);
        }
        total += note.expression.len();
        if note.expression.len() > MAX_EXPRESSION_POINTS || total > MAX_MPE_POINTS {
            return Err(TooMuchExpression { key: note.key });
        }
        note.expression.sort_by_key(|point| point.at);
        note.channel = zone.manager();
    }
    converted.controllers.retain(|lane| {
        let is_dimension = DIMENSIONS.iter().any(|(target, _)| *target == lane.target);
        let is_member = zone.is_member(lane.channel);
        let sets_up = lane.target == ZONE && lane.channel == zone.manager();
        !(is_member && (is_dimension || lane.target == BEND_RANGE) || sets_up)
    });
    converted.sort();
    Ok(converted)
}

/// Most changes of expression that all notes of a clip are given.
const MAX_MPE_POINTS: usize = 1 << 22;

/// More expression than a note, or a clip, has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the notes of MPE up to one of key {key} come to more than {MAX_EXPRESSION_POINTS} changes of \
     expression each, or {MAX_MPE_POINTS} together: thin out the controllers of its channel"
)]
pub struct TooMuchExpression {
    /// The note's key.
    pub key: u8,
}

/// Adds to `note` what a lane of its channel says before its end.
fn express(note: &mut Note, kind: ExpressionKind, points: &[ControllerPoint], zone: MpeZone) {
    let first = points.partition_point(|point| point.at <= note.at);
    let after = points.partition_point(|point| point.at < note.at + note.length);
    let start = first.checked_sub(1).map(|index| points[index]);
    // A note begins as its channel is, and an untouched channel is at rest.
    if let Some(point) = start.filter(|point| point.value.to_bits() != rest(kind).to_bits()) {
        let value = expressed(kind, point.value, zone);
        note.expression.push(ExpressionPoint { at: Ticks::ZERO, kind, value });
    }
    // One more than allowed is enough to be refused.
    let later = points.get(first..after.min(first + MAX_EXPRESSION_POINTS + 1)).unwrap_or_default();
    note.expression.extend(later.iter().map(|point| {
        let value = expressed(kind, point.value, zone);
        ExpressionPoint { at: point.at - note.at, kind, value }
    }));
}

/// What a lane says while nothing moves.
const fn rest(kind: ExpressionKind) -> f64 {
    match kind {
        ExpressionKind::Timbre => 64.0,
        _ => 0.0,
    }
}

/// The expression that a value of a lane is.
fn expressed(kind: ExpressionKind, value: f64, zone: MpeZone) -> f64 {
    let (min, max) = kind.range();
    let value = match kind {
        ExpressionKind::Tuning => value * zone.bend_range,
        _ => value / 127.0,
    };
    value.clamp(min, max)
}

/// The value of a lane that says an expression.
fn told(kind: ExpressionKind, value: f64, zone: MpeZone) -> f64 {
    match kind {
        ExpressionKind::Tuning => (value / zone.bend_range).clamp(-1.0, 1.0),
        _ => value * 127.0,
    }
}

/// What became of expression.
#[derive(Clone, Debug, PartialEq)]
pub struct FromExpression {
    /// The notes on member channels, and what their channels are told.
    pub content: MidiContent,
    /// Notes that had to share a channel with one that sounds: each hears what either says.
    pub shared: usize,
    /// Changes that were beyond the range of the bend, and are at its end.
    pub clipped: usize,
}

/// The notes on the manager channel of `zone` on channels of their own, their tuning, pressure and
/// timbre as what those channels are told. A note takes the channel that has been free the longest;
/// where none is free the one whose note ends first. Other channels stay as they are.
pub fn expression_to_mpe(content: &MidiContent, zone: MpeZone) -> FromExpression {
    let mut allocation = Allocation { zone, free_at: vec![Ticks(i64::MIN); zone.members.into()] };
    let (mut shared, mut clipped) = (0, 0);
    let mut lanes: BTreeMap<(u8, ControllerTarget), Vec<ControllerPoint>> = BTreeMap::new();
    let mut converted = content.clone();
    for note in converted.notes.iter_mut().filter(|note| note.channel == zone.manager()) {
        let (channel, is_shared) = allocation.take(note);
        note.channel = channel;
        shared += usize::from(is_shared);
        for (target, kind) in DIMENSIONS {
            let out = lanes.entry((channel, target)).or_default();
            clipped += tell(note, kind, zone, out);
        }
        note.expression.retain(|point| DIMENSIONS.iter().all(|(_, kind)| *kind != point.kind));
    }
    set_up(zone, &mut lanes);
    for ((channel, target), mut points) in lanes {
        points.sort_by_key(|point| point.at);
        converted.controllers.retain(|lane| (lane.channel, lane.target) != (channel, target));
        converted.controllers.push(ControllerLane { channel, target, points });
    }
    converted.controllers.sort_by_key(|lane| (lane.channel, lane.target));
    FromExpression { content: converted, shared, clipped }
}

/// The messages that make a zone, at the content's start.
fn set_up(zone: MpeZone, lanes: &mut BTreeMap<(u8, ControllerTarget), Vec<ControllerPoint>>) {
    let at_start = |value| ControllerPoint { at: Ticks::ZERO, value, shape: ControllerShape::Hold };
    let members = f64::from(zone.members) * 128.0;
    lanes.insert((zone.manager(), ZONE), vec![at_start(members)]);
    let range = zone.bend_range * 128.0;
    for index in 0..zone.members {
        lanes.insert((zone.member(index), BEND_RANGE), vec![at_start(range)]);
    }
}

/// Which member channels are free.
struct Allocation {
    zone: MpeZone,
    /// When the last note of each member ends.
    free_at: Vec<Ticks>,
}

impl Allocation {
    /// A channel for `note`, and whether another note sounds on it.
    fn take(&mut self, note: &Note) -> (u8, bool) {
        let mut best = 0;
        let mut channel = 0;
        for (member, index) in (0..self.zone.members).zip(0..self.free_at.len()) {
            if index == 0 || self.free_at[index] < self.free_at[best] {
                (best, channel) = (index, member);
            }
        }
        let is_shared = self.free_at[best] > note.at;
        let end = note.at + note.length;
        self.free_at[best] = end.max(self.free_at[best]);
        (self.zone.member(channel), is_shared)
    }
}

/// Writes down what `note` does in one dimension; how often that was out of range.
fn tell(note: &Note, kind: ExpressionKind, zone: MpeZone, out: &mut Vec<ControllerPoint>) -> usize {
    let mut clipped = 0;
    let mut push = |at: Ticks, value: f64| {
        if kind == ExpressionKind::Tuning && value.abs() > zone.bend_range {
            clipped += 1;
        }
        let value = told(kind, value, zone);
        out.push(ControllerPoint { at: note.at + at, value, shape: ControllerShape::Hold });
    };
    let points = || note.expression.iter().filter(|point| point.kind == kind);
    // The channel begins as the note does, whatever the note before it on the channel said.
    let start = points().rfind(|point| point.at == Ticks::ZERO);
    push(Ticks::ZERO, start.map_or(expressed(kind, rest(kind), zone), |point| point.value));
    for point in points().filter(|point| point.at > Ticks::ZERO && point.at < note.length) {
        push(point.at, point.value);
    }
    clipped
}

#[cfg(test)]
mod tests;
