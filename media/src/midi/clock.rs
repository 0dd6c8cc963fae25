//! The ticks of a file in ticks of a session, exactly, then rounded.

use wavemill_core::time::{DEFAULT_BPM, TICKS_PER_QUARTER, Ticks};

/// The last tick of a session.
const FURTHEST: u128 = 1 << 40;

/// Ticks of a session a second, at the tempo of a session that states none.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 30,720.
const TICKS_PER_SECOND: u64 = (TICKS_PER_QUARTER as u64) * (DEFAULT_BPM as u64) / 60;

/// How a file counts time: a session's ticks are `numerator / denominator` of the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    numerator: u64,
    denominator: u64,
    /// Time is counted in parts of a second, whatever the tempo.
    pub(super) is_fixed: bool,
}

impl Clock {
    /// The clock of a header's division; why there is none otherwise.
    pub(super) fn of([high, low]: [u8; 2]) -> Result<Self, String> {
        if high < 0x80 {
            let division = u64::from(high) << 8 | u64::from(low);
            if division == 0 {
                return Err("its quarter notes have no ticks".to_owned());
            }
            let numerator = TICKS_PER_QUARTER.unsigned_abs();
            return Ok(Self { numerator, denominator: division, is_fixed: false });
        }
        // 29 means 30000/1001 frames a second.
        let (frames, of) = match 256 - u64::from(high) {
            frames @ (24 | 25 | 30) => (frames, 1),
            29 => (30_000, 1_001),
            other => return Err(format!("{other} frames a second are no frame rate of SMPTE")),
        };
        if low == 0 {
            return Err("its frames have no ticks".to_owned());
        }
        let (numerator, denominator) = (TICKS_PER_SECOND * of, frames * u64::from(low));
        Ok(Self { numerator, denominator, is_fixed: true })
    }

    /// The nearest tick of a session to `at`, ties up; none beyond the longest timeline.
    pub(super) fn ticks(self, at: u64) -> Option<Ticks> {
        let (numerator, denominator) = (u128::from(self.numerator), u128::from(self.denominator));
        let ticks = (u128::from(at) * numerator * 2 + denominator) / (denominator * 2);
        i64::try_from(ticks).ok().filter(|_| ticks <= FURTHEST).map(Ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(division: [u8; 2], at: u64) -> i64 {
        Clock::of(division).unwrap().ticks(at).unwrap().0
    }

    #[test]
    fn quarter_notes_are_as_long_in_every_division() {
        for division in [1_u16, 24, 96, 480, 960, 7, 15_360, 32_767] {
            let at = u64::from(division);
            assert_eq!(ticks(division.to_be_bytes(), at * 1_000_003), 15_360 * 1_000_003);
        }
        // 480 divides a session's quarter note, so that every tick is exact; 7 does not.
        assert_eq!(ticks([1, 0xE0], 7), 7 * 32);
        assert_eq!([1, 2, 3].map(|at| ticks([0, 7], at)), [2_194, 4_389, 6_583]);
    }

    #[test]
    fn smpte_counts_seconds() {
        let (hour, second) = (30_720 * 3_600, 30_720);
        assert_eq!(ticks([231, 40], 25 * 40 * 3_600), hour);
        assert_eq!(ticks([232, 80], 24 * 80), second);
        assert_eq!(ticks([226, 4], 30 * 4), second);
        // 30,000 drop frames are 1,001 seconds.
        assert_eq!(ticks([227, 4], 30_000 * 4), 1_001 * second);
    }

    #[test]
    fn divisions_that_are_none_are_refused() {
        for division in [[0, 0], [232, 0], [0x80, 1], [255, 4]] {
            assert!(Clock::of(division).is_err(), "{division:?}");
        }
        assert_eq!(Clock::of([0, 1]).unwrap().ticks(1 << 40), None);
        assert_eq!(Clock::of([0, 1]).unwrap().ticks(u64::MAX), None);
    }
}
