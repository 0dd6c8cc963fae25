//! Time signatures: a file has them at ticks, a session at bars.

use wavemill_core::session::SignaturePoint;
use wavemill_core::session::limits::MAX_SIGNATURES;
use wavemill_core::time::{MAX_DENOMINATOR, MAX_NUMERATOR, Signature, Ticks};

/// A signature as a file has it: beats, and the power of two of their note value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: Ticks,
    pub(super) numerator: u8,
    pub(super) denominator_power: u8,
}

/// The signature points of `changes`, which may be in any order.
///
/// A signature that comes in the middle of a bar ends the bar there: the bar gets a signature of
/// its own that makes it as short, where there is one.
pub(super) fn points(mut changes: Vec<Change>, warnings: &mut Vec<String>) -> Vec<SignaturePoint> {
    changes.sort_by_key(|change| change.at);
    let mut bars = Bars::default();
    for change in changes {
        let numerator = u32::from(change.numerator);
        let denominator = 1_u32.checked_shl(change.denominator_power.into()).unwrap_or(0);
        let playable = (1..=MAX_NUMERATOR).contains(&numerator)
            && (1..=MAX_DENOMINATOR).contains(&denominator);
        if playable {
            bars.change(change.at.0, Signature { numerator, denominator });
        } else {
            bars.unplayable += 1;
        }
    }
    let Bars { mut points, unplayable, shortened, moved, .. } = bars;
    let mut warn = |count: usize, what: &str| {
        if count > 0 {
            warnings.push(format!("{count} {what}"));
        }
    };
    warn(unplayable, "time signatures that nobody can play were left out");
    warn(shortened, "bars got a signature of their own, since the next one comes inside of them");
    warn(moved, "time signatures inside of a bar were moved to the next one");
    // One that took the place of another may say what held before.
    points.dedup_by_key(|point| (point.numerator, point.denominator));
    if points.len() > MAX_SIGNATURES {
        points.truncate(MAX_SIGNATURES);
        warnings.push(format!("time signatures after the first {MAX_SIGNATURES} were left out"));
    }
    points
}

/// The bars so far.
struct Bars {
    points: Vec<SignaturePoint>,
    /// The bar from which `signature` counts, and its tick.
    bar: u32,
    at: i64,
    signature: Signature,
    unplayable: usize,
    shortened: usize,
    moved: usize,
}

impl Default for Bars {
    fn default() -> Self {
        let signature = Signature { numerator: 4, denominator: 4 };
        let (unplayable, shortened, moved) = (0, 0, 0);
        Self { points: Vec::new(), bar: 1, at: 0, signature, unplayable, shortened, moved }
    }
}

impl Bars {
    fn change(&mut self, at: i64, signature: Signature) {
        let is_start = self.points.is_empty() && at == 0;
        if signature == self.signature && !is_start {
            return;
        }
        let length = self.signature.bar_ticks();
        // One that was moved may lie behind the next.
        let passed = (at - self.at).max(0);
        let (bars, rest) = (passed / length, passed % length);
        let bar = self.bar + u32::try_from(bars).unwrap_or(u32::MAX / 2);
        let bar_at = self.at + bars * length;
        match (rest, shorter(rest, self.signature.denominator)) {
            (0, _) => self.set(bar, bar_at, signature),
            (_, Some(short)) => {
                self.shortened += 1;
                self.set(bar, bar_at, short);
                self.set(bar + 1, bar_at + rest, signature);
            }
            (_, None) => {
                self.moved += 1;
                self.set(bar + 1, bar_at + length, signature);
            }
        }
    }

    fn set(&mut self, bar: u32, at: i64, signature: Signature) {
        if self.points.is_empty() && bar > 1 {
            self.points.push(SignaturePoint { bar: 1, numerator: 4, denominator: 4 });
        }
        let Signature { numerator, denominator } = signature;
        let point = SignaturePoint { bar, numerator, denominator };
        match self.points.last_mut().filter(|last| last.bar == bar) {
            Some(last) => *last = point,
            None => self.points.push(point),
        }
        (self.bar, self.at, self.signature) = (bar, at, signature);
    }
}

/// The signature of a bar of `ticks`, of beats of note value `denominator` or shorter ones.
fn shorter(ticks: i64, denominator: u32) -> Option<Signature> {
    let values = std::iter::successors(Some(denominator), |value| Some(value * 2));
    values.take_while(|value| *value <= MAX_DENOMINATOR).find_map(|denominator| {
        let beat = Signature { numerator: 1, denominator }.beat_ticks();
        let numerator = u32::try_from(ticks / beat).ok()?;
        let fits = ticks % beat == 0 && (1..=MAX_NUMERATOR).contains(&numerator);
        fits.then_some(Signature { numerator, denominator })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: i64 = 15_360;

    fn change(at: i64, numerator: u8, denominator_power: u8) -> Change {
        Change { at: Ticks(at), numerator, denominator_power }
    }

    fn read(changes: &[Change]) -> (Vec<(u32, u32, u32)>, Vec<String>) {
        let mut warnings = Vec::new();
        let points = points(changes.to_vec(), &mut warnings).into_iter();
        (points.map(|p| (p.bar, p.numerator, p.denominator)).collect(), warnings)
    }

    #[test]
    fn signatures_are_at_their_bars() {
        let changes = [change(16 * QUARTER, 3, 2), change(0, 4, 2), change(22 * QUARTER, 7, 3)];
        assert_eq!(read(&changes), (vec![(1, 4, 4), (5, 3, 4), (7, 7, 8)], vec![]));
        // Before the first one it is 4/4; what changes nothing is no change.
        let changes = [change(8 * QUARTER, 3, 2), change(9 * QUARTER, 3, 2)];
        assert_eq!(read(&changes), (vec![(1, 4, 4), (3, 3, 4)], vec![]));
        // Of two at one place the last counts.
        assert_eq!(read(&[change(0, 3, 2), change(0, 2, 2)]).0, [(1, 2, 4)]);
        let back = [change(0, 4, 2), change(16 * QUARTER, 3, 2), change(16 * QUARTER, 4, 2)];
        assert_eq!(read(&back).0, [(1, 4, 4)]);
        assert_eq!(read(&[]), (vec![], vec![]));
    }

    #[test]
    fn a_bar_that_is_cut_short_says_so() {
        let (points, warnings) = read(&[change(6 * QUARTER, 3, 2)]);
        assert_eq!(points, [(1, 4, 4), (2, 2, 4), (3, 3, 4)]);
        assert!(warnings[0].starts_with("1 bars got a signature"), "{warnings:?}");
        // Half a beat is counted in eighths.
        let (points, _) = read(&[change(3 * QUARTER / 2, 3, 2)]);
        assert_eq!(points, [(1, 3, 8), (2, 3, 4)]);
    }

    #[test]
    fn what_fits_no_bar_moves_or_goes() {
        let (points, warnings) = read(&[change(QUARTER + 1, 3, 2), change(QUARTER + 2, 2, 2)]);
        assert_eq!(points, [(1, 4, 4), (2, 2, 4)]);
        assert!(warnings[0].contains("moved"), "{warnings:?}");
        for odd in [change(0, 0, 2), change(0, 65, 2), change(0, 4, 7), change(0, 4, 200)] {
            let (points, warnings) = read(&[odd]);
            assert!(points.is_empty() && warnings[0].contains("nobody can play"), "{warnings:?}");
        }
    }
}
