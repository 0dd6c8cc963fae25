//! Notes that are expressed one by one, for plug-ins that know MIDI alone: as MPE has it, each on a
//! channel of its own, whose bend, pressure and controller 74 are the note's.
//!
//! There is one zone: the lower one, of all channels. What concerns a whole channel goes to the
//! zone's first channel. Level and place of a note have no such form and are left out.

use wavemill_core::process::EventKind;
use wavemill_core::session::{ControllerTarget, ExpressionKind};
use wavemill_plugins::run::{MAX_EVENTS, Record, RecordKind};

/// The channels that notes get; the one before them is that of the zone.
const MEMBERS: u8 = 15;
const OF_ZONE: u8 = 0;

/// How far a note is bent at most.
const BEND_SEMITONES: f64 = 48.0;

/// The registered parameters of a bend's range and of a zone's size.
const BEND_RANGE: ControllerTarget = ControllerTarget::Registered(0);
const ZONE: ControllerTarget = ControllerTarget::Registered(6);
/// Both count in the upper seven of the fourteen bits of a parameter.
const UPPER: f64 = 128.0;
const TIMBRE: ControllerTarget = ControllerTarget::Controller(74);

/// What a channel's notes start with: no bend, no pressure, and a timbre in the middle.
const USUAL: [(ControllerTarget, f64); 3] =
    [(ControllerTarget::PitchBend, 0.0), (ControllerTarget::Pressure, 0.0), (TIMBRE, 64.0)];

/// Events of a block that one event becomes at most: the end of a note with its number, those of
/// [`USUAL`] and itself.
const MOST_OF_ONE: usize = USUAL.len() + 2;

/// Events that tell of the zone.
const OF_ALL: usize = MEMBERS as usize + 1;

/// Notes that may be held at once; no hand has more.
const MAX_HELD: usize = 4_096;

/// Puts notes on channels of their own.
pub struct Mpe {
    /// The plug-in knows of the zone.
    is_told: bool,
    members: [Member; MEMBERS as usize],
    /// Notes that sound.
    held: Vec<Held>,
    /// There was no room for one more.
    is_lost: bool,
    /// Notes that have ended.
    ended: u64,
    records: Vec<Record>,
}

/// A note that sounds.
#[derive(Clone, Copy)]
struct Held {
    note: u64,
    key: u8,
    /// Which of the members it has.
    member: usize,
}

/// A channel that notes get.
#[derive(Clone, Copy, Default)]
struct Member {
    /// How many it has now.
    notes: u32,
    /// Which of all notes that ended was its last.
    last: u64,
    /// What it was told, in the order of [`USUAL`]; nothing yet where that is what notes start with.
    told: [Option<f64>; USUAL.len()],
}

impl Mpe {
    /// Nothing sounds.
    pub fn new() -> Self {
        Self {
            is_told: false,
            members: [Member::default(); MEMBERS as usize],
            held: Vec::with_capacity(MAX_HELD),
            is_lost: false,
            ended: 0,
            // Memory that is reserved and not written to is not taken.
            records: Vec::with_capacity(MAX_EVENTS as usize * MOST_OF_ONE + OF_ALL),
        }
    }

    /// The plug-in no longer knows of the zone, as it was activated again, and is told once more.
    pub fn forget_zone(&mut self) {
        self.is_told = false;
    }

    /// The events of a block in which `records` happen; fails where more notes are held than there is
    /// room for.
    pub fn rewrite(&mut self, records: &[Record]) -> Result<&[Record], String> {
        self.records.clear();
        if !std::mem::replace(&mut self.is_told, true) {
            self.tell_zone();
        }
        for record in records {
            match record.kind {
                RecordKind::Event(kind) => self.event(record.frame, kind),
                RecordKind::Parameter { .. } => self.records.push(*record),
            }
        }
        match self.is_lost {
            true => Err(format!(
                "more than {MAX_HELD} of its notes sound at once, which is the most that MPE is \
                 made of: end some of them, or bypass it"
            )),
            false => Ok(&self.records),
        }
    }

    fn tell_zone(&mut self) {
        self.control(0, OF_ZONE, ZONE, f64::from(MEMBERS) * UPPER);
        for channel in 1..=MEMBERS {
            self.control(0, channel, BEND_RANGE, BEND_SEMITONES * UPPER);
        }
    }

    fn event(&mut self, frame: u32, kind: EventKind) {
        match kind {
            EventKind::NoteOn { note, key, .. } => self.start(frame, (note, key), kind),
            EventKind::NoteOff { note, .. } => {
                if let Some(Held { member, .. }) = self.take(note) {
                    self.say(frame, kind.on_channel(channel_of(member)));
                }
            }
            EventKind::Expression { note, kind, value, .. } => {
                let Some(held) = self.held.iter().find(|held| held.note == note) else { return };
                if let Some((dimension, value)) = dimension(kind, value) {
                    self.tell(frame, held.member, dimension, value);
                }
            }
            EventKind::Controller { .. } => self.say(frame, kind.on_channel(OF_ZONE)),
            EventKind::Exclusive(_) => self.say(frame, kind),
        }
    }

    /// Starts a note on the channel that has been free for longest, or where none is, with the fewest
    /// others. What sounds under its number ends before.
    fn start(&mut self, frame: u32, (note, key): (u64, u8), on: EventKind) {
        if let Some(Held { key, member, .. }) = self.take(note) {
            let channel = channel_of(member);
            self.say(frame, EventKind::NoteOff { note, channel, key, velocity: 0.0 });
        }
        if self.held.len() == MAX_HELD {
            self.is_lost = true;
            return;
        }
        let all = self.members.iter().enumerate();
        let best = all.min_by_key(|(_, member)| (member.notes, member.last));
        let Some((index, _)) = best else { return };
        if self.members[index].notes == 0 {
            for (dimension, (_, usual)) in USUAL.iter().enumerate() {
                if self.members[index].told[dimension].is_some_and(|told| told != *usual) {
                    self.tell(frame, index, dimension, *usual);
                }
            }
        }
        self.members[index].notes += 1;
        self.held.push(Held { note, key, member: index });
        self.say(frame, on.on_channel(channel_of(index)));
    }

    /// Ends a note and gives it, where it sounds.
    fn take(&mut self, note: u64) -> Option<Held> {
        let place = self.held.iter().position(|held| held.note == note)?;
        let held = self.held.swap_remove(place);
        self.ended += 1;
        let member = &mut self.members[held.member];
        (member.notes, member.last) = (member.notes.saturating_sub(1), self.ended);
        Some(held)
    }

    fn tell(&mut self, frame: u32, index: usize, dimension: usize, value: f64) {
        self.members[index].told[dimension] = Some(value);
        self.control(frame, channel_of(index), USUAL[dimension].0, value);
    }

    fn control(&mut self, frame: u32, channel: u8, target: ControllerTarget, value: f64) {
        self.say(frame, EventKind::Controller { channel, target, value });
    }

    fn say(&mut self, frame: u32, kind: EventKind) {
        self.records.push(Record { frame, kind: RecordKind::Event(kind) });
    }
}

/// The channel of the member at `index`.
fn channel_of(index: usize) -> u8 {
    u8::try_from(index + 1).unwrap_or(MEMBERS)
}

/// Which of [`USUAL`] a note's expression is, and the controller's value.
fn dimension(kind: ExpressionKind, value: f64) -> Option<(usize, f64)> {
    match kind {
        ExpressionKind::Tuning => Some((0, (value / BEND_SEMITONES).clamp(-1.0, 1.0))),
        ExpressionKind::Pressure => Some((1, value * 127.0)),
        ExpressionKind::Timbre => Some((2, value * 127.0)),
        ExpressionKind::Volume | ExpressionKind::Pan => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(frame: u32, kind: EventKind) -> Record {
        Record { frame, kind: RecordKind::Event(kind) }
    }

    fn on(note: u64, channel: u8) -> EventKind {
        EventKind::NoteOn { note, channel, key: 60, velocity: 0.5 }
    }

    fn off(note: u64, channel: u8) -> EventKind {
        EventKind::NoteOff { note, channel, key: 60, velocity: 0.0 }
    }

    fn express(note: u64, kind: ExpressionKind, value: f64) -> EventKind {
        EventKind::Expression { note, channel: 9, key: 60, kind, value }
    }

    fn control(channel: u8, target: ControllerTarget, value: f64) -> EventKind {
        EventKind::Controller { channel, target, value }
    }

    /// What becomes of events that follow each other, behind what is said of the zone.
    fn rewritten(events: &[EventKind]) -> Vec<EventKind> {
        let mut mpe = Mpe::new();
        assert_eq!(mpe.rewrite(&[]).unwrap().len(), 16);
        let records: Vec<Record> = events.iter().map(|kind| event(3, *kind)).collect();
        let kind = |record: &Record| match record.kind {
            RecordKind::Event(kind) if record.frame == 3 => kind,
            _ => unreachable!(),
        };
        mpe.rewrite(&records).unwrap().iter().map(kind).collect()
    }

    #[test]
    fn the_zone_is_told_first_and_once() {
        let mut mpe = Mpe::new();
        let parameter = Record { frame: 0, kind: RecordKind::Parameter { index: 1, value: 0.5 } };
        let told = mpe.rewrite(&[parameter]).unwrap().to_vec();
        assert_eq!(told[0], event(0, control(0, ControllerTarget::Registered(6), 15.0 * 128.0)));
        let range = |channel| event(0, control(channel, ControllerTarget::Registered(0), 6_144.0));
        assert_eq!(told[1..16], (1..16).map(range).collect::<Vec<_>>());
        assert_eq!(told[16..], [parameter]);
        assert_eq!(mpe.rewrite(&[parameter]).unwrap(), [parameter]);
    }

    #[test]
    fn what_was_activated_again_is_told_of_the_zone_and_its_notes_stay_where_they_are() {
        let mut mpe = Mpe::new();
        let told = mpe.rewrite(&[event(0, on(7, 9)), event(0, on(8, 9))]).unwrap().to_vec();
        mpe.forget_zone();
        let again = mpe.rewrite(&[event(0, off(8, 9))]).unwrap();
        assert_eq!(again[..16], told[..16]);
        assert_eq!(again[16..], [event(0, off(8, 2))]);
    }

    #[test]
    fn a_number_that_sounds_is_ended_before_it_starts_again() {
        let second = EventKind::NoteOn { note: 7, channel: 0, key: 72, velocity: 1.0 };
        let said = rewritten(&[on(7, 0), second, off(7, 0), off(7, 0)]);
        assert_eq!(said, [on(7, 1), off(7, 1), second.on_channel(2), off(7, 2)]);
    }

    #[test]
    fn more_notes_than_there_is_room_for_are_told_of() {
        let mut mpe = Mpe::new();
        let notes = |range: std::ops::Range<u64>| {
            range.map(|note| event(0, on(note, 0))).collect::<Vec<_>>()
        };
        mpe.rewrite(&notes(0..4_096)).unwrap();
        mpe.rewrite(&notes(7..8)).unwrap();
        let refused = mpe.rewrite(&notes(4_096..4_097)).unwrap_err();
        assert!(refused.contains("4096 of its notes"), "{refused}");
    }

    #[test]
    fn every_note_has_a_channel_of_its_own_and_what_is_said_of_it_goes_there() {
        let bend = ControllerTarget::PitchBend;
        let said = rewritten(&[
            on(7, 9),
            on(8, 9),
            express(8, ExpressionKind::Tuning, 12.0),
            express(7, ExpressionKind::Pressure, 1.0),
            express(8, ExpressionKind::Timbre, 0.5),
            express(8, ExpressionKind::Pan, 0.5),
            control(9, bend, 0.5),
            off(8, 9),
            express(8, ExpressionKind::Tuning, 1.0),
        ]);
        let wanted = [
            on(7, 1),
            on(8, 2),
            control(2, bend, 0.25),
            control(1, ControllerTarget::Pressure, 127.0),
            control(2, ControllerTarget::Controller(74), 63.5),
            control(0, bend, 0.5),
            off(8, 2),
        ];
        assert_eq!(said, wanted);
    }

    #[test]
    fn a_channel_that_is_used_again_starts_as_if_it_were_new() {
        let mut told = vec![on(0, 0), express(0, ExpressionKind::Tuning, -96.0), off(0, 0)];
        let others: Vec<u64> = (1..15).collect();
        told.extend(others.iter().flat_map(|note| [on(*note, 0), off(*note, 0)]));
        told.push(on(99, 0));
        let said = rewritten(&told);
        let bend = |value| control(1, ControllerTarget::PitchBend, value);
        assert_eq!(said[..3], [on(0, 1), bend(-1.0), off(0, 1)]);
        assert_eq!(said[said.len() - 2..], [bend(0.0), on(99, 1)]);
    }

    #[test]
    fn more_notes_than_channels_share_them_and_all_end() {
        let ons = (0..20).map(|note| on(note, 0));
        let offs = (0..20).map(|note| off(note, 0));
        let said = rewritten(&ons.chain(offs).collect::<Vec<_>>());
        let channels = |kind: &EventKind| kind.channel();
        let (ons, offs) = said.split_at(20);
        assert!(ons.iter().map(channels).eq((1..16).chain(1..6)));
        assert!(ons.iter().map(channels).eq(offs.iter().map(channels)));
    }
}
