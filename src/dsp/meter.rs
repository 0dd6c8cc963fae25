//! Meter: a tap that measures peak and power and changes nothing.

use std::sync::LazyLock;

use super::describe::effect;
use crate::process::{
    ControlSet, Meter, Prepare, PrepareError, ProcessContext, ProcessFault, Processor,
    ProcessorFactory, ProcessorSpec, StateError, StateReader, StateWriter, padded_lanes,
};
use crate::simd::{Kernel, Lanes, dispatch};
use crate::time::{SampleRate, Samples};

static SPEC: LazyLock<ProcessorSpec> =
    LazyLock::new(|| effect("meter", "measures peak and power and changes nothing", 1, Vec::new()));

/// Makes meters; what they measured is read by [`Processor::meters`].
#[derive(Clone, Copy, Debug, Default)]
pub struct MeterFactory;

impl ProcessorFactory for MeterFactory {
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
        let lanes = padded_lanes(used);
        Ok(Box::new(MeterTap {
            channels: prepare.channels,
            peaks: vec![0.0; lanes],
            sums: vec![0.0; lanes],
            meters: vec![Meter::default(); used],
        }))
    }
}

struct MeterTap {
    channels: usize,
    /// By lane, padding included, as the kernel wants them.
    peaks: Vec<f64>,
    sums: Vec<f64>,
    /// By lane in use.
    meters: Vec<Meter>,
}

impl MeterTap {
    fn publish(&mut self) {
        for (meter, (peak, sum)) in self.meters.iter_mut().zip(self.peaks.iter().zip(&self.sums)) {
            meter.peak = *peak;
            meter.sum_of_squares = *sum;
        }
    }

    fn set(&mut self, lane: usize, meter: Meter) {
        self.peaks[lane] = meter.peak;
        self.sums[lane] = meter.sum_of_squares;
        self.meters[lane] = meter;
    }
}

impl Processor for MeterTap {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let frames = context.frames() as u64;
        let kernel = Measure {
            peaks: &mut self.peaks,
            sums: &mut self.sums,
            samples: context.audio.samples(),
        };
        dispatch(context.level, kernel.peaks.len(), kernel);
        for meter in &mut self.meters {
            meter.frames += frames;
        }
        self.publish();
        Ok(())
    }

    fn reset(&mut self) {
        self.peaks.fill(0.0);
        self.sums.fill(0.0);
        self.meters.fill(Meter::default());
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        for meter in &self.meters[instance * self.channels..(instance + 1) * self.channels] {
            state.number(meter.peak);
            state.number(meter.sum_of_squares);
            state.word(meter.frames);
        }
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        let lanes = instance * self.channels..(instance + 1) * self.channels;
        for lane in lanes.clone() {
            self.set(lane, Meter::default());
        }
        let mut read = [Meter::default(); 2];
        for meter in &mut read[..self.channels] {
            meter.peak = state.number()?;
            meter.sum_of_squares = state.number()?;
            meter.frames = state.word()?;
        }
        for (lane, meter) in lanes.zip(read) {
            self.set(lane, meter);
        }
        Ok(())
    }

    fn meters(&self) -> &[Meter] {
        &self.meters
    }
}

struct Measure<'a> {
    peaks: &'a mut [f64],
    sums: &'a mut [f64],
    samples: &'a [f32],
}

impl Kernel for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let lanes = self.peaks.len();
        for first in (0..lanes).step_by(L::WIDTH) {
            let group = first..first + L::WIDTH;
            let mut peak = L::load_f64(&self.peaks[group.clone()]);
            let mut sum = L::load_f64(&self.sums[group.clone()]);
            for frame in self.samples.chunks_exact(lanes) {
                let x = L::load_f32(&frame[group.clone()]);
                // What is no finite number is silence further on: one such sample would be all
                // that a meter shows from then on.
                let finite = x.abs().lt(L::splat(f64::INFINITY));
                let x = L::select(finite, x, L::splat(0.0));
                peak = x.abs().max(peak);
                sum = sum + x * x;
            }
            peak.store_f64(&mut self.peaks[group.clone()]);
            sum.store_f64(&mut self.sums[group]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dsp::testing::{Rig, assert_extremes, assert_invariant, random_blocks};
    use crate::simd::SimdLevel;

    fn rig() -> Rig {
        Rig::new(Arc::new(MeterFactory), 2, -77, 1_234)
            .with_values(&[])
            .with_values(&[])
            .with_values(&[])
    }

    fn bits(meters: &[Meter]) -> Vec<(u64, u64, u64)> {
        let bits = |m: &Meter| (m.peak.to_bits(), m.sum_of_squares.to_bits(), m.frames);
        meters.iter().map(bits).collect()
    }

    #[test]
    fn it_changes_nothing() {
        let rig = rig();
        let output = assert_invariant(&rig);
        assert_extremes(&rig);
        for (instance, output) in rig.instances.iter().zip(&output) {
            assert_eq!(instance.input, *output);
        }
    }

    #[test]
    fn it_measures_peak_and_power_of_every_channel() {
        let rig = rig();
        let mut processor = rig.prepare();
        rig.run_with(&mut *processor, 0, &[rig.frames]);
        let inputs: Vec<&Vec<f32>> = rig.instances.iter().flat_map(|i| &i.input).collect();
        assert_eq!(processor.meters().len(), inputs.len());
        for (meter, input) in processor.meters().iter().zip(inputs) {
            let peak = input.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
            let sum: f64 = input.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
            assert_eq!(meter.peak, f64::from(peak));
            assert_eq!(meter.sum_of_squares, sum);
            assert_eq!(meter.frames, 1_234);
            assert_eq!(meter.mean_square(), sum / 1_234.0);
            assert_eq!(meter.rms(), (sum / 1_234.0).sqrt());
        }
        processor.reset();
        assert!(processor.meters().iter().all(|meter| *meter == Meter::default()));
        assert_eq!(Meter::default().mean_square(), 0.0);
    }

    #[test]
    fn what_it_measured_has_the_same_bits_any_way() {
        let rig = rig();
        let mut processor = rig.prepare();
        rig.run_with(&mut *processor, 0, &[rig.frames]);
        let wanted = bits(processor.meters());
        for level in SimdLevel::available() {
            let rig = Rig { level, ..rig.clone() };
            let mut processor = rig.prepare();
            rig.run_with(&mut *processor, 0, &random_blocks(rig.frames, 100, 9));
            assert_eq!(bits(processor.meters()), wanted, "{level}");
        }
        for instance in 0..3 {
            let alone = rig.alone(instance);
            let mut processor = alone.prepare();
            alone.run_with(&mut *processor, 0, &[rig.frames]);
            assert_eq!(bits(processor.meters()), wanted[instance * 2..instance * 2 + 2]);
        }
    }

    #[test]
    fn what_is_no_number_is_not_measured() {
        let mut rig = rig().alone(0);
        let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        rig.instances[0].input[0][100..103].copy_from_slice(&bad);
        let mut processor = rig.prepare();
        rig.run_unchecked(&mut *processor, 0, &[rig.frames]);
        rig.instances[0].input[0][100..103].fill(0.0);
        let mut silent = rig.prepare();
        rig.run_with(&mut *silent, 0, &[rig.frames]);
        assert_eq!(bits(processor.meters()), bits(silent.meters()));
    }

    #[test]
    fn a_restored_meter_goes_on_counting() {
        let rig = rig().alone(0);
        let mut whole = rig.prepare();
        rig.run_with(&mut *whole, 0, &[rig.frames]);
        let mut first = rig.prepare();
        rig.run_with(&mut *first, 0, &[500]);
        let mut state = StateWriter::default();
        first.save(0, &mut state);
        let mut second = rig.prepare();
        second.restore(0, &mut state.reader()).unwrap();
        rig.run_with(&mut *second, 500, &[rig.frames - 500]);
        assert_eq!(bits(second.meters()), bits(whole.meters()));
    }
}
