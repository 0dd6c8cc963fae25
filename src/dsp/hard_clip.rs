//! Hard clip: no sample leaves the range between plus and minus the ceiling.

use std::sync::LazyLock;

use super::describe::{effect, setting};
use crate::math::db_to_gain;
use crate::process::{
    ControlSet, Prepare, PrepareError, ProcessContext, ProcessFault, Processor, ProcessorFactory,
    ProcessorSpec, StateError, StateReader, StateWriter, Unit, padded_lanes,
};
use crate::simd::{Kernel, Lanes, dispatch};
use crate::time::{SampleRate, Samples};

const CEILING_DB: usize = 0;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    effect(
        "hard-clip",
        "cuts off what rises above the ceiling",
        1,
        vec![setting("ceiling_db", "Ceiling", Unit::Decibels, (-60.0, 0.0), 0.0)],
    )
});

/// Makes hard clips. The ceiling is rounded to f32 once, and reached exactly.
#[derive(Clone, Copy, Debug, Default)]
pub struct HardClipFactory;

impl ProcessorFactory for HardClipFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn tail(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let used = prepare.instances.len() * prepare.channels;
        let mut ceilings = vec![1.0; padded_lanes(used)];
        let values = prepare.instances.iter().map(|setup| setup.controls.constants());
        for (lanes, values) in ceilings.chunks_mut(prepare.channels).zip(values) {
            lanes.fill(ceiling(values[CEILING_DB]));
        }
        Ok(Box::new(HardClip { ceilings }))
    }
}

#[allow(clippy::cast_possible_truncation)] // Rounding to the nearest f32 is what is wanted.
fn ceiling(level_db: f64) -> f32 {
    db_to_gain(level_db) as f32
}

struct HardClip {
    /// By lane, padding included.
    ceilings: Vec<f32>,
}

impl Processor for HardClip {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let samples = context.audio.samples();
        dispatch(context.level, usize::MAX, Clip { ceilings: &self.ceilings, samples });
        Ok(())
    }

    fn rests(&self) -> bool {
        true
    }

    fn reset(&mut self) {}

    fn save(&self, _: usize, _: &mut StateWriter) {}

    fn restore(&mut self, _: usize, _: &mut StateReader<'_>) -> Result<(), StateError> {
        Ok(())
    }
}

/// Comparisons are exact at any width, so that plain f32 loops do; the level's compiler
/// features widen them.
struct Clip<'a> {
    ceilings: &'a [f32],
    samples: &'a mut [f32],
}

impl Kernel for Clip<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for frame in self.samples.chunks_exact_mut(self.ceilings.len()) {
            for (sample, &ceiling) in frame.iter_mut().zip(self.ceilings) {
                let x = *sample;
                let x = if x > ceiling { ceiling } else { x };
                *sample = if x < -ceiling { -ceiling } else { x };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dsp::testing::{Rig, assert_extremes, assert_invariant};

    #[test]
    fn it_cuts_at_the_ceiling_and_nothing_below() {
        let mut rig = Rig::new(Arc::new(HardClipFactory), 2, 0, 999)
            .with_values(&[("ceiling_db", -6.0)])
            .with_values(&[("ceiling_db", -60.0)])
            .with_values(&[]);
        for sample in rig.instances.iter_mut().flat_map(|i| &mut i.input).flatten() {
            *sample *= 2.0;
        }
        let output = assert_invariant(&rig);
        assert_extremes(&rig);
        for (instance, ceiling) in [ceiling(-6.0), 0.001, 1.0].into_iter().enumerate() {
            let input = rig.instances[instance].input.iter().flatten();
            let mut cut = 0;
            for (x, y) in input.zip(output[instance].iter().flatten()) {
                if x.abs() > ceiling {
                    cut += 1;
                    assert_eq!(*y, ceiling.copysign(*x));
                } else {
                    assert_eq!(x.to_bits(), y.to_bits());
                }
            }
            assert!(cut > 100);
        }
    }
}
