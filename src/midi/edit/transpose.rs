//! Transpose: notes moved by semitones, or by the steps of a scale.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::session::Note;

/// A note that would leave the keys there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key {key} would become {would_be}: keys go from 0 to 127; transpose by less")]
pub struct TransposeError {
    /// The key of the note.
    pub key: u8,
    /// What it would be.
    pub would_be: i64,
}

/// The steps of a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleKind {
    /// Whole, whole, half, whole, whole, whole, half.
    Major,
    /// Natural minor.
    Minor,
    /// Minor with a leading note.
    HarmonicMinor,
    /// Minor with the sixth and seventh of major, up and down.
    MelodicMinor,
    /// Minor with a major sixth.
    Dorian,
    /// Minor with a minor second.
    Phrygian,
    /// Major with an augmented fourth.
    Lydian,
    /// Major with a minor seventh.
    Mixolydian,
    /// Minor with a minor second and a diminished fifth.
    Locrian,
    /// Major without fourth and seventh.
    MajorPentatonic,
    /// Minor without second and sixth.
    MinorPentatonic,
    /// Minor pentatonic with the diminished fifth.
    Blues,
    /// Six whole steps.
    WholeTone,
    /// All twelve.
    Chromatic,
}

impl ScaleKind {
    /// Its notes in semitones above the root, ascending from 0.
    pub const fn semitones(self) -> &'static [i64] {
        match self {
            Self::Major => &[0, 2, 4, 5, 7, 9, 11],
            Self::Minor => &[0, 2, 3, 5, 7, 8, 10],
            Self::HarmonicMinor => &[0, 2, 3, 5, 7, 8, 11],
            Self::MelodicMinor => &[0, 2, 3, 5, 7, 9, 11],
            Self::Dorian => &[0, 2, 3, 5, 7, 9, 10],
            Self::Phrygian => &[0, 1, 3, 5, 7, 8, 10],
            Self::Lydian => &[0, 2, 4, 6, 7, 9, 11],
            Self::Mixolydian => &[0, 2, 4, 5, 7, 9, 10],
            Self::Locrian => &[0, 1, 3, 5, 6, 8, 10],
            Self::MajorPentatonic => &[0, 2, 4, 7, 9],
            Self::MinorPentatonic => &[0, 3, 5, 7, 10],
            Self::Blues => &[0, 3, 5, 6, 7, 10],
            Self::WholeTone => &[0, 2, 4, 6, 8, 10],
            Self::Chromatic => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        }
    }
}

/// Moves notes by semitones; all of them, or none where one would leave the keys.
pub fn transpose(notes: &mut [Note], semitones: i64) -> Result<(), TransposeError> {
    move_keys(notes, |key| key.saturating_add(semitones))
}

/// Moves notes by `steps` of a scale whose root is `root`, 0 (C) to 11 (B). A note outside the scale
/// goes with the scale's note below it and stays as far above it.
pub fn transpose_in_scale(
    notes: &mut [Note],
    root: u8,
    scale: ScaleKind,
    steps: i64,
) -> Result<(), TransposeError> {
    let semitones = scale.semitones();
    let count = i64::try_from(semitones.len()).unwrap_or(12);
    move_keys(notes, |key| {
        let above_root = key - i64::from(root);
        let (octave, inside) = (above_root.div_euclid(12), above_root.rem_euclid(12));
        let degree = semitones.partition_point(|semitone| *semitone <= inside) - 1;
        let altered = inside - semitones[degree];
        let moved = i64::try_from(degree).unwrap_or(0).saturating_add(steps);
        let note = usize::try_from(moved.rem_euclid(count)).unwrap_or(0);
        let octaves = octave.saturating_add(moved.div_euclid(count));
        octaves.saturating_mul(12).saturating_add(semitones[note] + altered + i64::from(root))
    })
}

fn move_keys(notes: &mut [Note], to: impl Fn(i64) -> i64) -> Result<(), TransposeError> {
    let key = |note: &Note| {
        let would_be = to(i64::from(note.key));
        let fits = u8::try_from(would_be).ok().filter(|key| *key < 128);
        fits.ok_or(TransposeError { key: note.key, would_be })
    };
    let keys = notes.iter().map(key).collect::<Result<Vec<u8>, _>>()?;
    notes.iter_mut().zip(keys).for_each(|(note, key)| note.key = key);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Ticks;

    fn notes(keys: &[u8]) -> Vec<Note> {
        keys.iter().map(|key| Note::new(Ticks(0), Ticks(1), *key, 90)).collect()
    }

    fn keys(notes: &[Note]) -> Vec<u8> {
        notes.iter().map(|note| note.key).collect()
    }

    #[test]
    fn thirds_of_c_major_are_major_and_minor() {
        let mut moved = notes(&[60, 62, 64, 65, 67, 69, 71, 61]);
        transpose_in_scale(&mut moved, 0, ScaleKind::Major, 2).unwrap();
        // C-E, D-F, E-G, F-A, G-B, A-C, B-D; C sharp stays a semitone above C's third.
        assert_eq!(keys(&moved), [64, 65, 67, 69, 71, 72, 74, 65]);
    }

    #[test]
    fn all_move_or_none() {
        let mut high = notes(&[60, 120]);
        let error = transpose(&mut high, 8).unwrap_err();
        assert_eq!(error, TransposeError { key: 120, would_be: 128 });
        assert_eq!(keys(&high), [60, 120]);
    }

    proptest! {
        #[test]
        fn up_and_down_is_where_it_was(key in 40..80_u8, steps in -12..12_i64, root in 0..12_u8) {
            let mut moved = notes(&[key]);
            transpose(&mut moved, steps).unwrap();
            transpose(&mut moved, -steps).unwrap();
            prop_assert_eq!(keys(&moved), [key]);
            let in_scale = ScaleKind::Minor.semitones();
            let inside = (i64::from(key) - i64::from(root)).rem_euclid(12);
            prop_assume!(in_scale.contains(&inside));
            transpose_in_scale(&mut moved, root, ScaleKind::Minor, steps).unwrap();
            let there = (i64::from(moved[0].key) - i64::from(root)).rem_euclid(12);
            prop_assert!(in_scale.contains(&there));
            transpose_in_scale(&mut moved, root, ScaleKind::Minor, -steps).unwrap();
            prop_assert_eq!(keys(&moved), [key]);
        }
    }
}
