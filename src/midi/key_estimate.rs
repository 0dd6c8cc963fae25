//! In which key music is: the algorithm of Krumhansl and Schmuckler.
//!
//! The durations of the twelve pitch classes are correlated with the profile of each key: how well
//! listeners found each pitch class to fit into it. The profiles are those of C. L. Krumhansl and
//! E. J. Kessler, Tracing the dynamic changes in perceived tonal organization in a spatial
//! representation of musical keys, Psychological Review 89 (1982), as in C. L. Krumhansl, Cognitive
//! Foundations of Musical Pitch (1990), whose chapter 4 has the algorithm.

use serde::Serialize;

use super::note_names::{Spelling, pitch_class_name};

const MAJOR: [f64; 12] = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const MINOR: [f64; 12] = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Major.
    Major,
    /// Minor.
    Minor,
}

/// A key, and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyEstimate {
    /// Pitch class of the tonic, 0 (C) to 11.
    pub tonic: u8,
    /// Major or minor.
    pub mode: Mode,
    /// Pearson's correlation of durations and profile, -1 to +1.
    pub correlation: f64,
}

impl KeyEstimate {
    /// Its name, such as `Bb major`, with the signs that need fewer of them in the key.
    pub fn name(&self) -> String {
        let mode = if self.mode == Mode::Major { "major" } else { "minor" };
        format!("{} {mode}", self.tonic_name())
    }

    /// The name of its tonic, spelled as the key is: `Db` of `Db major`.
    pub fn tonic_name(&self) -> &'static str {
        let spelling = match (self.mode, self.tonic) {
            (_, 6) | (Mode::Minor, 1 | 8) => Spelling::Sharps,
            _ => Spelling::Flats,
        };
        pitch_class_name(self.tonic, spelling)
    }
}

/// All 24 keys, the best first, of music in which pitch class `k` (0 is C) sounds for
/// `durations[k]`, in any unit. None where all sound equally long, as in silence: no key fits better
/// than another.
///
/// Sums run from pitch class 0 on; of equal correlations the lower tonic comes first, major before
/// minor.
pub fn estimate_key(durations: &[f64; 12]) -> Vec<KeyEstimate> {
    let Some(durations) = normalised(durations) else { return Vec::new() };
    let mut keys = Vec::with_capacity(24);
    for tonic in 0..12_u8 {
        for (mode, profile) in [(Mode::Major, &MAJOR), (Mode::Minor, &MINOR)] {
            let Some(profile) = normalised(profile) else { continue };
            let class = |step: usize| durations[(step + usize::from(tonic)) % 12];
            let correlation =
                profile.iter().enumerate().fold(0.0, |sum, (step, fit)| sum + fit * class(step));
            keys.push(KeyEstimate { tonic, mode, correlation });
        }
    }
    // Stable: equals stay in order.
    keys.sort_by(|a, b| b.correlation.total_cmp(&a.correlation));
    keys
}

/// Less their mean, and with squares that add up to 1; none where all are equal.
fn normalised(values: &[f64; 12]) -> Option<[f64; 12]> {
    let mean = values.iter().fold(0.0, |sum, value| sum + value) / 12.0;
    let centred = values.map(|value| value - mean);
    let squares = centred.iter().fold(0.0, |sum, value| sum + value * value);
    // Written so that what is no number is none too.
    if !(squares > mean * mean * 1e-24 && squares.is_finite()) {
        return None;
    }
    let length = squares.sqrt();
    Some(centred.map(|value| value / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(classes: &[(usize, f64)]) -> Vec<KeyEstimate> {
        let mut durations = [0.0; 12];
        classes.iter().for_each(|(class, duration)| durations[*class] += duration);
        estimate_key(&durations)
    }

    #[test]
    fn a_profile_is_its_own_key_with_a_correlation_of_one() {
        for tonic in 0..12_u8 {
            for (mode, profile) in [(Mode::Major, MAJOR), (Mode::Minor, MINOR)] {
                let mut durations = [0.0; 12];
                for (step, fit) in profile.iter().enumerate() {
                    durations[(step + usize::from(tonic)) % 12] = 100.0 * fit;
                }
                let keys = estimate_key(&durations);
                assert_eq!((keys[0].tonic, keys[0].mode), (tonic, mode));
                assert!((keys[0].correlation - 1.0).abs() < 1e-12);
                assert_eq!(keys.len(), 24);
                assert!(keys.windows(2).all(|pair| pair[0].correlation >= pair[1].correlation));
            }
        }
    }

    #[test]
    fn scales_and_cadences_are_in_their_keys() {
        let scale = [0, 2, 4, 5, 7, 9, 11].map(|class| (class, 1.0));
        assert_eq!(of(&scale)[0].name(), "C major");
        let d_minor = [(2, 4.0), (5, 2.0), (9, 3.0), (7, 1.0), (10, 1.0), (1, 1.0), (4, 1.0)];
        assert_eq!(of(&d_minor)[0].name(), "D minor");
    }

    #[test]
    fn of_the_mean_by_hand_the_correlation_is_known() {
        // One class alone: the correlation is (fit - mean) / (length of the centred profile) times
        // sqrt(12 / 11).
        let mean = MAJOR.iter().sum::<f64>() / 12.0;
        let length = MAJOR.iter().map(|fit| (fit - mean) * (fit - mean)).sum::<f64>().sqrt();
        let wanted = (MAJOR[0] - mean) / length * (12.0_f64 / 11.0).sqrt();
        let found = of(&[(0, 5.0)]);
        let c_major = found.iter().find(|key| (key.tonic, key.mode) == (0, Mode::Major)).unwrap();
        assert!((c_major.correlation - wanted).abs() < 1e-12);
    }

    #[test]
    fn silence_has_no_key() {
        assert_eq!(estimate_key(&[0.0; 12]), []);
        assert_eq!(estimate_key(&[3.3; 12]), []);
        assert_eq!(estimate_key(&[f64::NAN; 12]), []);
    }
}
