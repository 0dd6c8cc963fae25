//! Lengths and places of notes: legato, split, join, stretch, reverse, crop.

use std::collections::BTreeMap;

use crate::session::Note;
use crate::time::Ticks;

/// Lengthens or shortens every note so that it ends `gap` before the next start of the list, or
/// where that would leave nothing, a tick after its own start. Those that start last stay.
pub fn legato(notes: &mut [Note], gap: Ticks) {
    let starts: Vec<Ticks> = notes.iter().map(|note| note.at).collect();
    for note in notes {
        let next = starts.partition_point(|start| *start <= note.at);
        if let Some(next) = starts.get(next) {
            note.length = (*next - note.at - gap).max(Ticks(1));
        }
    }
}

/// Cuts the notes that sound across `at` in two there.
pub fn split_notes(notes: Vec<Note>, at: Ticks) -> Vec<Note> {
    let mut split = Vec::with_capacity(notes.len());
    for note in notes {
        if note.at < at && note.at + note.length > at {
            let (first, second) = cut(note, at);
            split.extend([first, second]);
        } else {
            split.push(note);
        }
    }
    split
}

/// Cuts every note into `parts` of equal length, to the nearest tick; a note of fewer ticks than
/// that into as many as it has.
pub fn split_in_parts(notes: Vec<Note>, parts: u32) -> Vec<Note> {
    let mut split = Vec::with_capacity(notes.len());
    for mut note in notes {
        let (start, length) = (note.at, note.length.0);
        let parts = i64::from(parts.max(1)).min(length);
        for part in 1..parts {
            let at = start + Ticks((length * part + parts / 2) / parts);
            let (first, rest) = cut(note, at);
            split.push(first);
            note = rest;
        }
        split.push(note);
    }
    split
}

/// A note before and from `at`, which lies inside it; its expression goes with the parts.
fn cut(mut note: Note, at: Ticks) -> (Note, Note) {
    let inside = at - note.at;
    let mut rest = Note { at, length: note.length - inside, ..note.clone() };
    note.length = inside;
    note.expression.retain(|point| point.at < inside);
    rest.expression.retain(|point| point.at >= inside);
    rest.expression.iter_mut().for_each(|point| point.at -= inside);
    (note, rest)
}

/// Makes one note of those of the same key and channel, muted or not, that follow each other at most
/// `gap` apart.
/// The first one's velocity stays; what lies between is filled.
pub fn join_notes(notes: Vec<Note>, gap: Ticks) -> Vec<Note> {
    let mut joined: Vec<Note> = Vec::with_capacity(notes.len());
    let mut latest: BTreeMap<(u8, u8), usize> = BTreeMap::new();
    for note in notes {
        let place = (note.channel, note.key);
        if let Some(before) = latest.get(&place).map(|index| &mut joined[*index])
            && note.at - (before.at + before.length) <= gap
            && note.mute == before.mute
        {
            let later = note.at - before.at;
            before.length = before.length.max(later + note.length);
            before.release_velocity = note.release_velocity;
            let mut points = note.expression;
            points.iter_mut().for_each(|point| point.at += later);
            before.expression.extend(points);
        } else {
            latest.insert(place, joined.len());
            joined.push(note);
        }
    }
    joined
}

/// A change of speed as a fraction of whole numbers, both above 0: 2/1 lasts twice as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleTime {
    /// What lengths are multiplied by.
    pub numerator: u32,
    /// What they are divided by.
    pub denominator: u32,
}

impl ScaleTime {
    /// `ticks` as long as it is then, to the nearest tick.
    pub fn scaled(self, ticks: Ticks) -> Ticks {
        let (numerator, denominator) =
            (i128::from(self.numerator), i128::from(self.denominator.max(1)));
        let scaled =
            (2 * i128::from(ticks.0) * numerator + denominator).div_euclid(2 * denominator);
        Ticks(i64::try_from(scaled).unwrap_or(i64::MAX))
    }
}

/// Stretches or squeezes `notes` from the first one's start on: twice as long, half as long.
pub fn scale_time(notes: &mut [Note], by: ScaleTime) {
    let Some(first) = notes.iter().map(|note| note.at).min() else { return };
    for note in notes {
        let (start, end) = (note.at - first, note.at - first + note.length);
        note.at = first + by.scaled(start);
        note.length = (by.scaled(end) - by.scaled(start)).max(Ticks(1));
        note.expression.iter_mut().for_each(|point| point.at = by.scaled(point.at));
    }
}

/// Plays `notes` backwards: the last end becomes the first start. Expression keeps its direction.
pub fn reverse(notes: &mut [Note]) {
    let Some(first) = notes.iter().map(|note| note.at).min() else { return };
    let last = notes.iter().map(|note| note.at + note.length).max().unwrap_or(first);
    for note in notes {
        note.at = first + (last - (note.at + note.length));
    }
}

/// Leaves out notes that start outside `from .. to` and cuts those that sound across its end.
pub fn crop(notes: &mut Vec<Note>, from: Ticks, to: Ticks) {
    notes.retain(|note| note.at >= from && note.at < to);
    for note in notes {
        note.length = note.length.min(to - note.at);
        let length = note.length;
        note.expression.retain(|point| point.at < length);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::session::{ExpressionKind, ExpressionPoint};

    fn note(at: i64, length: i64, key: u8) -> Note {
        Note::new(Ticks(at), Ticks(length), key, 90)
    }

    fn spans(notes: &[Note]) -> Vec<(i64, i64, u8)> {
        notes.iter().map(|note| (note.at.0, note.length.0, note.key)).collect()
    }

    #[test]
    fn legato_reaches_to_the_next_start() {
        let mut notes = [note(0, 5, 60), note(0, 9, 64), note(100, 300, 60), note(150, 7, 60)];
        legato(&mut notes, Ticks(10));
        assert_eq!(spans(&notes), [(0, 90, 60), (0, 90, 64), (100, 40, 60), (150, 7, 60)]);
    }

    #[test]
    fn a_cut_note_keeps_its_expression() {
        let point =
            |at| ExpressionPoint { at: Ticks(at), kind: ExpressionKind::Pressure, value: 0.5 };
        let sung = Note { expression: vec![point(2), point(6)], ..note(10, 10, 60) };
        let parts = split_notes(vec![sung.clone(), note(30, 5, 61)], Ticks(15));
        assert_eq!(spans(&parts), [(10, 5, 60), (15, 5, 60), (30, 5, 61)]);
        assert_eq!((parts[0].expression[0], parts[1].expression[0]), (point(2), point(1)));
        let joined = join_notes(parts, Ticks::ZERO);
        assert_eq!(joined, [sung, note(30, 5, 61)]);
    }

    #[test]
    fn parts_are_equal_and_fill_the_note() {
        assert_eq!(
            spans(&split_in_parts(vec![note(7, 10, 60)], 4)),
            [(7, 3, 60), (10, 2, 60), (12, 3, 60), (15, 2, 60)]
        );
        assert_eq!(spans(&split_in_parts(vec![note(0, 2, 60)], 5)), [(0, 1, 60), (1, 1, 60)]);
    }

    #[test]
    fn a_reversed_melody_ends_where_it_began() {
        let mut notes = [note(10, 5, 60), note(20, 30, 62)];
        reverse(&mut notes);
        assert_eq!(spans(&notes), [(45, 5, 60), (10, 30, 62)]);
    }

    #[test]
    fn a_cropped_clip_has_nothing_outside() {
        let mut notes = vec![note(0, 50, 60), note(10, 50, 61), note(30, 5, 62), note(40, 5, 63)];
        crop(&mut notes, Ticks(10), Ticks(40));
        assert_eq!(spans(&notes), [(10, 30, 61), (30, 5, 62)]);
    }

    proptest! {
        #[test]
        fn doubled_and_halved_is_where_it_was(at in 0..100_000_i64, length in 1..100_000_i64) {
            let before = [note(50, 20, 60), note(50 + at, length, 61)];
            let mut notes = before.clone();
            scale_time(&mut notes, ScaleTime { numerator: 2, denominator: 1 });
            prop_assert_eq!(notes[1].at.0 - 50, 2 * at);
            scale_time(&mut notes, ScaleTime { numerator: 1, denominator: 2 });
            prop_assert_eq!(notes, before);
        }
    }
}
