//! Notes of one key that overlap: both sound, the first one is cut short, or both become one.

use std::collections::BTreeMap;

use crate::session::{ExpressionKind, NoteOverlap};
use crate::time::Samples;

/// A note as it sounds on the timeline, in samples, or in ticks where it is written to a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SoundingNote<Time = Samples> {
    pub(crate) start: Time,
    pub(crate) stop: Time,
    pub(crate) channel: u8,
    pub(crate) key: u8,
    /// Above 0 to 1.
    pub(crate) velocity: f64,
    /// 0 to 1.
    pub(crate) release_velocity: f64,
    /// What changes while it sounds, in order.
    pub(crate) expression: Vec<(Time, ExpressionKind, f64)>,
}

/// Applies `overlap` to notes that are in order of their starts; keeps that order.
pub(crate) fn resolve_overlaps<Time: Copy + Ord>(
    notes: Vec<SoundingNote<Time>>,
    overlap: NoteOverlap,
) -> Vec<SoundingNote<Time>> {
    if overlap == NoteOverlap::Keep {
        return notes;
    }
    let mut resolved: Vec<SoundingNote<Time>> = Vec::with_capacity(notes.len());
    let mut latest: BTreeMap<(u8, u8), usize> = BTreeMap::new();
    for note in notes {
        let place = (note.channel, note.key);
        if let Some(before) = latest.get(&place).map(|index| &mut resolved[*index])
            && before.stop > note.start
        {
            match overlap {
                NoteOverlap::Legato => {
                    before.stop = before.stop.max(note.stop);
                    before.expression.extend(note.expression);
                    continue;
                }
                NoteOverlap::Retrigger | NoteOverlap::Keep => {
                    before.stop = note.start;
                    before.expression.retain(|(at, ..)| *at < note.start);
                }
            }
        }
        latest.insert(place, resolved.len());
        resolved.push(note);
    }
    // Of two that start together nothing of the first is left.
    resolved.retain(|note| note.stop > note.start);
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: i64, stop: i64, key: u8) -> SoundingNote {
        SoundingNote {
            start: Samples(start),
            stop: Samples(stop),
            channel: 0,
            key,
            velocity: 0.5,
            release_velocity: 0.5,
            expression: Vec::new(),
        }
    }

    fn spans(notes: &[SoundingNote]) -> Vec<(i64, i64, u8)> {
        notes.iter().map(|note| (note.start.0, note.stop.0, note.key)).collect()
    }

    fn overlapping() -> Vec<SoundingNote> {
        vec![note(0, 100, 60), note(10, 20, 61), note(50, 80, 60), note(100, 120, 60)]
    }

    #[test]
    fn kept_notes_stay_as_they_are() {
        let kept = resolve_overlaps(overlapping(), NoteOverlap::Keep);
        assert_eq!(kept, overlapping());
    }

    #[test]
    fn a_retriggered_note_ends_where_the_next_of_its_key_starts() {
        let notes = resolve_overlaps(overlapping(), NoteOverlap::Retrigger);
        assert_eq!(spans(&notes), [(0, 50, 60), (10, 20, 61), (50, 80, 60), (100, 120, 60)]);
        let together = vec![note(5, 10, 60), note(5, 20, 60)];
        assert_eq!(spans(&resolve_overlaps(together, NoteOverlap::Retrigger)), [(5, 20, 60)]);
    }

    #[test]
    fn a_note_cut_short_is_not_expressed_behind_its_end() {
        let pressed = |at| (Samples(at), ExpressionKind::Pressure, 0.5);
        let first = SoundingNote { expression: vec![pressed(10), pressed(70)], ..note(0, 100, 60) };
        let notes = resolve_overlaps(vec![first, note(50, 80, 60)], NoteOverlap::Retrigger);
        assert_eq!(notes[0].expression, [pressed(10)]);
    }

    #[test]
    fn legato_makes_one_note_until_the_later_end() {
        let notes = resolve_overlaps(overlapping(), NoteOverlap::Legato);
        // The last one starts where the first one ends: it is a note of its own.
        assert_eq!(spans(&notes), [(0, 100, 60), (10, 20, 61), (100, 120, 60)]);
        let longer = vec![note(0, 100, 60), note(50, 180, 60)];
        assert_eq!(spans(&resolve_overlaps(longer, NoteOverlap::Legato)), [(0, 180, 60)]);
    }

    #[test]
    fn other_channels_do_not_overlap() {
        let other = SoundingNote { channel: 3, ..note(50, 80, 60) };
        let notes = vec![note(0, 100, 60), other];
        assert_eq!(resolve_overlaps(notes.clone(), NoteOverlap::Retrigger), notes);
    }
}
