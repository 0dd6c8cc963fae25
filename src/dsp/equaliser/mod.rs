//! The parametric equaliser: eight bands of bells, shelves, passes and notches.

mod design;
mod kernel;
mod processor;
mod stage;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use super::describe::{choice, effect, number};
use crate::math::ln;
use crate::process::{
    ControlSet, ParameterSpec, Prepare, PrepareError, Processor, ProcessorFactory, ProcessorSpec,
    Unit,
};
use crate::time::{SampleRate, Samples};

use design::{BAND_PARAMETERS, BANDS, BandShape};
use processor::Equaliser;

/// Makes equalisers, called `equaliser`.
///
/// Eight bands run in series; those that are off, or bells and shelves that stay at 0 dB, are
/// left out and change no bit. For N from 1 to 8:
///
/// - `bandN.type`: `off`, `bell`, `low-shelf`, `high-shelf`, `low-pass`, `high-pass`, `notch`
/// - `bandN.frequency_hz`: 10 to 180,000, cut to 0.499 of the sample rate
/// - `bandN.gain_db`: -36 to 36, of bells and shelves
/// - `bandN.q`: 0.05 to 50, of bells, shelves, notches and of passes with 12 dB an octave
/// - `bandN.slope_db_per_octave`: `6` to `48` in steps of 6, of low and high passes, which are
///   Butterworth's
///
/// Frequency, gain and Q can be automated. No latency; the tail is that of the slowest pole.
#[derive(Clone, Copy, Debug, Default)]
pub struct EqualiserFactory;

const TYPES: &[&str] =
    &["off", "bell", "low-shelf", "high-shelf", "low-pass", "high-pass", "notch"];
const SLOPES: &[&str] = &["6", "12", "18", "24", "30", "36", "42", "48"];
/// Where the bands start out, in hertz.
const FREQUENCIES_HZ: [f64; BANDS] = [40.0, 100.0, 250.0, 600.0, 1500.0, 4000.0, 8000.0, 16_000.0];

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let parameters = FREQUENCIES_HZ.iter().enumerate().flat_map(|(band, &hz)| {
        let band = band + 1;
        let named = |id: &str, name: &str, parameter: ParameterSpec| ParameterSpec {
            id: Cow::Owned(format!("band{band}.{id}")),
            name: Cow::Owned(format!("Band {band} {name}")),
            ..parameter
        };
        let parameters: [ParameterSpec; BAND_PARAMETERS] = [
            named("type", "type", choice("", "", TYPES, 0)),
            named("frequency_hz", "frequency", number("", "", Unit::Hertz, (10.0, 180_000.0), hz)),
            named("gain_db", "gain", number("", "", Unit::Decibels, (-36.0, 36.0), 0.0)),
            named(
                "q",
                "Q",
                number("", "", Unit::Ratio, (0.05, 50.0), std::f64::consts::FRAC_1_SQRT_2),
            ),
            named("slope_db_per_octave", "slope (dB/octave)", choice("", "", SLOPES, 1)),
        ];
        parameters
    });
    effect("equaliser", "Parametric equaliser with eight bands", 1, parameters.collect())
});

/// The bands of an instance that do something.
fn active(controls: &ControlSet) -> impl Iterator<Item = BandShape> {
    (0..BANDS)
        .map(|band| BandShape::of(controls, band))
        .filter(|shape| shape.kinds().next().is_some())
}

impl ProcessorFactory for EqualiserFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        let controls = ControlSet::new(values.to_vec(), Vec::new());
        let (mut slowest, mut all) = (0.0_f64, 0.0);
        for shape in active(&controls) {
            let sections = shape.sections(values, rate.hz_f64());
            for (kind, section) in shape.kinds().zip(sections) {
                let frames = section.time_constant(kind);
                slowest = slowest.max(frames);
                all += frames;
            }
        }
        // -120 dB of the slowest pole, and a little for each of the others, which hand theirs on.
        Samples(whole(slowest * ln(1e6) + (all - slowest) * 3.0))
    }

    fn structure(&self, controls: &ControlSet) -> u64 {
        (0..BANDS).fold(0, |code, band| code << 7 | BandShape::of(controls, band).code())
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let controls = |i: usize| &prepare.instances[i].controls;
        for (i, setup) in prepare.instances.iter().enumerate().skip(1) {
            if self.structure(controls(i)) != self.structure(controls(0)) {
                return Err(PrepareError {
                    is_of_plugin: false,
                    node: setup.node.clone(),
                    what: "its bands differ from those of the instances beside it: only \
                           equalisers of one structure run side by side"
                        .to_owned(),
                });
            }
        }
        Ok(Box::new(Equaliser::new(prepare)))
    }
}

/// `frames` rounded up; bounded, for poles that hardly decay.
#[allow(clippy::cast_possible_truncation)] // Within 0 to 2^40.
fn whole(frames: f64) -> i64 {
    frames.ceil().clamp(0.0, 1_099_511_627_776.0) as i64
}
