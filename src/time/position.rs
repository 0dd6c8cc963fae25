//! Positions as people type them: bars and beats, seconds, or samples.

use super::rounding::nearest;
use super::{
    BarsBeatsTicks, BarsBeatsTicksError, SampleRate, Samples, SignatureMap, TempoMap, Ticks,
};

/// The last position the engine goes to, in samples: 2^40, a month at 384 kHz.
pub const MAX_POSITION: Samples = Samples(1 << 40);

/// A position on the timeline, before the session says which sample that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PositionSpec {
    /// `5|1|0`: follows tempo and signatures.
    Bars(BarsBeatsTicks),
    /// `12.5s`, `1:02.5` or `1:02:03.25`: seconds from the start, 0 or more.
    Seconds(f64),
    /// `48000smp`: samples at the session's rate, 0 or more.
    Samples(Samples),
}

/// Why a text is no position, or a position is not on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// None of the forms.
    #[error(
        "'{0}' is no position: write bars as 5|1|0, seconds as 12.5s or 1:02.5, samples as 48000smp"
    )]
    Form(String),
    /// A bar before the first.
    #[error("bar {0} lies before the timeline: bars count from 1")]
    Bar(i64),
    /// A beat or tick its bar has not.
    #[error(transparent)]
    Bars(#[from] BarsBeatsTicksError),
    /// Too far away.
    #[error("position {0} lies beyond the longest timeline of 2^40 samples: choose an earlier one")]
    TooFar(String),
}

impl PositionError {
    /// Whether the text was one of the forms: what is wrong is the place, not the writing.
    pub const fn is_of_form(&self) -> bool {
        !matches!(self, Self::Form(_) | Self::Bars(BarsBeatsTicksError::Form(_)))
    }
}

/// Reads a position: `5|1|0` (bar|beat|tick) or `5|1`, `12.5s`, `1:02.5`, `1:02:03.25`,
/// `48000smp`.
///
/// Markers and sections have names only a session knows: look those up first.
pub fn parse_position(text: &str) -> Result<PositionSpec, PositionError> {
    let text = text.trim();
    let form = || PositionError::Form(text.chars().take(40).collect());
    if text.contains('|') {
        let place: BarsBeatsTicks = text.parse()?;
        return if place.bar < 1 {
            Err(PositionError::Bar(place.bar))
        } else {
            Ok(PositionSpec::Bars(place))
        };
    }
    if let Some(digits) = text.strip_suffix("smp") {
        let samples = digits_only(digits.trim_end()).ok_or_else(form)?;
        return Ok(PositionSpec::Samples(Samples(samples.parse().map_err(|_| form())?)));
    }
    if text.contains(':') {
        return clock(text).map(PositionSpec::Seconds).ok_or_else(form);
    }
    let seconds = text.strip_suffix('s').and_then(|digits| decimal(digits.trim_end()));
    seconds.map(PositionSpec::Seconds).ok_or_else(form)
}

impl PositionSpec {
    /// The sample of this position: the nearest, ties to the later one.
    ///
    /// Fails where its bar has no such beat or tick, or where it lies beyond [`MAX_POSITION`].
    pub fn to_samples(
        self,
        tempo: &TempoMap,
        signatures: &SignatureMap,
    ) -> Result<Samples, PositionError> {
        let samples = match self {
            Self::Bars(place) => {
                let ticks: Ticks = signatures.to_ticks(place)?;
                tempo.samples_at(ticks)
            }
            Self::Seconds(seconds) => seconds_to_samples(seconds, tempo.sample_rate()),
            Self::Samples(samples) => samples,
        };
        if samples > MAX_POSITION {
            return Err(PositionError::TooFar(self.to_string()));
        }
        Ok(samples)
    }
}

impl std::fmt::Display for PositionSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bars(place) => place.fmt(f),
            Self::Seconds(seconds) => write!(f, "{seconds}s"),
            Self::Samples(samples) => write!(f, "{}smp", samples.0),
        }
    }
}

fn seconds_to_samples(seconds: f64, rate: SampleRate) -> Samples {
    Samples(nearest(seconds * rate.hz_f64()))
}

/// `text` where it is digits and nothing else.
fn digits_only(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// A plain decimal number: the parser of f64 would take `inf`, `nan` and `1e300` too.
fn decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits_only(whole).and(digits_only(fraction))?;
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `minutes:seconds` or `hours:minutes:seconds`, all but the first below 60.
fn clock(text: &str) -> Option<f64> {
    let (rest, seconds) = text.rsplit_once(':')?;
    let seconds = decimal(seconds).filter(|&value| value < 60.0)?;
    let minutes = match rest.split_once(':') {
        None => decimal(digits_only(rest)?)?,
        Some((hours, minutes)) => {
            let minutes = decimal(digits_only(minutes)?).filter(|&value| value < 60.0)?;
            decimal(digits_only(hours)?)? * 60.0 + minutes
        }
    };
    Some(minutes * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples(text: &str) -> Result<i64, String> {
        let tempo = TempoMap::new(&[], SampleRate::new(44_100).unwrap()).unwrap();
        let signatures = SignatureMap::new(&[]).unwrap();
        parse_position(text)
            .and_then(|spec| spec.to_samples(&tempo, &signatures))
            .map(|samples| samples.0)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(samples("5|1|0"), Ok(16 * 22_050));
        assert_eq!(samples(" 5|3 "), Ok(18 * 22_050));
        assert_eq!(samples("12.5s"), Ok(551_250));
        assert_eq!(samples("0.1 s"), Ok(4_410));
        assert_eq!(samples("0s"), Ok(0));
        assert_eq!(samples("1:02.5"), Ok(2_756_250));
        assert_eq!(samples("1:02:03.25"), Ok(164_195_325));
        assert_eq!(samples("48000smp"), Ok(48_000));
    }

    #[test]
    fn other_forms_are_refused_with_the_valid_ones() {
        let bad = [
            "",
            "5",
            "s",
            "smp",
            "-1s",
            "infs",
            "nans",
            "1e3s",
            ".5s",
            "5.s",
            "1:60",
            "1:2:3:4",
            "1:60:00",
            ":5",
            "1.5:00",
            "1.5smp",
            "-3smp",
            "99999999999999999999smp",
            "five",
        ];
        for text in bad {
            let message = samples(text).unwrap_err();
            assert!(message.ends_with("samples as 48000smp"), "{text}: {message}");
        }
        assert_eq!(
            samples("0|1|0").unwrap_err(),
            "bar 0 lies before the timeline: bars count from 1"
        );
        assert_eq!(samples("2|5|0").unwrap_err(), "bar 2 has no beat 5: its beats are 1 to 4");
    }

    #[test]
    fn positions_beyond_the_longest_timeline_are_refused() {
        assert_eq!(samples("1099511627776smp"), Ok(1 << 40));
        for text in ["1099511627777smp", "99999999999s", "9223372036854775807|1|0"] {
            assert!(samples(text).unwrap_err().contains("beyond the longest timeline"), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_text_panics(text in "[0-9.|:smp -]{0,24}|\\PC{0,12}") {
            let _ = samples(&text);
        }
    }
}
