//! What the tests of every processor share: a rig that runs one any way a driver could, and the
//! checks that no way changes a bit.

use std::sync::Arc;

use crate::process::{
    ControlCurve, ControlPoint, ControlSet, Event, EventOutput, InstanceSetup, LaneBlock, LaneRef,
    ParameterKind, Prepare, ProcessContext, Processor, ProcessorFactory, StateWriter, padded_lanes,
};
use crate::session::TempoPoint;
use crate::simd::SimdLevel;
use crate::time::{SampleRate, Samples, TempoMap};

/// Output of a run, `[instance][channel][frame]`. Of a processor that puts out events one channel
/// more: at each frame a digest of the events there.
pub(crate) type Output = Vec<Vec<Vec<f32>>>;

/// One instance of the processor under test.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) node: String,
    pub(crate) controls: ControlSet,
    /// `[channel][frame]`; silence for sources.
    pub(crate) input: Vec<Vec<f32>>,
    /// `[channel][frame]`, two channels.
    pub(crate) sidechain: Option<Vec<Vec<f32>>>,
    pub(crate) events: Vec<Event>,
}

/// A processor under test with its instances and what they hear.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) factory: Arc<dyn ProcessorFactory>,
    pub(crate) rate: SampleRate,
    pub(crate) channels: usize,
    pub(crate) level: SimdLevel,
    /// None for the default tempo.
    pub(crate) tempo: Vec<TempoPoint>,
    pub(crate) seed: u64,
    /// Node time of the first frame.
    pub(crate) start: i64,
    pub(crate) frames: usize,
    pub(crate) instances: Vec<Instance>,
}

/// A small generator of test numbers: it has to be repeatable and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct TestRandom(u64);

impl TestRandom {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ (self.0 >> 31)
    }

    /// In 0 to 1, 1 excluded.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// In -1 to 1.
    #[allow(clippy::cast_possible_truncation)] // Rounding is the point.
    pub(crate) fn sample(&mut self) -> f32 {
        (self.unit() * 2.0 - 1.0) as f32
    }

    /// In 0 to `end`, `end` excluded.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end
    }
}

/// Noise with a silent stretch near its end, so that state decays and gets flushed.
pub(crate) fn noise(seed: u64, frames: usize) -> Vec<f32> {
    let mut random = TestRandom::new(seed);
    (0..frames)
        .map(|frame| {
            let silent = frame > frames * 5 / 8 && frame < frames * 7 / 8;
            if silent { 0.0 } else { random.sample() }
        })
        .collect()
}

/// Sizes that sum to `frames`: all of `size`, but for the last.
pub(crate) fn fixed_blocks(frames: usize, size: usize) -> Vec<usize> {
    (0..frames).step_by(size).map(|at| size.min(frames - at)).collect()
}

/// Sizes from 1 to `max` that sum to `frames`.
pub(crate) fn random_blocks(frames: usize, max: usize, seed: u64) -> Vec<usize> {
    let mut random = TestRandom::new(seed);
    let mut blocks = Vec::new();
    let mut left = frames;
    while left > 0 {
        let size = (random.below(max) + 1).min(left);
        blocks.push(size);
        left -= size;
    }
    blocks
}

/// A course for a parameter over `frames` from `start` on: a hold, a step, lines and bends at
/// places that no grid knows.
pub(crate) fn any_course(
    kind: &ParameterKind,
    start: i64,
    frames: usize,
    seed: u64,
) -> ControlCurve {
    let mut random = TestRandom::new(seed);
    let ParameterKind::Number { min, max, .. } = *kind else { panic!("no number") };
    let length = i64::try_from(frames).unwrap();
    let points = (0..7).map(|k| ControlPoint {
        at: Samples(start + length * k / 7 + i64::try_from(random.below(100)).unwrap()),
        value: min + (max - min) * random.unit(),
        bend: [None, Some(0.0), Some(0.7), Some(-0.4)][random.below(4)],
    });
    ControlCurve::new(points).unwrap()
}

/// The default values of a factory's parameters.
pub(crate) fn defaults(factory: &dyn ProcessorFactory) -> Vec<f64> {
    factory.spec().parameters.iter().map(|parameter| parameter.default_value()).collect()
}

/// The defaults, with `values` (by id) in their place; choices by index.
pub(crate) fn values(factory: &dyn ProcessorFactory, values: &[(&str, f64)]) -> Vec<f64> {
    let mut all = defaults(factory);
    for (id, value) in values {
        all[factory.spec().parameter_index(id).unwrap()] = *value;
    }
    all
}

/// Every automatable parameter on its own course, the rest at `constants`.
pub(crate) fn automated(
    factory: &dyn ProcessorFactory,
    constants: Vec<f64>,
    start: i64,
    frames: usize,
    seed: u64,
) -> ControlSet {
    let curves = factory.spec().parameters.iter().enumerate();
    let curves = curves.filter(|(_, parameter)| parameter.automatable).map(|(index, parameter)| {
        let seed = seed.wrapping_mul(131).wrapping_add(u64::try_from(index).unwrap());
        (index, any_course(&parameter.kind, start, frames, seed))
    });
    ControlSet::new(constants, curves.collect())
}

impl Rig {
    /// A rig without instances at 48 kHz.
    pub(crate) fn new(
        factory: Arc<dyn ProcessorFactory>,
        channels: usize,
        start: i64,
        frames: usize,
    ) -> Self {
        Self {
            factory,
            rate: SampleRate::new(48_000).unwrap(),
            channels,
            level: SimdLevel::detect(),
            tempo: Vec::new(),
            seed: 7,
            start,
            frames,
            instances: Vec::new(),
        }
    }

    /// Adds an instance that hears noise (silence, where it is a source), on its sidechain too.
    pub(crate) fn with(mut self, controls: ControlSet) -> Self {
        let number = u64::try_from(self.instances.len()).unwrap();
        let spec = self.factory.spec();
        let hear = |seed: u64| match spec.is_source() {
            true => vec![0.0; self.frames],
            false => noise(seed, self.frames),
        };
        let input = (0..self.channels).map(|c| hear(number * 8 + u64::try_from(c).unwrap()));
        let input = input.collect();
        let sidechain = spec
            .has_sidechain()
            .then(|| vec![noise(number * 8 + 4, self.frames), noise(number * 8 + 5, self.frames)]);
        self.instances.push(Instance {
            node: format!("tracks/t{number}/inserts/x"),
            controls,
            input,
            sidechain,
            events: Vec::new(),
        });
        self
    }

    /// Adds an instance with constant `values`.
    pub(crate) fn with_values(self, values: &[(&str, f64)]) -> Self {
        let constants = self::values(&*self.factory, values);
        self.with(ControlSet::new(constants, Vec::new()))
    }

    /// Adds an instance whose automatable parameters all move.
    pub(crate) fn with_automation(self, values: &[(&str, f64)], seed: u64) -> Self {
        let constants = self::values(&*self.factory, values);
        let controls = automated(&*self.factory, constants, self.start, self.frames, seed);
        self.with(controls)
    }

    /// Replaces the input of the last instance, `[channel][frame]`.
    pub(crate) fn hearing(mut self, input: Vec<Vec<f32>>) -> Self {
        self.instances.last_mut().unwrap().input = input;
        self
    }

    /// Gives the last instance `events`, in order.
    pub(crate) fn playing(mut self, events: Vec<Event>) -> Self {
        self.instances.last_mut().unwrap().events = events;
        self
    }

    /// The same rig with one of its instances only.
    pub(crate) fn alone(&self, instance: usize) -> Self {
        Self { instances: vec![self.instances[instance].clone()], ..self.clone() }
    }

    /// A fresh processor for all instances.
    pub(crate) fn prepare(&self) -> Box<dyn Processor> {
        let setups: Vec<InstanceSetup> = self
            .instances
            .iter()
            .map(|instance| InstanceSetup {
                node: instance.node.clone(),
                controls: instance.controls.clone(),
                seed: self.seed,
                sidechained: instance.sidechain.is_some(),
            })
            .collect();
        let structures: Vec<u64> =
            setups.iter().map(|setup| self.factory.structure(&setup.controls)).collect();
        assert!(
            structures.iter().all(|s| *s == structures[0]),
            "these instances do not run side by side"
        );
        self.factory
            .prepare(&Prepare {
                rate: self.rate,
                max_frames: self.frames,
                channels: self.channels,
                tempo: &Arc::new(TempoMap::new(&self.tempo, self.rate).unwrap()),
                instances: &setups,
            })
            .unwrap()
    }

    /// Runs a fresh processor over everything, cut into `blocks`.
    pub(crate) fn run(&self, blocks: &[usize]) -> Output {
        let mut processor = self.prepare();
        self.run_with(&mut *processor, 0, blocks)
    }

    /// Runs everything as one block.
    pub(crate) fn run_whole(&self) -> Output {
        self.run(&[self.frames])
    }

    /// Runs `processor` from frame `from` over `blocks`; the output starts at `from` and has to be
    /// finite.
    pub(crate) fn run_with(
        &self,
        processor: &mut dyn Processor,
        from: usize,
        blocks: &[usize],
    ) -> Output {
        let output = self.run_unchecked(processor, from, blocks);
        for channel in output.iter().flatten() {
            let bad = channel.iter().position(|x| !x.is_finite());
            assert_eq!(bad, None, "the output is not finite so many frames after {from}");
        }
        output
    }

    /// Like [`Self::run_with`], for input that is no signal.
    pub(crate) fn run_unchecked(
        &self,
        processor: &mut dyn Processor,
        from: usize,
        blocks: &[usize],
    ) -> Output {
        let mut output = vec![vec![Vec::new(); self.channels]; self.instances.len()];
        let mut outlets = self.outlets();
        let mut digests = vec![Vec::new(); outlets.len()];
        let mut at = from;
        for &frames in blocks.iter().filter(|frames| **frames > 0) {
            let block = self.run_block(processor, at, frames, &mut outlets);
            for (all, new) in output.iter_mut().flatten().zip(block) {
                all.extend(new);
            }
            for (all, outlet) in digests.iter_mut().zip(&outlets) {
                all.extend(self.digests(at, frames, outlet.events()));
            }
            at += frames;
        }
        for (channels, digests) in output.iter_mut().zip(digests) {
            channels.push(digests);
        }
        output
    }

    /// The events that `processor` puts out from frame `from` over `blocks`, by instance.
    pub(crate) fn events_with(
        &self,
        processor: &mut dyn Processor,
        from: usize,
        blocks: &[usize],
    ) -> Vec<Vec<Event>> {
        let mut outlets = self.outlets();
        let mut events = vec![Vec::new(); outlets.len()];
        let mut at = from;
        for &frames in blocks.iter().filter(|frames| **frames > 0) {
            self.run_block(processor, at, frames, &mut outlets);
            for (all, outlet) in events.iter_mut().zip(&outlets) {
                all.extend_from_slice(outlet.events());
            }
            at += frames;
        }
        events
    }

    /// Where the instances put out events; nowhere for processors that put out none.
    fn outlets(&self) -> Vec<EventOutput> {
        match self.factory.spec().event_outputs {
            0 => Vec::new(),
            _ => vec![EventOutput::new(); self.instances.len()],
        }
    }

    /// For each of `frames` frames from `at` on 0, or a number above 0 and up to 1 made of all of
    /// the events there, in order.
    fn digests(&self, at: usize, frames: usize, events: &[Event]) -> Vec<f32> {
        let mut digests = vec![0.0; frames];
        let start = self.start + i64::try_from(at).unwrap();
        for of_sample in events.chunk_by(|a, b| a.at == b.at) {
            let hash = crate::math::random::stream_of(&format!("{of_sample:?}"));
            let frame = usize::try_from(of_sample[0].at.0 - start).unwrap();
            #[allow(clippy::cast_possible_truncation)] // 24 bits fit.
            let digest = ((hash >> 40) as f64 + 1.0) as f32 / 16_777_216.0;
            digests[frame] = digest;
        }
        digests
    }

    /// One block; the output by used lane.
    fn run_block(
        &self,
        processor: &mut dyn Processor,
        at: usize,
        frames: usize,
        outlets: &mut [EventOutput],
    ) -> Vec<Vec<f32>> {
        let used = self.instances.len() * self.channels;
        let main: Vec<&[f32]> =
            self.instances.iter().flat_map(|i| &i.input).map(|c| &c[at..at + frames]).collect();
        let lanes = padded_lanes(used);
        let mut samples = interleave(&main, lanes, frames);
        let sidechain = self.instances[0].sidechain.is_some().then(|| {
            let channels: Vec<&[f32]> = self
                .instances
                .iter()
                .flat_map(|i| i.sidechain.as_deref().unwrap())
                .map(|c| &c[at..at + frames])
                .collect();
            let lanes = padded_lanes(channels.len());
            (interleave(&channels, lanes, frames), lanes)
        });
        let sidechains: Vec<Option<LaneRef<'_>>> = (1..self.factory.spec().inputs.len())
            .map(|_| sidechain.as_ref().map(|(samples, lanes)| LaneRef::new(samples, *lanes)))
            .collect();
        let time = self.start + i64::try_from(at).unwrap();
        let end = time + i64::try_from(frames).unwrap();
        let events: Vec<&[Event]> = self
            .instances
            .iter()
            .map(|i| {
                let first = i.events.partition_point(|event| event.at.0 < time);
                let last = i.events.partition_point(|event| event.at.0 < end);
                &i.events[first..last]
            })
            .collect();
        outlets.iter_mut().for_each(|outlet| outlet.begin(time, end));
        let mut context = ProcessContext {
            time,
            audio: LaneBlock::new(&mut samples, lanes),
            sidechains: &sidechains,
            outputs: &mut [],
            events: &events,
            event_outputs: &mut *outlets,
            level: self.level,
        };
        processor.process(&mut context).unwrap();
        let refused = outlets.iter().find_map(EventOutput::refusal);
        assert_eq!(refused, None, "an event was refused in the block at frame {at}");
        let mut padding = samples.chunks_exact(lanes).flat_map(|frame| &frame[used..]);
        assert!(padding.all(|x| x.is_finite()), "a lane in no use is not finite at frame {at}");
        (0..used).map(|lane| samples.iter().skip(lane).step_by(lanes).copied().collect()).collect()
    }
}

/// Lanes side by side; the padding holds something that is no signal.
fn interleave(channels: &[&[f32]], lanes: usize, frames: usize) -> Vec<f32> {
    let mut samples = vec![0.25; lanes * frames];
    for (lane, channel) in channels.iter().enumerate() {
        for (frame, sample) in channel.iter().enumerate() {
            samples[frame * lanes + lane] = *sample;
        }
    }
    samples
}

/// Fails with the first sample whose bits differ.
pub(crate) fn assert_same_bits(wanted: &Output, got: &Output, what: &str) {
    assert_eq!(wanted.len(), got.len(), "{what}: instances");
    for (instance, (wanted, got)) in wanted.iter().zip(got).enumerate() {
        for (channel, (wanted, got)) in wanted.iter().zip(got).enumerate() {
            assert_eq!(wanted.len(), got.len(), "{what}: frames");
            let differs = wanted.iter().zip(got).position(|(a, b)| a.to_bits() != b.to_bits());
            if let Some(frame) = differs {
                panic!(
                    "{what}: instance {instance}, channel {channel}, frame {frame}: {:e} is not {:e}",
                    got[frame], wanted[frame]
                );
            }
        }
    }
}

/// Everything that must not change a bit: blocks, SIMD level, grouping, save and restore, reset.
/// Returns the output.
pub(crate) fn assert_invariant(rig: &Rig) -> Output {
    let whole = rig.run_whole();
    for size in [1, 16, 64, 127] {
        let got = rig.run(&fixed_blocks(rig.frames, size));
        assert_same_bits(&whole, &got, &format!("blocks of {size}"));
    }
    for seed in 0..3 {
        let got = rig.run(&random_blocks(rig.frames, 300, seed));
        assert_same_bits(&whole, &got, &format!("random blocks, seed {seed}"));
    }
    for level in SimdLevel::available() {
        let got = Rig { level, ..rig.clone() }.run_whole();
        assert_same_bits(&whole, &got, &format!("level {level}"));
    }
    for (instance, wanted) in whole.iter().enumerate() {
        let got = rig.alone(instance).run_whole();
        assert_same_bits(&vec![wanted.clone()], &got, "alone");
    }
    assert_resumes(rig, &whole);
    let mut processor = rig.prepare();
    rig.run_with(&mut *processor, 0, &[rig.frames]);
    processor.reset();
    let got = rig.run_with(&mut *processor, 0, &[rig.frames]);
    assert_same_bits(&whole, &got, "after a reset");
    whole
}

/// State saved anywhere and restored, each instance into a processor of its own, goes on as if
/// nothing had happened; state that is cut short is refused.
fn assert_resumes(rig: &Rig, whole: &Output) {
    for at in [0, 1, rig.frames / 3 + 5, rig.frames * 3 / 4] {
        let mut processor = rig.prepare();
        rig.run_with(&mut *processor, 0, &[at]);
        for (instance, wanted) in whole.iter().enumerate() {
            let mut state = StateWriter::default();
            processor.save(instance, &mut state);
            let alone = rig.alone(instance);
            let mut other = alone.prepare();
            // Dirty it first: restoring has to replace all of the state.
            alone.run_with(&mut *other, 0, &[rig.frames / 2]);
            let mut reader = state.reader();
            other.restore(0, &mut reader).unwrap();
            reader.finish().unwrap();
            let got = alone.run_with(&mut *other, at, &[rig.frames - at]);
            let wanted = wanted.iter().map(|channel| channel[at..].to_vec()).collect();
            assert_same_bits(&vec![wanted], &got, &format!("restored at frame {at}"));
        }
    }
    assert_refuses_short_state(rig, whole);
}

fn assert_refuses_short_state(rig: &Rig, whole: &Output) {
    let alone = rig.alone(0);
    let mut processor = alone.prepare();
    alone.run_with(&mut *processor, 0, &[rig.frames / 2]);
    let mut full = StateWriter::default();
    processor.save(0, &mut full);
    let mut words = Vec::new();
    let mut reader = full.reader();
    while let Ok(word) = reader.word() {
        words.push(word);
    }
    let Some((_, short)) = words.split_last() else { return };
    let mut state = StateWriter::default();
    short.iter().for_each(|word| state.word(*word));
    assert!(processor.restore(0, &mut state.reader()).is_err(), "a short state was taken");
    let got = alone.run_with(&mut *processor, 0, &[rig.frames]);
    assert_same_bits(&whole[..1].to_vec(), &got, "after a state that was refused");
}

/// Frames after which what was no signal must be gone: it is taken out on the flush grid, and may
/// come back from one state into another once.
const RECOVERY_FRAMES: usize = 2 * 64 + 1;

/// Loud, tiny and silent input gives finite output that no block size changes; a processor soon
/// recovers from what is no signal.
pub(crate) fn assert_extremes(rig: &Rig) {
    for amplitude in [64.0_f32, 1e-20, f32::MIN_POSITIVE, 1e-42, 0.0] {
        let mut rig = rig.clone();
        for sample in rig.instances.iter_mut().flat_map(|i| &mut i.input).flatten() {
            *sample = sample.signum() * amplitude;
        }
        // The rig itself refuses lanes that are not finite.
        let whole = rig.run_whole();
        let got = rig.run(&random_blocks(rig.frames, 200, 5));
        assert_same_bits(&whole, &got, &format!("amplitude {amplitude:e}"));
    }
    for poison in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN] {
        assert_recovers(rig, poison, false);
        if rig.factory.spec().has_sidechain() {
            assert_recovers(rig, poison, true);
        }
    }
}

/// One sample of `poison`, on every input or on every sidechain, is gone from the output soon, and
/// what is heard then is no silence, and the same in any blocks. What is a number may ring on, as
/// any sound does, but makes nothing that is none.
fn assert_recovers(rig: &Rig, poison: f32, sidechain: bool) {
    let what = format!("after {poison:e} (sidechain: {sidechain})");
    let at = rig.frames / 10 + 3;
    let clean = rig.run_whole();
    let mut rig = rig.clone();
    let mut late = 0;
    for instance in &mut rig.instances {
        let latency = rig.factory.latency(instance.controls.constants(), rig.rate).0;
        late = late.max(usize::try_from(latency).unwrap());
        match (&mut instance.sidechain, sidechain) {
            (Some(channels), true) => channels.iter_mut().for_each(|c| c[at] = poison),
            _ => instance.input.iter_mut().for_each(|c| c[at] = poison),
        }
    }
    let mut whole = rig.run_unchecked(&mut *rig.prepare(), 0, &[rig.frames]);
    let mut got = rig.run_unchecked(&mut *rig.prepare(), 0, &random_blocks(rig.frames, 200, 5));
    // The bits inside a NaN mean nothing.
    let unify = |x: &mut f32| *x = if x.is_nan() { f32::NAN } else { *x };
    whole.iter_mut().flatten().flatten().for_each(unify);
    got.iter_mut().flatten().flatten().for_each(unify);
    assert_same_bits(&whole, &got, &what);
    let recovered = at + late + RECOVERY_FRAMES;
    assert!(recovered < rig.frames, "the rig is too short: {recovered} frames to recover");
    for (channel, clean) in whole.iter().flatten().zip(clean.iter().flatten()) {
        // The largest numbers overflow while a resonance rings.
        let gone = |x: &f32| if poison.is_finite() { !x.is_nan() } else { x.is_finite() };
        let bad = channel[recovered..].iter().position(|x| !gone(x));
        let name = &rig.factory.spec().name;
        assert_eq!(bad, None, "{name} {what}: still not so many frames after {recovered}");
        let heard = |signal: &[f32]| signal[recovered..].iter().any(|x| *x != 0.0);
        assert!(heard(channel) || !heard(clean), "{name} {what}: silent from {recovered} on");
    }
}
