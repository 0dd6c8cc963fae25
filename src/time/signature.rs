//! The signature map: ticks to bars, beats and ticks, and back.

use std::str::FromStr;

use super::{TICKS_PER_QUARTER, Ticks};
use crate::session::SignaturePoint;

/// Most beats a bar.
pub const MAX_NUMERATOR: u32 = 64;
/// The shortest note value a beat can have.
pub const MAX_DENOMINATOR: u32 = 64;

/// Why signature points make no map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureMapError {
    /// Nothing says what the first bars are.
    #[error("the first signature is at bar {bar}: put one at bar 1")]
    FirstNotAtBarOne {
        /// Where the first one is.
        bar: u32,
    },
    /// Out of order, or two at one bar.
    #[error(
        "signature {index} at bar {bar} does not come after the one before it: keep signatures in order, one a bar"
    )]
    NotIncreasing {
        /// The signature, counted from 0.
        index: usize,
        /// Where it is.
        bar: u32,
    },
    /// No signature anyone could play.
    #[error(
        "signature {index} says {numerator}/{denominator}: use 1 to 64 beats of 1, 2, 4, 8, 16, 32 or 64"
    )]
    Signature {
        /// The signature, counted from 0.
        index: usize,
        /// Its beats a bar.
        numerator: u32,
        /// Its note value of a beat.
        denominator: u32,
    },
}

/// A place in bars, beats and ticks; as text `bar|beat|tick`, such as `5|1|0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BarsBeatsTicks {
    /// The bar, counted from 1; bars before the timeline's start are 0, -1 and so on.
    pub bar: i64,
    /// The beat of the bar, counted from 1.
    pub beat: u32,
    /// The tick of the beat, counted from 0.
    pub tick: u32,
}

/// Why bars, beats and ticks are no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BarsBeatsTicksError {
    /// Not of the form.
    #[error("'{0}' is no place in bars, beats and ticks: write BAR|BEAT|TICK, such as 5|1|0")]
    Form(String),
    /// A beat the bar has not.
    #[error("bar {bar} has no beat {beat}: its beats are 1 to {beats}")]
    Beat {
        /// The bar.
        bar: i64,
        /// The beat asked for.
        beat: u32,
        /// Beats the bar has.
        beats: u32,
    },
    /// A tick the beat has not.
    #[error("a beat of bar {bar} has no tick {tick}: its ticks are 0 to {last}")]
    Tick {
        /// The bar.
        bar: i64,
        /// The tick asked for.
        tick: u32,
        /// The last one it has.
        last: u32,
    },
}

impl std::fmt::Display for BarsBeatsTicks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}|{}|{}", self.bar, self.beat, self.tick)
    }
}

impl FromStr for BarsBeatsTicks {
    type Err = BarsBeatsTicksError;

    /// Reads `bar|beat|tick`, or `bar|beat` for its first tick.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || BarsBeatsTicksError::Form(text.chars().take(40).collect());
        let mut parts = text.split('|').map(str::trim);
        let bar = parts.next().and_then(|part| part.parse().ok()).ok_or_else(form)?;
        let beat = parts.next().and_then(|part| part.parse().ok()).ok_or_else(form)?;
        let tick = match parts.next() {
            Some(part) => part.parse().map_err(|_| form())?,
            None => 0,
        };
        if parts.next().is_some() {
            return Err(form());
        }
        Ok(Self { bar, beat, tick })
    }
}

/// A signature in force: beats a bar, and the note value of a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Beats a bar.
    pub numerator: u32,
    /// The note value of a beat.
    pub denominator: u32,
}

impl Signature {
    /// Length of a beat in ticks.
    pub const fn beat_ticks(self) -> i64 {
        // Denominators are powers of two up to 64, which divide a whole note's 61,440 ticks.
        TICKS_PER_QUARTER * 4 / self.denominator as i64
    }

    /// Length of a bar in ticks.
    pub const fn bar_ticks(self) -> i64 {
        self.beat_ticks() * self.numerator as i64
    }
}

/// From one signature change to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    bar: i64,
    at: Ticks,
    signature: Signature,
}

/// Ticks to bars, beats and ticks, and back.
///
/// Bars before bar 1 have the first signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureMap {
    /// Never empty; the first begins at bar 1, tick 0.
    runs: Vec<Run>,
}

impl SignatureMap {
    /// The map of `points`; no points mean 4/4.
    ///
    /// Fails unless the first point is at bar 1, bars rise strictly, and every signature has 1 to
    /// 64 beats of a note value that is a power of two up to 64.
    pub fn new(points: &[SignaturePoint]) -> Result<Self, SignatureMapError> {
        check(points)?;
        let common = Signature { numerator: 4, denominator: 4 };
        let mut map = Self { runs: vec![Run { bar: 1, at: Ticks::ZERO, signature: common }] };
        for point in points {
            let bar = i64::from(point.bar);
            let signature =
                Signature { numerator: point.numerator, denominator: point.denominator };
            let run = Run { bar, at: map.bar_start(bar), signature };
            if point.bar == 1 {
                map.runs.clear();
            }
            map.runs.push(run);
        }
        Ok(map)
    }

    /// The first tick of `bar`.
    pub fn bar_start(&self, bar: i64) -> Ticks {
        let run = self.run_at_bar(bar);
        let bars = bar.saturating_sub(run.bar);
        Ticks(run.at.0.saturating_add(bars.saturating_mul(run.signature.bar_ticks())))
    }

    /// The signature of `bar`.
    pub fn signature_of_bar(&self, bar: i64) -> Signature {
        self.run_at_bar(bar).signature
    }

    /// The bar, beat and tick of `at`.
    pub fn to_bars(&self, at: Ticks) -> BarsBeatsTicks {
        let after = self.runs.partition_point(|run| run.at <= at);
        let run = &self.runs[after.saturating_sub(1)];
        let ticks = at.0.saturating_sub(run.at.0);
        let in_bar = ticks.rem_euclid(run.signature.bar_ticks());
        let beat_ticks = run.signature.beat_ticks();
        BarsBeatsTicks {
            bar: run.bar + ticks.div_euclid(run.signature.bar_ticks()),
            beat: narrow(in_bar / beat_ticks) + 1,
            tick: narrow(in_bar % beat_ticks),
        }
    }

    /// The tick of a place in bars, beats and ticks; fails where that bar has no such beat or
    /// tick.
    pub fn to_ticks(&self, place: BarsBeatsTicks) -> Result<Ticks, BarsBeatsTicksError> {
        let BarsBeatsTicks { bar, beat, tick } = place;
        let signature = self.signature_of_bar(bar);
        let beats = signature.numerator;
        if beat < 1 || beat > beats {
            return Err(BarsBeatsTicksError::Beat { bar, beat, beats });
        }
        let last = narrow(signature.beat_ticks()) - 1;
        if tick > last {
            return Err(BarsBeatsTicksError::Tick { bar, tick, last });
        }
        let in_bar = i64::from(beat - 1) * signature.beat_ticks() + i64::from(tick);
        Ok(Ticks(self.bar_start(bar).0.saturating_add(in_bar)))
    }

    fn run_at_bar(&self, bar: i64) -> &Run {
        let after = self.runs.partition_point(|run| run.bar <= bar);
        &self.runs[after.saturating_sub(1)]
    }
}

/// Parts of a bar: never negative, and at most 64 beats of 61,440 ticks.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const fn narrow(part_of_bar: i64) -> u32 {
    part_of_bar as u32
}

fn check(points: &[SignaturePoint]) -> Result<(), SignatureMapError> {
    if let Some(first) = points.first().filter(|first| first.bar != 1) {
        return Err(SignatureMapError::FirstNotAtBarOne { bar: first.bar });
    }
    for (index, point) in points.iter().enumerate() {
        let SignaturePoint { bar, numerator, denominator } = *point;
        let beats_fit = (1..=MAX_NUMERATOR).contains(&numerator);
        if !beats_fit || !denominator.is_power_of_two() || denominator > MAX_DENOMINATOR {
            return Err(SignatureMapError::Signature { index, numerator, denominator });
        }
        if index > 0 && bar <= points[index - 1].bar {
            return Err(SignatureMapError::NotIncreasing { index, bar });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(bar: u32, numerator: u32, denominator: u32) -> SignaturePoint {
        SignaturePoint { bar, numerator, denominator }
    }

    fn mixed() -> SignatureMap {
        SignatureMap::new(&[point(1, 4, 4), point(3, 7, 8), point(5, 3, 4)]).unwrap()
    }

    #[test]
    fn no_points_mean_four_four() {
        let map = SignatureMap::new(&[]).unwrap();
        assert_eq!(map.bar_start(5), Ticks(16 * TICKS_PER_QUARTER));
        assert_eq!(map.to_bars(Ticks(17 * TICKS_PER_QUARTER + 3)).to_string(), "5|2|3");
    }

    #[test]
    fn changes_count_from_their_bar() {
        let map = mixed();
        let quarter = TICKS_PER_QUARTER;
        assert_eq!(map.bar_start(3), Ticks(8 * quarter));
        assert_eq!(map.bar_start(5), Ticks(15 * quarter));
        assert_eq!(map.bar_start(6), Ticks(18 * quarter));
        assert_eq!(map.to_bars(Ticks(15 * quarter - 1)).to_string(), "4|7|7679");
        assert_eq!(map.to_bars(Ticks(15 * quarter)).to_string(), "5|1|0");
    }

    #[test]
    fn bars_before_the_start_count_backwards() {
        let map = mixed();
        assert_eq!(map.to_bars(Ticks(-1)).to_string(), "0|4|15359");
        assert_eq!(map.to_ticks("0|4|15359".parse().unwrap()), Ok(Ticks(-1)));
    }

    #[test]
    fn beats_and_ticks_a_bar_has_not_are_refused_with_its_range() {
        let map = mixed();
        let error = |text: &str| map.to_ticks(text.parse().unwrap()).unwrap_err().to_string();
        assert_eq!(error("3|8|0"), "bar 3 has no beat 8: its beats are 1 to 7");
        assert_eq!(error("1|0|0"), "bar 1 has no beat 0: its beats are 1 to 4");
        assert_eq!(error("3|1|7680"), "a beat of bar 3 has no tick 7680: its ticks are 0 to 7679");
    }

    #[test]
    fn text_of_another_form_is_refused() {
        assert_eq!("5|2".parse(), Ok(BarsBeatsTicks { bar: 5, beat: 2, tick: 0 }));
        for text in ["", "5", "5|", "5|x|0", "5|1|0|0", "5|-1|0", "99999999999999999999|1|0"] {
            assert!(text.parse::<BarsBeatsTicks>().is_err(), "{text}");
        }
    }

    #[test]
    fn points_that_make_no_map_are_refused() {
        let new = SignatureMap::new;
        assert_eq!(new(&[point(2, 4, 4)]), Err(SignatureMapError::FirstNotAtBarOne { bar: 2 }));
        assert_eq!(
            new(&[point(1, 4, 4), point(4, 4, 4), point(4, 3, 4)]),
            Err(SignatureMapError::NotIncreasing { index: 2, bar: 4 })
        );
        for (numerator, denominator) in [(0, 4), (65, 4), (4, 0), (4, 3), (4, 128)] {
            assert_eq!(
                new(&[point(1, numerator, denominator)]),
                Err(SignatureMapError::Signature { index: 0, numerator, denominator })
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn every_tick_comes_back(
            ticks in -10_000_000_i64..100_000_000,
            changes in prop::collection::vec((1_u32..20, 1_u32..=64, 0_u32..=6), 0..8),
        ) {
            let mut bar = 1;
            let mut points = vec![point(1, 4, 4)];
            for (bars, numerator, power) in changes {
                bar += bars;
                points.push(point(bar, numerator, 1 << power));
            }
            let map = SignatureMap::new(&points).unwrap();
            let place = map.to_bars(Ticks(ticks));
            prop_assert_eq!(map.to_ticks(place), Ok(Ticks(ticks)));
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }

        #[test]
        fn absurd_ticks_do_not_overflow(ticks in any::<i64>()) {
            let _ = mixed().to_bars(Ticks(ticks));
        }
    }
}
