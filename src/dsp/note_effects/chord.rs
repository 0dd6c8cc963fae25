//! Chord: plays a chord in place of each note.

use std::sync::LazyLock;

use super::held::{Held, Known, restore_byte};
use super::stage::{NoteEffect, NoteOutput, derived_note, moved_key, note_effect};
use crate::dsp::describe::{choice, number, setting};
use crate::midi::ChordQuality;
use crate::process::{
    ControlSet, Event, EventKind, InstanceSetup, Prepare, ProcessorSpec, StateError, StateReader,
    StateWriter, Unit,
};
use crate::time::{SampleRate, Samples, nearest};

const TYPE: usize = 0;
const STRUM_MS: usize = 1;
const FIRST_INTERVAL: usize = 2;

/// Most notes above the one played.
const MAX_INTERVALS: usize = 6;

const TYPES: [(&str, ChordQuality); 19] = [
    ("major", ChordQuality::Major),
    ("minor", ChordQuality::Minor),
    ("diminished", ChordQuality::Diminished),
    ("augmented", ChordQuality::Augmented),
    ("sus2", ChordQuality::Sus2),
    ("sus4", ChordQuality::Sus4),
    ("power", ChordQuality::Power),
    ("major-6", ChordQuality::Sixth),
    ("minor-6", ChordQuality::MinorSixth),
    ("dominant-7", ChordQuality::Seventh),
    ("major-7", ChordQuality::MajorSeventh),
    ("minor-7", ChordQuality::MinorSeventh),
    ("minor-major-7", ChordQuality::MinorMajorSeventh),
    ("half-diminished-7", ChordQuality::HalfDiminished),
    ("diminished-7", ChordQuality::DiminishedSeventh),
    ("add-9", ChordQuality::AddedNinth),
    ("dominant-9", ChordQuality::Ninth),
    ("major-9", ChordQuality::MajorNinth),
    ("minor-9", ChordQuality::MinorNinth),
];

/// The names of [`TYPES`], and the last one for what the intervals say.
const TYPE_NAMES: [&str; TYPES.len() + 1] = {
    let mut names = ["custom"; TYPES.len() + 1];
    let mut index = 0;
    while index < TYPES.len() {
        names[index] = TYPES[index].0;
        index += 1;
    }
    names
};

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let interval = |id, name| setting(id, name, Unit::Semitones, (-24.0, 24.0), 0.0);
    note_effect(
        "chord",
        "plays a chord in place of each note",
        vec![
            choice("type", "Type", &TYPE_NAMES, 0),
            number("strum_ms", "Strum", Unit::Milliseconds, (0.0, 1_000.0), 0.0),
            interval("interval1_semitones", "Interval 1"),
            interval("interval2_semitones", "Interval 2"),
            interval("interval3_semitones", "Interval 3"),
            interval("interval4_semitones", "Interval 4"),
            interval("interval5_semitones", "Interval 5"),
            interval("interval6_semitones", "Interval 6"),
        ],
    )
});

/// Plays each note, and with it the notes of a chord of which it is the root: those of the type, or
/// with `custom` those as many semitones away as the intervals say, rounded to whole ones, where 0
/// is none. Note `n` of the chord starts `n strum_ms` after the one played; what has not started
/// when the key is let go is not played. What would leave the keyboard is silent.
///
/// Expression of a note goes to all notes of its chord, to those that start later as they start (not
/// more than 1,024 such wait). The ends of all are the end of the note.
pub(in crate::dsp) struct Chord {
    controls: ControlSet,
    rate: SampleRate,
    /// Semitones above the note; 0 is none.
    intervals: [i64; MAX_INTERVALS],
    held: Held<Root>,
}

#[derive(Clone, Copy)]
struct Root {
    channel: u8,
    key: u8,
    start: i64,
    /// Samples between two notes of the chord.
    strum: f64,
}

impl Known for Root {
    fn save(self, state: &mut StateWriter) {
        state.word(self.channel.into());
        state.word(self.key.into());
        state.word(self.start.cast_unsigned());
        state.number(self.strum);
    }

    fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            channel: restore_byte(state)?,
            key: restore_byte(state)?,
            start: state.word()?.cast_signed(),
            strum: state.number()?,
        })
    }
}

/// A note of a chord.
#[derive(Clone, Copy)]
struct Member {
    note: u64,
    key: u8,
    start: Samples,
}

impl Chord {
    /// The notes of the chord on `root`.
    fn members(&self, note: u64, root: Root) -> impl Iterator<Item = Member> + use<> {
        let intervals = std::iter::once(0).chain(self.intervals.into_iter().filter(|by| *by != 0));
        (0_u32..).zip(intervals).filter_map(move |(number, by)| {
            let start = root.start + nearest(f64::from(number) * root.strum);
            let note = derived_note(note, number.into());
            Some(Member { note, key: moved_key(root.key, by)?, start: Samples(start) })
        })
    }
}

impl NoteEffect for Chord {
    fn spec() -> &'static ProcessorSpec {
        &SPEC
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The index of a choice.
    fn new(setup: &InstanceSetup, prepare: &Prepare<'_>) -> Self {
        let values = setup.controls.constants();
        let mut intervals = [0; MAX_INTERVALS];
        match TYPES.get(values[TYPE] as usize) {
            // The first one is the root.
            Some((_, quality)) => {
                let above = quality.intervals().iter().skip(1);
                intervals.iter_mut().zip(above).for_each(|(to, by)| *to = i64::from(*by));
            }
            None => {
                let given = values[FIRST_INTERVAL..].iter();
                intervals.iter_mut().zip(given).for_each(|(to, by)| *to = nearest(*by));
            }
        }
        let controls = setup.controls.clone();
        Self { controls, rate: prepare.rate, intervals, held: Held::new() }
    }

    fn hear(&mut self, event: &Event, output: &mut NoteOutput<'_>) {
        let at = event.at;
        match event.kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                let strum = self.controls.value_at(STRUM_MS, at.0) * 0.001 * self.rate.hz_f64();
                let root = Root { channel, key, start: at.0, strum };
                if !self.held.insert(note, root) {
                    return;
                }
                for Member { note, key, start } in self.members(note, root) {
                    let kind = EventKind::NoteOn { note, channel, key, velocity };
                    if start == at {
                        output.now(at, kind)
                    } else {
                        output.waiting.push(start, kind)
                    }
                }
            }
            EventKind::NoteOff { note, channel, velocity, .. } => {
                let Some(root) = self.held.remove(note) else { return };
                for Member { note, key, .. } in self.members(note, root) {
                    // What still waits has not started.
                    if !output.waiting.remove(note) {
                        output.now(at, EventKind::NoteOff { note, channel, key, velocity });
                    }
                }
            }
            EventKind::Expression { note, channel, kind, value, .. } => {
                let Some(root) = self.held.get_mut(note).copied() else { return };
                for Member { note, key, start } in self.members(note, root) {
                    let kind = EventKind::Expression { note, channel, key, kind, value };
                    if start <= at {
                        output.now(at, kind)
                    } else {
                        output.waiting.push(start, kind)
                    }
                }
            }
            EventKind::Controller { .. } | EventKind::Exclusive(_) => output.now(at, event.kind),
        }
    }

    fn reset(&mut self) {
        self.held.clear();
    }

    fn save(&self, state: &mut StateWriter) {
        self.held.save(state);
    }

    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.held.restore(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::note_effects::factory;
    use crate::dsp::note_effects::test_notes::{
        assert_any_blocks, assert_resumes_anywhere, off, on, pressure, put_out, rig, starts,
    };
    use crate::dsp::testing::Rig;

    fn chord(values: &[(&str, f64)], events: Vec<Event>) -> Rig {
        rig(factory::<Chord>(), 6_000, values, events)
    }

    #[test]
    fn a_note_becomes_its_chord() {
        let events = vec![on(5, 1, 60, 0.5), off(900, 1, 60)];
        let heard = put_out(&chord(&[("type", 10.0)], events), &[6_000]);
        let keys = [60, 64, 67, 71];
        assert_eq!(starts(&heard), keys.map(|key| (5, key)));
        let notes = (0..).zip(keys).map(|(number, key)| (derived_note(1, number), key));
        let wanted: Vec<Event> = notes
            .clone()
            .map(|(note, key)| on(5, note, key, 0.5))
            .chain(notes.map(|(note, key)| off(900, note, key)))
            .collect();
        assert_eq!(heard, wanted);
    }

    #[test]
    fn custom_intervals_leave_out_what_is_none_or_no_key() {
        let custom = (TYPE_NAMES.len() - 1) as f64;
        let values = [
            ("type", custom),
            ("interval1_semitones", -12.0),
            ("interval3_semitones", 7.0),
            ("interval6_semitones", 24.0),
        ];
        let heard = put_out(&chord(&values, vec![on(5, 1, 110, 0.5)]), &[6_000]);
        assert_eq!(starts(&heard), [(5, 110), (5, 98), (5, 117)]);
    }

    /// 10 ms are 480 samples.
    #[test]
    fn a_strum_starts_one_after_the_other_until_the_key_is_let_go() {
        let events = vec![
            on(5, 1, 60, 0.5),
            pressure(100, 1, 60, 0.3),
            pressure(500, 1, 60, 0.4),
            off(965, 1, 60),
        ];
        let rig = chord(&[("strum_ms", 10.0)], events);
        let second = derived_note(1, 1);
        let wanted = [
            on(5, 1, 60, 0.5),
            pressure(100, 1, 60, 0.3),
            on(485, second, 64, 0.5),
            pressure(485, second, 64, 0.3),
            pressure(500, 1, 60, 0.4),
            pressure(500, second, 64, 0.4),
            // The third would have started on this sample.
            off(965, 1, 60),
            off(965, second, 64),
        ];
        assert_eq!(put_out(&rig, &[6_000]), wanted);
        assert_any_blocks(&rig);
        assert_resumes_anywhere(&rig);
    }
}
