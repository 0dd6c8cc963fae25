//! How fast the hot processors run: eight lanes (four stereo tracks), one second of audio.
#![allow(clippy::expect_used)] // A bench that cannot start has nothing to tell.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wavemill_core::dsp::built_in;
use wavemill_core::math::random::Random;
use wavemill_core::process::{
    ControlSet, Event, EventKind, InstanceSetup, LaneBlock, Prepare, ProcessContext,
};
use wavemill_core::session::ParameterValue;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples, TempoMap, frame_count};

const LANES: usize = 8;
const FRAMES: usize = 48_000;
const BLOCK: usize = 256;

/// Name of the case, the processor, and parameters that make it work.
type Case = (&'static str, &'static str, Vec<(String, ParameterValue)>);

fn cases() -> Vec<Case> {
    let bell = |band: usize| {
        vec![
            (format!("band{band}.type"), ParameterValue::Choice("bell".to_owned())),
            (format!("band{band}.gain_db"), ParameterValue::Number(3.0)),
        ]
    };
    vec![
        ("equaliser, four bells", "equaliser", (1..=4).flat_map(bell).collect()),
        ("compressor", "compressor", Vec::new()),
        ("limiter", "limiter", Vec::new()),
        ("gain", "gain", vec![("gain_db".to_owned(), ParameterValue::Number(-3.0))]),
        ("delay", "delay", Vec::new()),
    ]
}

fn processors(criterion: &mut Criterion) {
    let rate = SampleRate::new(48_000).expect("a rate");
    let tempo = Arc::new(TempoMap::new(&[], rate).expect("no tempo is 120 bpm"));
    let random = Random::new(1, 1);
    let noise: Vec<f32> =
        (0..(FRAMES * LANES) as u64).map(|position| random.bipolar_f32(position)).collect();
    for (name, processor, parameters) in cases() {
        let factory = built_in(processor).expect("it is built in");
        let parameters = parameters.iter().map(|(id, value)| (id, value));
        let values = factory.spec().resolve(None, parameters).expect("the parameters are right");
        let setup = InstanceSetup {
            node: "bench".to_owned(),
            controls: ControlSet::new(values, Vec::new()),
            seed: 0,
            sidechained: false,
        };
        let instances = vec![setup; LANES / 2];
        let prepare =
            Prepare { rate, max_frames: BLOCK, channels: 2, tempo: &tempo, instances: &instances };
        let mut running = factory.prepare(&prepare).expect("it is prepared");
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements((FRAMES * LANES) as u64));
        for level in SimdLevel::available() {
            group.bench_function(level.name(), |bencher| {
                bencher.iter(|| {
                    let mut audio = noise.clone();
                    for (index, block) in audio.chunks_mut(BLOCK * LANES).enumerate() {
                        let mut context = ProcessContext {
                            time: frame_count(index * BLOCK),
                            audio: LaneBlock::new(block, LANES),
                            sidechains: &[],
                            outputs: &mut [],
                            events: &[],
                            event_outputs: &mut [],
                            level,
                        };
                        running.process(&mut context).expect("it runs");
                    }
                    black_box(audio);
                });
            });
        }
        group.finish();
    }
}

/// One second of 64 notes held, two oscillators, filter and LFO each, in stereo: the synthesiser at its
/// busiest without unison.
fn voices(criterion: &mut Criterion) {
    let rate = SampleRate::new(48_000).expect("a rate");
    let tempo = Arc::new(TempoMap::new(&[], rate).expect("no tempo is 120 bpm"));
    let factory = built_in("synthesiser").expect("it is built in");
    let parameters = [("voices", 64.0), ("oscillator2.level", 0.5), ("lfo1.pitch_semitones", 0.1)]
        .map(|(id, value)| (id.to_owned(), ParameterValue::Number(value)));
    let parameters = parameters.iter().map(|(id, value)| (id, value));
    let values = factory.spec().resolve(None, parameters).expect("the parameters are right");
    let setup = InstanceSetup {
        node: "bench".to_owned(),
        controls: ControlSet::new(values, Vec::new()),
        seed: 0,
        sidechained: false,
    };
    let instances = [setup];
    let prepare =
        Prepare { rate, max_frames: BLOCK, channels: 2, tempo: &tempo, instances: &instances };
    let mut running = factory.prepare(&prepare).expect("it is prepared");
    let chord: Vec<Event> = (0..64_u8)
        .map(|key| Event {
            at: Samples(0),
            kind: EventKind::NoteOn { note: key.into(), channel: 0, key: 32 + key, velocity: 0.5 },
        })
        .collect();
    let mut group = criterion.benchmark_group("synthesiser, 64 voices");
    group.throughput(Throughput::Elements(FRAMES as u64));
    for level in SimdLevel::available() {
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                running.reset();
                let mut audio = vec![0.0; FRAMES * 2];
                for (index, block) in audio.chunks_mut(BLOCK * 2).enumerate() {
                    let events = if index == 0 { &chord[..] } else { &chord[..0] };
                    let mut context = ProcessContext {
                        time: frame_count(index * BLOCK),
                        audio: LaneBlock::new(block, 2),
                        sidechains: &[],
                        outputs: &mut [],
                        events: &[events],
                        event_outputs: &mut [],
                        level,
                    };
                    running.process(&mut context).expect("it runs");
                }
                black_box(audio);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, processors, voices);
criterion_main!(benches);
