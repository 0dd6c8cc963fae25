//! The order in which an arpeggiator plays.

use std::ops::Range;

/// An order of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// From the lowest to the highest.
    Up,
    /// From the highest to the lowest.
    Down,
    /// Up and down again, the ends once each.
    UpDown,
    /// Down and up again, the ends once each.
    DownUp,
    /// In the order in which the keys were pressed.
    Played,
    /// Any, each as likely.
    Random,
    /// All at once.
    Chord,
}

impl Pattern {
    pub(super) const NAMES: &'static [&'static str] =
        &["up", "down", "up-down", "down-up", "played", "random", "chord"];

    pub(super) fn of_index(index: f64) -> Self {
        let all = [Self::Up, Self::Down, Self::UpDown, Self::DownUp, Self::Played, Self::Random];
        let of = (0..).zip(all).find(|(number, _)| f64::from(*number) >= index);
        of.map_or(Self::Chord, |(_, pattern)| pattern)
    }

    /// True where notes go by their keys.
    pub(super) fn sorts(self) -> bool {
        self != Self::Played
    }

    /// The places of a sequence of `length` (more than 0) that are played `step` steps after the
    /// pattern began.
    pub(super) fn places(self, step: i64, length: usize, unit: impl Fn() -> f64) -> Range<usize> {
        let last = length - 1;
        let turned = |period: usize| {
            let period = i64::try_from(period.max(1)).unwrap_or(1);
            usize::try_from(step.rem_euclid(period)).unwrap_or(0)
        };
        let there_and_back = || {
            let place = turned(2 * last);
            place.min(2 * last - place)
        };
        let place = match self {
            Self::Up | Self::Played => turned(length),
            Self::Down => last - turned(length),
            Self::UpDown => there_and_back(),
            Self::DownUp => last - there_and_back(),
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Below the length.
            Self::Random => ((unit() * length as f64) as usize).min(last),
            Self::Chord => return 0..length,
        };
        place..place + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(pattern: Pattern, length: usize) -> Vec<usize> {
        (0..8).map(|step| pattern.places(step, length, || 0.999).start).collect()
    }

    #[test]
    fn patterns_repeat_their_orders() {
        assert_eq!(first(Pattern::Up, 3), [0, 1, 2, 0, 1, 2, 0, 1]);
        assert_eq!(first(Pattern::Down, 3), [2, 1, 0, 2, 1, 0, 2, 1]);
        assert_eq!(first(Pattern::UpDown, 3), [0, 1, 2, 1, 0, 1, 2, 1]);
        assert_eq!(first(Pattern::DownUp, 3), [2, 1, 0, 1, 2, 1, 0, 1]);
        assert_eq!(first(Pattern::Played, 2), [0, 1, 0, 1, 0, 1, 0, 1]);
        assert_eq!(first(Pattern::Random, 5), [4; 8]);
        for pattern in [Pattern::Up, Pattern::Down, Pattern::UpDown, Pattern::DownUp] {
            assert_eq!(first(pattern, 1), [0; 8]);
        }
        assert_eq!(Pattern::Chord.places(9, 4, || 0.0), 0..4);
    }

    #[test]
    fn indices_are_those_of_the_names() {
        let all = (0..7_u8).map(|index| Pattern::of_index(index.into()));
        use Pattern::{Chord, Down, DownUp, Played, Random, Up, UpDown};
        assert!(all.eq([Up, Down, UpDown, DownUp, Played, Random, Chord]));
        assert_eq!(Pattern::NAMES.len(), 7);
    }
}
