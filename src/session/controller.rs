//! What a controller lane moves, by its name in a session: `cc/7`, `bend`, `rpn/0`, ...

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a controller lane moves.
///
/// | text | what | values |
/// |---|---|---|
/// | `cc/N` | controller N, 0 to 127 | 0 to 127.9921875; the part behind the point is the low 7 bits of a pair, in 128ths |
/// | `bend` | pitch bend | -1 to +1, in the channel's bend range (2 semitones unless `rpn/0` says another) |
/// | `pressure` | pressure of the channel | 0 to 127 |
/// | `bank` | bank of the programs after it | 0 to 16383 |
/// | `program` | program | 0 to 127 |
/// | `rpn/N`, `nrpn/N` | registered and non-registered parameter N, 0 to 16382 (16383 is none) | 0 to 16383 |
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum ControllerTarget {
    /// The bank from which programs are taken.
    Bank,
    /// The program.
    Program,
    /// A controller by its number, 0 to 127.
    Controller(u8),
    /// A registered parameter by its number, 0 to 16382.
    Registered(u16),
    /// A non-registered parameter by its number, 0 to 16382.
    NonRegistered(u16),
    /// The pitch bend.
    PitchBend,
    /// The pressure of the channel.
    Pressure,
}

/// A text that names no controller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' names no controller: use cc/0 to cc/127, bend, pressure, bank, program, or rpn/ or nrpn/ and 0 to 16382"
)]
pub struct ControllerTargetError(String);

/// The last parameter: the largest number of fourteen bits, one more, stands for none.
const LAST_PARAMETER: u16 = 16_382;

impl ControllerTarget {
    /// Smallest and largest value.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Controller(_) => (0.0, 127.0 + 127.0 / 128.0),
            Self::PitchBend => (-1.0, 1.0),
            Self::Pressure | Self::Program => (0.0, 127.0),
            Self::Bank | Self::Registered(_) | Self::NonRegistered(_) => (0.0, 16_383.0),
        }
    }

    /// True where values are whole numbers that mean things, so that nothing lies between two.
    pub const fn is_selection(self) -> bool {
        matches!(self, Self::Bank | Self::Program)
    }
}

impl TryFrom<String> for ControllerTarget {
    type Error = ControllerTargetError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parameter =
            |number: &str| number.parse().ok().filter(|number: &u16| *number <= LAST_PARAMETER);
        let target = match text.split_once('/') {
            None => match text.as_str() {
                "bend" => Some(Self::PitchBend),
                "pressure" => Some(Self::Pressure),
                "bank" => Some(Self::Bank),
                "program" => Some(Self::Program),
                _ => None,
            },
            Some(("cc", number)) => {
                number.parse().ok().filter(|number: &u8| *number < 128).map(Self::Controller)
            }
            Some(("rpn", number)) => parameter(number).map(Self::Registered),
            Some(("nrpn", number)) => parameter(number).map(Self::NonRegistered),
            Some(_) => None,
        };
        target.ok_or(ControllerTargetError(text))
    }
}

impl From<ControllerTarget> for String {
    fn from(target: ControllerTarget) -> Self {
        target.to_string()
    }
}

impl std::fmt::Display for ControllerTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Controller(number) => write!(f, "cc/{number}"),
            Self::PitchBend => f.write_str("bend"),
            Self::Pressure => f.write_str("pressure"),
            Self::Bank => f.write_str("bank"),
            Self::Program => f.write_str("program"),
            Self::Registered(number) => write!(f, "rpn/{number}"),
            Self::NonRegistered(number) => write!(f, "nrpn/{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let targets = [
            ControllerTarget::Controller(0),
            ControllerTarget::Controller(127),
            ControllerTarget::PitchBend,
            ControllerTarget::Pressure,
            ControllerTarget::Bank,
            ControllerTarget::Program,
            ControllerTarget::Registered(0),
            ControllerTarget::NonRegistered(16_382),
        ];
        for target in targets {
            assert_eq!(ControllerTarget::try_from(target.to_string()), Ok(target));
        }
    }

    #[test]
    fn what_names_no_controller_is_refused() {
        for text in ["", "cc", "cc/128", "cc/-1", "rpn/16383", "bend/1", "volume"] {
            let error = ControllerTarget::try_from(text.to_owned()).unwrap_err();
            assert!(error.to_string().contains(&format!("'{text}'")), "{error}");
        }
    }
}
