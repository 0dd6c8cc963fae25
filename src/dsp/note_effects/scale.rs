//! Scale: moves notes into a scale.

use std::sync::LazyLock;

use super::mapped::{NoteMap, StartingNote};
use super::stage::{moved_key, note_effect};
use crate::dsp::describe::choice;
use crate::midi::edit::ScaleKind;
use crate::process::{InstanceSetup, ProcessorSpec};
use crate::time::nearest;

const ROOT: usize = 0;
const SCALE: usize = 1;
const DIRECTION: usize = 2;

const ROOTS: &[&str] =
    &["c", "c-sharp", "d", "d-sharp", "e", "f", "f-sharp", "g", "g-sharp", "a", "a-sharp", "b"];

const SCALES: &[&str] = &[
    "major",
    "natural-minor",
    "harmonic-minor",
    "melodic-minor",
    "dorian",
    "phrygian",
    "lydian",
    "mixolydian",
    "locrian",
    "major-pentatonic",
    "minor-pentatonic",
    "blues",
    "whole-tone",
];

/// What they are, in the order of [`SCALES`].
const KINDS: [ScaleKind; SCALES.len()] = [
    ScaleKind::Major,
    ScaleKind::Minor,
    ScaleKind::HarmonicMinor,
    ScaleKind::MelodicMinor,
    ScaleKind::Dorian,
    ScaleKind::Phrygian,
    ScaleKind::Lydian,
    ScaleKind::Mixolydian,
    ScaleKind::Locrian,
    ScaleKind::MajorPentatonic,
    ScaleKind::MinorPentatonic,
    ScaleKind::Blues,
    ScaleKind::WholeTone,
];

const DIRECTIONS: &[&str] = &["nearest", "up", "down"];

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    note_effect(
        "scale",
        "moves notes that are not in a scale to one that is",
        vec![
            choice("root", "Root", ROOTS, 0),
            choice("scale", "Scale", SCALES, 0),
            choice("direction", "Direction", DIRECTIONS, 0),
        ],
    )
});

/// A note outside the scale is played with the nearest key of the scale (of two as near the lower
/// one), or with the next one up or down. Where the keyboard ends it goes the other way. Notes of
/// the scale stay. Ends and expression follow their note.
pub(in crate::dsp) struct Scale {
    /// By pitch class: semitones to move.
    moves: [i64; 12],
    /// The same where the keyboard ends.
    other_way: [i64; 12],
}

impl NoteMap for Scale {
    fn spec() -> &'static ProcessorSpec {
        &SPEC
    }

    fn new(setup: &InstanceSetup) -> Self {
        let index = |parameter: usize| nearest(setup.controls.constants()[parameter]);
        let row = usize::try_from(index(SCALE)).unwrap_or(0);
        let steps = KINDS[row.min(KINDS.len() - 1)].semitones();
        let root = index(ROOT);
        let inside = |class: i64| steps.contains(&(class - root).rem_euclid(12));
        // A scale has a key within every octave.
        let way = |class: i64, sign: i64| (0..12).find(|by| inside(class + sign * by)).unwrap_or(0);
        let mut scale = Self { moves: [0; 12], other_way: [0; 12] };
        for (class, (moves, other)) in (0..).zip(scale.moves.iter_mut().zip(&mut scale.other_way)) {
            let (up, down) = (way(class, 1), -way(class, -1));
            let goes_up = match index(DIRECTION) {
                0 => up < -down,
                direction => direction == 1,
            };
            (*moves, *other) = if goes_up { (up, down) } else { (down, up) };
        }
        scale
    }

    fn map(&self, note: StartingNote) -> Option<(u8, f64)> {
        let class = usize::from(note.key % 12);
        let key = moved_key(note.key, self.moves[class])
            .or_else(|| moved_key(note.key, self.other_way[class]))?;
        Some((key, note.velocity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::note_effects::test_notes::{on, put_out, rig};
    use crate::dsp::note_effects::{Mapped, factory};
    use crate::process::EventKind;

    /// The keys with which `keys` are played.
    fn played(values: &[(&str, f64)], keys: impl IntoIterator<Item = u8>) -> Vec<u8> {
        let events = (0_u8..).zip(keys).map(|(at, key)| on(at.into(), at.into(), key, 0.5));
        let rig = rig(factory::<Mapped<Scale>>(), 200, values, events.collect());
        let keys = put_out(&rig, &[200]).into_iter().map(|event| match event.kind {
            EventKind::NoteOn { key, .. } => key,
            other => panic!("{other:?}"),
        });
        keys.collect()
    }

    #[test]
    fn an_octave_goes_into_c_major() {
        let down = [60, 60, 62, 62, 64, 65, 65, 67, 67, 69, 69, 71];
        let up = [60, 62, 62, 64, 64, 65, 67, 67, 69, 69, 71, 71];
        assert_eq!(played(&[], 60..72), down, "of two as near the lower");
        assert_eq!(played(&[("direction", 2.0)], 60..72), down);
        assert_eq!(played(&[("direction", 1.0)], 60..72), up);
    }

    #[test]
    fn roots_move_the_scale() {
        // A minor pentatonic: A C D E G.
        let values = [("root", 9.0), ("scale", 10.0)];
        assert_eq!(played(&values, 57..69), [57, 57, 60, 60, 60, 62, 62, 64, 64, 67, 67, 67]);
    }

    #[test]
    fn every_scale_begins_at_its_root_and_rises() {
        for steps in KINDS.map(ScaleKind::semitones) {
            assert_eq!(steps[0], 0);
            assert!(steps.windows(2).all(|pair| pair[0] < pair[1]) && steps[steps.len() - 1] < 12);
        }
    }

    #[test]
    fn at_the_end_of_the_keyboard_notes_go_the_other_way() {
        // B major has A# and B, no C: up from 0 is C#, down there is nothing.
        assert_eq!(played(&[("root", 11.0), ("direction", 2.0)], [0]), [1]);
        // Up from 127, a G, the next one in C# minor pentatonic is beyond the keyboard.
        assert_eq!(played(&[("root", 1.0), ("scale", 10.0), ("direction", 1.0)], [127]), [126]);
    }
}
