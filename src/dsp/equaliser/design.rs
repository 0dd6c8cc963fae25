//! From the parameters of a band to the coefficients of its filter sections.
//!
//! All sections are bilinear transforms of analogue ones, prewarped at the band's frequency; the
//! responses of bells, shelves and notches are those of R. Bristow-Johnson, "Cookbook formulae
//! for audio EQ biquad filter coefficients", the low and high passes Butterworth's. The form in
//! which they run is the trapezoidal state variable filter (V. Zavalishin, "The Art of VA Filter
//! Design"; A. Simper, "Linear Trapezoidal Integrated State Variable Filter", 2013), which stays
//! stable and quiet while its coefficients move.

use crate::math::{PI, cos_pi, db_to_gain, ln, tan};
use crate::process::ControlSet;

/// Bands.
pub(super) const BANDS: usize = 8;
/// Parameters of a band.
pub(super) const BAND_PARAMETERS: usize = 5;
/// Sections of the steepest band.
pub(super) const MAX_BAND_SECTIONS: usize = 4;
/// The highest frequency, as a part of the sample rate.
const HIGHEST: f64 = 0.499;

/// What a band does; in the order of the parameter's choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BandType {
    Off,
    Bell,
    LowShelf,
    HighShelf,
    LowPass,
    HighPass,
    Notch,
}

/// Which operations a section is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SectionKind {
    /// A bell that does not move, in a direct form of seven operations.
    FixedBell,
    /// Any second-order response, as a state variable filter.
    StateVariable,
    /// A first-order response.
    OnePole,
}

/// A band as far as it decides which operations are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BandShape {
    pub(super) band: usize,
    pub(super) band_type: BandType,
    /// The order of a low or high pass, 1 to 8: 6 dB an octave each.
    pub(super) order: usize,
    /// Frequency, gain or Q are automated.
    pub(super) moves: bool,
}

/// A section in terms of the analogue prototype: `g` the prewarped frequency, `k` the damping
/// (1/Q), and the response `mix[0] + (mix[1] * band + mix[2] * low)`, where `band` and `low` are
/// the outputs of the state variable filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Section {
    pub(super) g: f64,
    pub(super) k: f64,
    pub(super) mix: [f64; 3],
}

impl BandType {
    fn of(value: f64) -> Self {
        const ALL: [BandType; 7] = [
            BandType::Off,
            BandType::Bell,
            BandType::LowShelf,
            BandType::HighShelf,
            BandType::LowPass,
            BandType::HighPass,
            BandType::Notch,
        ];
        ALL[index(value, ALL.len())]
    }

    fn has_gain(self) -> bool {
        matches!(self, Self::Bell | Self::LowShelf | Self::HighShelf)
    }

    fn is_pass(self) -> bool {
        matches!(self, Self::LowPass | Self::HighPass)
    }
}

/// The index of a choice, which parameters carry as a number.
fn index(value: f64, choices: usize) -> usize {
    (0..choices).rev().find(|&i| value >= i as f64).unwrap_or(0)
}

impl BandShape {
    /// The shape of `band`. A bell or shelf that stays at 0 dB does nothing and counts as off.
    pub(super) fn of(controls: &ControlSet, band: usize) -> Self {
        let first = band * BAND_PARAMETERS;
        let values = &controls.constants()[first..first + BAND_PARAMETERS];
        let automated =
            |parameter: usize| controls.curves().iter().any(|(i, _)| *i == first + parameter);
        let chosen = BandType::of(values[0]);
        let idle = chosen.has_gain() && values[2] == 0.0 && !automated(2);
        let band_type = if idle { BandType::Off } else { chosen };
        let order = if band_type.is_pass() { index(values[4], 8) + 1 } else { 2 };
        Self { band, band_type, order, moves: (1..4).any(automated) }
    }

    /// The shape as a number of seven bits.
    pub(super) fn code(self) -> u64 {
        let moves = self.moves && self.band_type == BandType::Bell;
        (self.band_type as u64) << 4 | (self.order as u64 - 1) << 1 | u64::from(moves)
    }

    /// The kinds of its sections, in the order in which they run.
    pub(super) fn kinds(self) -> impl Iterator<Item = SectionKind> {
        let (second, first) = match self.band_type {
            BandType::Off => (0, 0),
            BandType::LowPass | BandType::HighPass => (self.order / 2, self.order % 2),
            _ => (1, 0),
        };
        let fixed = self.band_type == BandType::Bell && !self.moves;
        let kind = if fixed { SectionKind::FixedBell } else { SectionKind::StateVariable };
        std::iter::repeat_n(kind, second).chain(std::iter::repeat_n(SectionKind::OnePole, first))
    }

    /// The sections at the given parameter values (of the whole equaliser), as many as
    /// [`Self::kinds`] has.
    pub(super) fn sections(self, values: &[f64], rate_hz: f64) -> [Section; MAX_BAND_SECTIONS] {
        let first = self.band * BAND_PARAMETERS;
        let frequency_hz = values[first + 1].clamp(1.0, HIGHEST * rate_hz);
        let (gain_db, q) = (values[first + 2], values[first + 3].max(1e-3));
        let g = tan(PI * frequency_hz / rate_hz);
        // The amplitude ratio's square root, as in the cookbook.
        let a = db_to_gain(gain_db / 2.0);
        let k = 1.0 / q;
        let one = match self.band_type {
            BandType::LowPass | BandType::HighPass => return self.passes(g, q),
            BandType::Off => Section { g, k, mix: [1.0, 0.0, 0.0] },
            BandType::Bell => Section { g, k: k / a, mix: [1.0, k / a * (a * a - 1.0), 0.0] },
            BandType::LowShelf => {
                Section { g: g / a.sqrt(), k, mix: [1.0, k * (a - 1.0), a * a - 1.0] }
            }
            BandType::HighShelf => {
                Section { g: g * a.sqrt(), k, mix: [a * a, k * (1.0 - a) * a, 1.0 - a * a] }
            }
            BandType::Notch => Section { g, k, mix: [1.0, -k, 0.0] },
        };
        [one; MAX_BAND_SECTIONS]
    }

    /// The sections of a low or high pass: Butterworth's pairs of poles, the least damped last,
    /// then the real pole of an odd order. The second order alone has a Q of its own.
    fn passes(self, g: f64, q: f64) -> [Section; MAX_BAND_SECTIONS] {
        let mut sections = [Section { g, k: 1.0, mix: self.pass_mix(1.0, false) }; 4];
        for (pair, section) in sections.iter_mut().enumerate().take(self.order / 2) {
            // The angle from the real axis: pairs of an even order lie at odd multiples of
            // pi / (2 order), those of an odd order at multiples of pi / order.
            let turns = (2 * pair + 1 + self.order % 2) as f64 / (2 * self.order) as f64;
            let k = if self.order == 2 { 1.0 / q } else { 2.0 * cos_pi(turns) };
            *section = Section { g, k, mix: self.pass_mix(k, true) };
        }
        sections
    }

    fn pass_mix(self, k: f64, second_order: bool) -> [f64; 3] {
        match (self.band_type, second_order) {
            (BandType::HighPass, true) => [1.0, -k, -1.0],
            (BandType::HighPass, false) => [1.0, 0.0, -1.0],
            _ => [0.0, 0.0, 1.0],
        }
    }
}

impl Section {
    /// Coefficients of the direct form of a bell: the gain and the feedback by one and two
    /// frames, of `y = x + gain * (1 - z^-2) / (1 + back1 z^-1 + back2 z^-2) x`.
    pub(super) fn fixed_bell(&self) -> [f64; 3] {
        let square = self.g * self.g;
        let damping = self.g * self.k;
        let scale = 1.0 / (1.0 + damping + square);
        [
            self.mix[1] * self.g * scale,
            2.0 * (square - 1.0) * scale,
            ((1.0 - damping) + square) * scale,
        ]
    }

    /// Coefficients of the state variable forms: `g`, `k` and the mix of twice the outputs.
    /// Adding 0 turns -0 into 0, so that a line that stands still equals its start in every bit.
    pub(super) fn state_variable(&self) -> [f64; 5] {
        [self.g, self.k, self.mix[0], self.mix[1] * 0.5, self.mix[2] * 0.5].map(|c| c + 0.0)
    }

    /// Frames in which the slowest mode falls by a factor of e.
    pub(super) fn time_constant(&self, kind: SectionKind) -> f64 {
        let real_pole = |p: f64| ((1.0 - self.g * p) / (1.0 + self.g * p)).abs();
        let (g, k) = (self.g, self.k);
        let radius = if kind == SectionKind::OnePole {
            real_pole(1.0)
        } else if k < 2.0 {
            (((1.0 - g * k) + g * g) / (1.0 + g * k + g * g)).sqrt()
        } else {
            let slow = 2.0 / (k + (k * k - 4.0).sqrt());
            real_pole(slow).max(real_pole(1.0 / slow))
        };
        // Beyond 2^-20 a frame it is over at once; at 1 - 2^-50 it takes years.
        -1.0 / ln(radius.clamp(1e-6, 1.0 - 1e-15))
    }
}
