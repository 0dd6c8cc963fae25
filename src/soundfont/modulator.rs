//! Modulators: what controllers do to generators (8.2, 9.5), and the ten that are always there.

use super::generator::{GENERATORS, number as generator};
use super::record;
use crate::math::log10;

/// What a modulator listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing: always 1.
    None,
    /// Velocity of the note, 0 to 127.
    Velocity,
    /// Key of the note, 0 to 127.
    Key,
    /// Pressure on the note's key, 0 to 127.
    KeyPressure,
    /// Pressure of the channel, 0 to 127.
    ChannelPressure,
    /// Pitch wheel, 0 to 128 with its middle at 64.
    PitchWheel,
    /// Range of the pitch wheel in semitones.
    PitchWheelRange,
    /// A controller of the channel.
    Controller(u8),
}

/// The form of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Straight.
    Linear,
    /// Slow at the start.
    Concave,
    /// Fast at the start.
    Convex,
    /// 0 below the middle, 1 from there on.
    Switch,
}

/// What a modulator makes of its source's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curve {
    /// Its form.
    pub shape: Shape,
    /// From -1 to 1 instead of from 0 to 1.
    pub bipolar: bool,
    /// From the source's largest value to its smallest.
    pub falling: bool,
}

/// Which of the default modulators goes from velocity to cutoff.
const VELOCITY_TO_CUTOFF: usize = 1;

/// Adds `amount` times its sources to a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulator {
    /// What it listens to.
    pub source: Source,
    /// What it makes of that.
    pub curve: Curve,
    /// By what that is multiplied.
    pub by: Source,
    /// What is made of that.
    pub by_curve: Curve,
    /// The generator it adds to.
    pub destination: u8,
    /// Of what, in the generator's unit.
    pub amount: i16,
    /// Takes the magnitude.
    pub absolute: bool,
}

impl Curve {
    const RISING: Self = Self { shape: Shape::Linear, bipolar: false, falling: false };
    const FALLING: Self = Self { falling: true, ..Self::RISING };
    const CONCAVE_FALLING: Self = Self { shape: Shape::Concave, ..Self::FALLING };
    const BIPOLAR: Self = Self { bipolar: true, ..Self::RISING };
    /// 1 below the middle, 0 from there on.
    const SOFT: Self = Self { shape: Shape::Switch, ..Self::FALLING };

    fn of_bits(bits: u16) -> Option<Self> {
        let shape = match bits >> 10 {
            0 => Shape::Linear,
            1 => Shape::Concave,
            2 => Shape::Convex,
            3 => Shape::Switch,
            _ => return None,
        };
        Some(Self { shape, falling: bits & 0x100 != 0, bipolar: bits & 0x200 != 0 })
    }

    /// The curve at `value`, 0 to 128. Straight lines reach their end at 128 (so 127/128 at 127),
    /// bent ones at 127: `concave(x) = -40 / 96 log10(1 - x)`, `convex(x) = 1 - concave(1 - x)`.
    pub fn at(self, value: f64) -> f64 {
        let straight = |value: f64| if self.falling { 127.0 - value } else { value } / 128.0;
        let unit = |value: f64| {
            let share = (value / 127.0).clamp(0.0, 1.0);
            if self.falling { 1.0 - share } else { share }
        };
        let bent = |share: f64| match self.shape {
            Shape::Concave => concave(share),
            _ => 1.0 - concave(1.0 - share),
        };
        match (self.shape, self.bipolar) {
            (Shape::Linear, false) => straight(value),
            // The middle of the wheel and of controllers is 64, whatever the direction.
            (Shape::Linear, true) => {
                let share = (value - 64.0) / 64.0;
                if self.falling { -share } else { share }
            }
            (Shape::Switch, bipolar) => {
                let on = (value >= 64.0) != self.falling;
                f64::from(u8::from(on)) - f64::from(u8::from(bipolar && !on))
            }
            (_, false) => bent(unit(value)),
            (_, true) => {
                let share = unit(value) * 2.0 - 1.0;
                bent(share.abs()).copysign(share)
            }
        }
    }
}

/// -40 / 96 log10(1 - x) within 0 and 1: 96 dB of the square of what is left (9.5.3).
fn concave(x: f64) -> f64 {
    let left = (1.0 - x).max(1e-6);
    (log10(left) * (-40.0 / 96.0)).clamp(0.0, 1.0)
}

impl Modulator {
    const fn always(source: Source, curve: Curve, destination: usize, amount: i16) -> Self {
        #[allow(clippy::cast_possible_truncation)] // There are 61.
        let destination = destination as u8;
        let (by, by_curve) = (Source::None, Curve::RISING);
        Self { source, curve, by, by_curve, destination, amount, absolute: false }
    }

    /// Velocity to cutoff as versions before 2.04 have it.
    const SOFT_TO_CUTOFF: Self =
        Self { by: Source::Velocity, by_curve: Curve::SOFT, ..Self::DEFAULT[VELOCITY_TO_CUTOFF] };

    /// What is there where an instrument says nothing (8.4), in version 2.04. Of the pan the specification says
    /// 1000 tenths of a percent, which cannot be meant: from the middle to a side it is 500.
    pub const DEFAULT: [Self; 10] = [
        Self::always(Source::Velocity, Curve::CONCAVE_FALLING, generator::ATTENUATION, 960),
        Self::always(Source::Velocity, Curve::FALLING, generator::FILTER_CUTOFF, -2_400),
        Self::always(Source::ChannelPressure, Curve::RISING, generator::VIBRATO_LFO_TO_PITCH, 50),
        Self::always(Source::Controller(1), Curve::RISING, generator::VIBRATO_LFO_TO_PITCH, 50),
        Self::always(Source::Controller(7), Curve::CONCAVE_FALLING, generator::ATTENUATION, 960),
        Self::always(Source::Controller(10), Curve::BIPOLAR, generator::PAN, 500),
        Self::always(Source::Controller(11), Curve::CONCAVE_FALLING, generator::ATTENUATION, 960),
        Self::always(Source::Controller(91), Curve::RISING, generator::REVERB_SEND, 200),
        Self::always(Source::Controller(93), Curve::RISING, generator::CHORUS_SEND, 200),
        Self {
            by: Source::PitchWheelRange,
            // Into the pitch itself, in cents; the fine tune is where it is added.
            ..Self::always(Source::PitchWheel, Curve::BIPOLAR, generator::FINE_TUNE, 12_700)
        },
    ];

    /// Those of a file of a version: before 2.04 velocity lowers the cutoff of soft notes only, below
    /// 64 (2.01, 8.4.2).
    pub(super) fn defaults(version: (u16, u16)) -> [Self; 10] {
        let mut defaults = Self::DEFAULT;
        if version < (2, 4) {
            defaults[VELOCITY_TO_CUTOFF] = Self::SOFT_TO_CUTOFF;
        }
        defaults
    }

    /// A modulator of a file; `None` where it is one to ignore: linked to another, of a source,
    /// curve or generator that the specification does not know.
    pub(super) fn of_record(bytes: &[u8; 10]) -> Option<Self> {
        let [source, destination, amount, by, transform] =
            [0, 2, 4, 6, 8].map(|at| record::number(bytes, at));
        let absolute = match transform {
            0 => false,
            2 => true,
            _ => return None,
        };
        // 59 is what the specification's text calls the initial pitch.
        let destination = match usize::from(destination) {
            59 => generator::FINE_TUNE,
            known if known < GENERATORS => known,
            _ => return None,
        };
        Some(Self {
            source: Source::of_bits(source)?,
            curve: Curve::of_bits(source)?,
            by: Source::of_bits(by)?,
            by_curve: Curve::of_bits(by)?,
            destination: u8::try_from(destination).ok()?,
            amount: amount.cast_signed(),
            absolute,
        })
    }

    /// True where the two do the same thing but for the amount: one then takes the other's place. So
    /// does either form of velocity to cutoff, for files state one and mean the other.
    pub(super) fn is_identical(&self, other: &Self) -> bool {
        let form = |modulator: &Self| Self { amount: 0, ..*modulator };
        let cutoffs = [Self::DEFAULT[VELOCITY_TO_CUTOFF], Self::SOFT_TO_CUTOFF].map(|m| form(&m));
        form(self) == form(other) || [self, other].iter().all(|m| cutoffs.contains(&form(m)))
    }
}

impl Source {
    fn of_bits(bits: u16) -> Option<Self> {
        let [low, _] = bits.to_le_bytes();
        let index = low & 0x7f;
        if low & 0x80 != 0 {
            return Some(Self::Controller(index));
        }
        Some(match index {
            0 => Self::None,
            2 => Self::Velocity,
            3 => Self::Key,
            10 => Self::KeyPressure,
            13 => Self::ChannelPressure,
            14 => Self::PitchWheel,
            16 => Self::PitchWheelRange,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn velocity_and_volume_are_squares_of_the_amplitude() {
        for value in [1.0, 20.0, 64.0, 100.0, 127.0] {
            let attenuation_cb = 960.0 * Curve::CONCAVE_FALLING.at(value);
            let amplitude = crate::math::db_to_gain(-attenuation_cb / 10.0);
            let share = value / 127.0;
            assert!((amplitude - share * share).abs() < 3e-5, "{value}: {amplitude}");
        }
        assert_eq!(Curve::CONCAVE_FALLING.at(0.0), 1.0);
    }

    #[test]
    fn curves_have_their_ends_and_middles() {
        let curve = |shape, bipolar, falling| Curve { shape, bipolar, falling };
        use Shape::{Concave, Convex, Linear, Switch};
        for (curve, points) in [
            (curve(Linear, false, false), [0.0, 0.5, 127.0 / 128.0]),
            (curve(Linear, false, true), [127.0 / 128.0, 63.0 / 128.0, 0.0]),
            (curve(Linear, true, false), [-1.0, 0.0, 63.0 / 64.0]),
            (curve(Linear, true, true), [1.0, 0.0, -63.0 / 64.0]),
            (curve(Switch, false, false), [0.0, 1.0, 1.0]),
            (curve(Switch, true, true), [1.0, -1.0, -1.0]),
        ] {
            assert_eq!([0.0, 64.0, 127.0].map(|value| curve.at(value)), points, "{curve:?}");
        }
        for (shape, low) in [(Concave, true), (Convex, false)] {
            let rising = curve(shape, false, false);
            assert_eq!((rising.at(0.0), rising.at(127.0)), (0.0, 1.0));
            assert_eq!(rising.at(64.0) < 0.5, low, "{shape:?}");
            let both = curve(shape, true, false);
            assert_eq!((both.at(0.0), both.at(127.0)), (-1.0, 1.0));
        }
    }
}
