//! Lengths of notes as text: `1/4`, `1/8.`, `1/8t`.

use crate::midi::note_value::parse_fraction;
use crate::time::{TICKS_PER_QUARTER, Ticks};

pub(super) const QUARTER: Ticks = Ticks(TICKS_PER_QUARTER);

const WHOLE: i64 = 4 * TICKS_PER_QUARTER;

/// Most whole notes of one length.
const MAX_WHOLE_NOTES: i64 = 64;

/// A text that is no length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no length: write a part of a whole note up to 64/1, such as 1/4, 3/8, 1/8. (dotted) or 1/8t (triplet)"
)]
pub(super) struct LengthError(String);

/// The length `text` says, where that is a whole number of ticks.
pub(super) fn parse_length(text: &str) -> Result<Ticks, LengthError> {
    length(text).ok_or_else(|| LengthError(text.chars().take(20).collect()))
}

fn length(text: &str) -> Option<Ticks> {
    let (numerator, denominator, feel) = parse_fraction(text)?;
    let number =
        |number: u32| Some(i64::from(number)).filter(|number| (1..=9_999).contains(number));
    let (numerator, denominator) = (number(numerator)?, number(denominator)?);
    let (times, over) = feel.factor();
    if numerator > MAX_WHOLE_NOTES * denominator {
        return None;
    }
    let (ticks, parts) = (WHOLE * numerator * times, denominator * over);
    (ticks % parts == 0).then_some(Ticks(ticks / parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_parts_of_a_whole_note() {
        for (text, ticks) in [
            ("1/4", 15_360),
            ("3/8", 23_040),
            ("1/8.", 11_520),
            ("1/8t", 5_120),
            ("1/12", 5_120),
            ("2/1", 122_880),
            ("64/1", 3_932_160),
        ] {
            assert_eq!(parse_length(text), Ok(Ticks(ticks)), "{text}");
        }
        for text in
            ["", "4", "0/4", "1/0", "1/7", "-1/4", "1/4..", "65/1", "1/99999", "a/b", "1/4/4"]
        {
            let message = parse_length(text).unwrap_err().to_string();
            assert!(message.contains("such as 1/4"), "{text}: {message}");
        }
    }
}
