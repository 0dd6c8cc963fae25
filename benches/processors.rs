//! How fast the hot processors run: eight lanes (four stereo tracks), one second of audio.
#![allow(clippy::expect_used)] // A bench that cannot start has nothing to tell.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wavemill_core::audio::{MemoryLibrary, MemorySource};
use wavemill_core::dsp::{SamplerFactory, SoundFontFactory, built_in};
use wavemill_core::math::random::Random;
use wavemill_core::process::{
    ControlSet, Event, EventKind, InstanceSetup, LaneBlock, Prepare, ProcessContext,
    ProcessorFactory,
};
use wavemill_core::session::ParameterValue;
use wavemill_core::simd::SimdLevel;
use wavemill_core::soundfont::{FontSource, PresetSource, SampleSource, SoundFont, ZoneSource};
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

/// Notes held by an instrument: 64 voices, one a note.
const NOTES: u8 = 64;

/// A loop with everything a usual instrument has: a filter that velocity moves, an envelope, sends.
fn sound_font() -> Arc<SoundFont> {
    let random = Random::new(3, 3);
    #[allow(clippy::cast_possible_truncation)] // Within the integers.
    let frames = (0..20_000).map(|n| (random.bipolar_f32(n) * 1e9) as i32).collect();
    let sample = SampleSource {
        frames,
        loop_frames: (2_000, 19_000),
        rate_hz: 44_100,
        root_key: 60,
        correction_cents: 0,
        kind: 1,
    };
    let zone = |generators| ZoneSource { generators, modulators: Vec::new(), target: Some(0) };
    let generators =
        vec![(54, 1), (8, 10_000), (16, 200), (36, 3_000), (37, 300), (24, 800), (6, 8)];
    let font = FontSource {
        samples: vec![sample],
        instruments: vec![vec![zone(generators)]],
        presets: vec![PresetSource { zones: vec![zone(Vec::new())], ..PresetSource::default() }],
    };
    Arc::new(SoundFont::parse(&font.to_bytes(false)).expect("it is one"))
}

/// A stereo loop over all keys, with an envelope.
fn sampler() -> Arc<dyn ProcessorFactory> {
    let random = Random::new(3, 3);
    let frames: Vec<f32> = (0..40_000).map(|n| random.bipolar_f32(n) * 0.5).collect();
    let mut library = MemoryLibrary::default();
    let rate = SampleRate::new(44_100).expect("a rate");
    library.insert("loop.wav", MemorySource::new(&frames, 2, rate));
    let text = "<region> sample=loop.wav loop_mode=loop_continuous loop_start=2000 \
        loop_end=18999 ampeg_attack=0.01 ampeg_decay=5 ampeg_sustain=20 ampeg_release=0.3";
    library.insert_sfz("loop.sfz", text);
    let playing = SamplerFactory::default().playing("loop.sfz", &library);
    playing.expect("it plays from a file").expect("it is one")
}

/// A second of 64 notes held on one stereo track, by level; an element is a voice's frame.
fn held_notes(
    criterion: &mut Criterion,
    name: &str,
    factory: &dyn ProcessorFactory,
    values: Vec<f64>,
) {
    let rate = SampleRate::new(48_000).expect("a rate");
    let tempo = Arc::new(TempoMap::new(&[], rate).expect("no tempo is 120 bpm"));
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
    let events: Vec<Event> = (0..NOTES).map(note).collect();
    let mut group = criterion.benchmark_group(format!("64 voices, {name}"));
    group.throughput(Throughput::Elements(FRAMES as u64 * u64::from(NOTES)));
    for level in SimdLevel::available() {
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                running.reset();
                let mut audio = vec![0.0; FRAMES * 2];
                for (index, block) in audio.chunks_mut(BLOCK * 2).enumerate() {
                    let mut context = ProcessContext {
                        time: frame_count(index * BLOCK),
                        audio: LaneBlock::new(block, 2),
                        sidechains: &[],
                        outputs: &mut [],
                        events: &[if index == 0 { &events } else { &[] }],
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

/// Instruments at their busiest: the synthesiser with two oscillators, filter and LFO a voice, a
/// stereo sample, a SoundFont with and without its effects.
fn instruments(criterion: &mut Criterion) {
    let synthesiser = built_in("synthesiser").expect("it is built in");
    let parameters = [("voices", 64.0), ("oscillator2.level", 0.5), ("lfo1.pitch_semitones", 0.1)]
        .map(|(id, value)| (id.to_owned(), ParameterValue::Number(value)));
    let parameters = parameters.iter().map(|(id, value)| (id, value));
    let values = synthesiser.spec().resolve(None, parameters).expect("the parameters are right");
    held_notes(criterion, "synthesiser", synthesiser.as_ref(), values);
    let sampler = sampler();
    let values = sampler.spec().resolve(None, []).expect("defaults are right");
    held_notes(criterion, "sampler", sampler.as_ref(), values);
    let player = SoundFontFactory::of(sound_font());
    for effects in ["off", "on"] {
        let (id, value) = ("effects".to_owned(), ParameterValue::Choice(effects.to_owned()));
        let values = player.spec().resolve(None, [(&id, &value)]).expect("it is one");
        held_notes(criterion, &format!("soundfont, effects {effects}"), &player, values);
    }
}

fn note(number: u8) -> Event {
    let (note, key) = (u64::from(number), 30 + number);
    Event { at: Samples(0), kind: EventKind::NoteOn { note, channel: 0, key, velocity: 0.7 } }
}

criterion_group!(benches, processors, instruments);
criterion_main!(benches);
