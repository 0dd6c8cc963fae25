//! Quantise: notes drawn to a grid that starts anew at every bar.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::session::Note;
use crate::time::{SignatureMap, Ticks};

/// What of a note is drawn to the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuantiseWhat {
    /// Its start; its length stays.
    #[default]
    Starts,
    /// Its end; its start stays.
    Ends,
    /// Both.
    Both,
}

/// How notes are drawn to a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantise {
    /// Distance of the grid's lines, at least 1 tick.
    pub grid: Ticks,
    /// Where the second line of each pair lies between the first and the next pair, 0 to 1: 0.5 is
    /// straight, 2/3 is a triplet's swing.
    pub swing: f64,
    /// How far a note goes of its way to the line, 0 to 1.
    pub strength: f64,
    /// What of it goes.
    pub what: QuantiseWhat,
}

/// Draws `notes` to the grid; tick 0 of their content is at `origin` of the timeline.
///
/// A note goes to the nearest line that is not before its content, to the earlier one of two as
/// near. A note whose end would come to its start, or before it, ends at the next line. At full
/// strength a second time changes nothing.
pub fn quantise(notes: &mut [Note], how: &Quantise, signatures: &SignatureMap, origin: Ticks) {
    let grid = Grid { how, signatures };
    for note in notes {
        let (start, end) = (origin + note.at, origin + note.at + note.length);
        let mut at = start;
        if how.what != QuantiseWhat::Ends {
            at = towards(start, grid.nearest(start, origin), how.strength).max(origin);
        }
        if how.what != QuantiseWhat::Starts {
            let mut line = grid.nearest(end, origin);
            if line <= at {
                line = grid.after(at);
            }
            note.length = (towards(end, line, how.strength) - at).max(Ticks(1));
        }
        note.at = at - origin;
    }
}

fn towards(from: Ticks, to: Ticks, strength: f64) -> Ticks {
    // Less than the grid, so exact in a float.
    #[allow(clippy::cast_possible_truncation)]
    let way = ((to.0 - from.0) as f64 * strength).round() as i64;
    from + Ticks(way)
}

struct Grid<'a> {
    how: &'a Quantise,
    signatures: &'a SignatureMap,
}

impl Grid<'_> {
    /// The lines of the bar in which `at` lies that are next to it: the last one at it or before
    /// it, and the one after that, the next bar's first line at the latest.
    fn around(&self, at: Ticks) -> (Ticks, Ticks) {
        let bar = self.signatures.to_bars(at).bar;
        let (start, next) = (self.signatures.bar_start(bar), self.signatures.bar_start(bar + 1));
        let number = (at - start).0.div_euclid(self.how.grid.0.max(1));
        // Swing moves the odd lines, by less than the grid.
        let lines = (number - 1).max(0)..=number + 2;
        let mut before = start;
        for line in lines.map(|number| self.line(start, number)) {
            if line > at {
                return (before, line.min(next));
            }
            before = line;
        }
        (before, next)
    }

    fn line(&self, bar: Ticks, number: i64) -> Ticks {
        let grid = self.how.grid.0.max(1);
        let pair = bar + Ticks(grid * (number - number.rem_euclid(2)));
        // Below 2^41 ticks, so exact in a float.
        #[allow(clippy::cast_possible_truncation)]
        let second = ((2 * grid) as f64 * self.how.swing).round() as i64;
        if number.rem_euclid(2) == 1 { pair + Ticks(second) } else { pair }
    }

    fn nearest(&self, at: Ticks, earliest: Ticks) -> Ticks {
        let (before, after) = self.around(at);
        if before >= earliest && at - before <= after - at { before } else { after }
    }

    fn after(&self, at: Ticks) -> Ticks {
        self.around(at).1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::session::SignaturePoint;
    use crate::time::TICKS_PER_QUARTER;

    const SIXTEENTH: i64 = TICKS_PER_QUARTER / 4;

    fn how() -> Quantise {
        Quantise { grid: Ticks(SIXTEENTH), swing: 0.5, strength: 1.0, what: QuantiseWhat::Starts }
    }

    fn signatures() -> SignatureMap {
        let seven = SignaturePoint { bar: 2, numerator: 7, denominator: 8 };
        let four = SignaturePoint { bar: 1, numerator: 4, denominator: 4 };
        SignatureMap::new(&[four, seven]).unwrap()
    }

    fn starts(how: &Quantise, origin: i64, at: &[i64]) -> Vec<i64> {
        let mut notes: Vec<Note> =
            at.iter().map(|at| Note::new(Ticks(*at), Ticks(100), 60, 90)).collect();
        quantise(&mut notes, how, &signatures(), Ticks(origin));
        notes.iter().map(|note| note.at.0).collect()
    }

    #[test]
    fn starts_go_to_the_nearest_line() {
        let at = [10, SIXTEENTH / 2, SIXTEENTH / 2 + 1, SIXTEENTH - 1, SIXTEENTH];
        assert_eq!(starts(&how(), 0, &at), [0, 0, SIXTEENTH, SIXTEENTH, SIXTEENTH]);
    }

    #[test]
    fn half_the_strength_is_half_the_way() {
        let how = Quantise { strength: 0.5, ..how() };
        assert_eq!(starts(&how, 0, &[100, SIXTEENTH - 50]), [50, SIXTEENTH - 25]);
    }

    #[test]
    fn swing_delays_every_second_line() {
        let how = Quantise { swing: 2.0 / 3.0, ..how() };
        let second = SIXTEENTH * 4 / 3;
        assert_eq!(starts(&how, 0, &[SIXTEENTH]), [second]);
        assert_eq!(starts(&how, 0, &[2 * SIXTEENTH + 5]), [2 * SIXTEENTH]);
    }

    #[test]
    fn a_grid_of_triplets_starts_anew_with_every_bar() {
        // A bar of seven eighths is no whole number of quarter triplets.
        let triplet = TICKS_PER_QUARTER * 2 / 3;
        let how = Quantise { grid: Ticks(triplet), ..how() };
        let bar = 4 * TICKS_PER_QUARTER;
        let next = bar + 7 * TICKS_PER_QUARTER / 2;
        let last = next - 40;
        assert_eq!(starts(&how, 0, &[bar + triplet + 9, last]), [bar + triplet, next]);
    }

    #[test]
    fn no_note_goes_before_its_content() {
        // The content starts a little after a line: the nearest one is before it.
        assert_eq!(starts(&how(), 100, &[5]), [SIXTEENTH - 100]);
    }

    #[test]
    fn an_end_never_comes_to_its_start() {
        let how = Quantise { what: QuantiseWhat::Both, ..how() };
        let mut notes = [Note::new(Ticks(20), Ticks(50), 60, 90)];
        quantise(&mut notes, &how, &signatures(), Ticks::ZERO);
        assert_eq!((notes[0].at, notes[0].length), (Ticks(0), Ticks(SIXTEENTH)));
    }

    proptest! {
        #[test]
        fn at_full_strength_a_second_time_changes_nothing(
            at in 0..1_000_000_i64, length in 1..100_000_i64, origin in 0..500_000_i64,
            grid in prop_oneof![Just(SIXTEENTH), Just(TICKS_PER_QUARTER / 3), 100..20_000_i64],
            swing in 0.5..0.75_f64, what in 0..3_usize,
        ) {
            let what = [QuantiseWhat::Starts, QuantiseWhat::Ends, QuantiseWhat::Both][what];
            let how = Quantise { grid: Ticks(grid), swing, strength: 1.0, what };
            let mut once = [Note::new(Ticks(at), Ticks(length), 60, 90)];
            quantise(&mut once, &how, &signatures(), Ticks(origin));
            let mut twice = once.clone();
            quantise(&mut twice, &how, &signatures(), Ticks(origin));
            prop_assert_eq!(twice, once);
        }
    }
}
