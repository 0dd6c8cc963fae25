//! Note values as text: `1/16`, `1/8t` (triplet), `1/4.` (dotted), `2/1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::{TICKS_PER_QUARTER, Ticks};

/// A length in musical time: a fraction of a whole note, dotted (`.`, half as long again) or as a
/// triplet (`t`, two thirds as long) where so marked. The upper number goes from 1 to 64, the lower
/// one is a power of two up to 128.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct NoteValue {
    numerator: u32,
    denominator: u32,
    feel: Feel,
}

/// How long it is against what its fraction says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feel {
    Straight,
    Dotted,
    Triplet,
}

impl Feel {
    /// The factor by which it is longer, as a fraction.
    pub(super) const fn factor(self) -> (i64, i64) {
        match self {
            Self::Straight => (1, 1),
            Self::Dotted => (3, 2),
            Self::Triplet => (2, 3),
        }
    }
}

/// The numbers of a fraction written in digits, and how the mark behind it says it is played.
pub(super) fn parse_fraction(text: &str) -> Option<(u32, u32, Feel)> {
    let (fraction, feel) = if let Some(fraction) = text.strip_suffix('t') {
        (fraction, Feel::Triplet)
    } else if let Some(fraction) = text.strip_suffix('.') {
        (fraction, Feel::Dotted)
    } else {
        (text, Feel::Straight)
    };
    let number = |digits: &str| digits.parse().ok().filter(|_| !digits.starts_with('+'));
    let (upper, lower) = fraction.split_once('/')?;
    Some((number(upper)?, number(lower)?, feel))
}

/// A text that is no note value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no note value: write a fraction of a whole note such as 1/16, 1/8t (triplet), 1/4. (dotted) or 2/1"
)]
pub struct NoteValueError(String);

impl NoteValue {
    /// Its length: a whole number of ticks whatever the value.
    pub const fn ticks(self) -> Ticks {
        let (up, down) = self.feel.factor();
        let (numerator, denominator) = (self.numerator as i64, self.denominator as i64);
        Ticks(4 * TICKS_PER_QUARTER * numerator * up / (denominator * down))
    }
}

impl std::str::FromStr for NoteValue {
    type Err = NoteValueError;

    fn from_str(text: &str) -> Result<Self, NoteValueError> {
        let parsed = parse_fraction(text).filter(|(numerator, denominator, _)| {
            (1..=64).contains(numerator) && denominator.is_power_of_two() && *denominator <= 128
        });
        let parsed =
            parsed.map(|(numerator, denominator, feel)| Self { numerator, denominator, feel });
        parsed.ok_or_else(|| NoteValueError(text.to_owned()))
    }
}

impl TryFrom<String> for NoteValue {
    type Error = NoteValueError;

    fn try_from(text: String) -> Result<Self, NoteValueError> {
        text.parse()
    }
}

impl From<NoteValue> for String {
    fn from(value: NoteValue) -> Self {
        value.to_string()
    }
}

impl std::fmt::Display for NoteValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match self.feel {
            Feel::Straight => "",
            Feel::Dotted => ".",
            Feel::Triplet => "t",
        };
        write!(f, "{}/{}{mark}", self.numerator, self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_whole_ticks() {
        for (text, ticks) in [
            ("1/4", TICKS_PER_QUARTER),
            ("1/1", 4 * TICKS_PER_QUARTER),
            ("3/4", 3 * TICKS_PER_QUARTER),
            ("1/8t", TICKS_PER_QUARTER / 3),
            ("1/4.", TICKS_PER_QUARTER * 3 / 2),
            ("1/128t", TICKS_PER_QUARTER / 48),
            ("1/128.", TICKS_PER_QUARTER * 3 / 64),
        ] {
            let value: NoteValue = text.parse().unwrap();
            assert_eq!((value.ticks(), value.to_string()), (Ticks(ticks), text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_fraction_is_refused() {
        for text in ["", "1", "1/3", "0/4", "65/4", "1/256", "1/8tt", "-1/4", "1/+4", "a/4"] {
            let error = text.parse::<NoteValue>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("'{text}'")), "{error}");
        }
    }
}
