//! SFZ files: refused, or read with every range in bounds and played to finite samples.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use wavemill_core::audio::{FrameSource, MemorySource, SampleMarks};
use wavemill_core::dsp::SamplerFactory;
use wavemill_core::process::{
    ControlSet, Event, EventKind, InstanceSetup, LaneBlock, Prepare, ProcessContext,
    ProcessorFactory,
};
use wavemill_core::sampler::SampledInstrument;
use wavemill_core::session::ControllerTarget;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples, TempoMap};

const FRAMES: usize = 256;

fuzz_target!(|bytes: &[u8]| {
    let rate = SampleRate::new(44_100).expect("a rate");
    // Whatever a sample is called, there is one, of one or two channels.
    let load = SampledInstrument::load("kit/kit.sfz", bytes, |name| {
        let frames: Vec<f32> = (0..200_u8).map(|n| f32::from(n) / 200.0 - 0.5).collect();
        let source: Arc<dyn FrameSource> = Arc::new(
            MemorySource::new(&frames, 1 + name.len() % 2, rate).with_marks(marks_of(name)),
        );
        Ok(source)
    });
    let Ok(sampled) = load else { return };
    for region in sampled.instrument().regions() {
        let Some((sample, stretch)) = sampled.stretch(region) else { continue };
        assert!(stretch.frames.start < stretch.frames.end);
        assert!(stretch.frames.end <= sample.frames());
        assert!(stretch.looped.end <= stretch.frames.end);
        assert!(stretch.looped.start <= stretch.looped.end);
    }
    play(&SamplerFactory::of(Arc::new(sampled)));
});

/// Files of some names have a loop and a pitch.
fn marks_of(name: &str) -> SampleMarks {
    let looped = (name.len() % 3 == 0).then_some((10, 89));
    SampleMarks { looped, pitch: (name.len() % 5 == 0).then_some((62, 1 << 30)) }
}

fn play(factory: &SamplerFactory) {
    let values = factory.spec().parameters.iter().map(|parameter| parameter.default_value());
    let setup = InstanceSetup {
        node: "fuzzed".to_owned(),
        controls: ControlSet::new(values.collect(), Vec::new()),
        seed: 0,
        sidechained: false,
    };
    let rate = SampleRate::new(48_000).expect("a rate");
    let tempo = Arc::new(TempoMap::new(&[], rate).expect("no tempo is 120 bpm"));
    let prepare =
        Prepare { rate, max_frames: FRAMES, channels: 2, tempo: &tempo, instances: &[setup] };
    let mut processor = factory.prepare(&prepare).expect("it has a file");
    let event = |at, kind| Event { at: Samples(at), kind };
    let on =
        |at, note, key, velocity| event(at, EventKind::NoteOn { note, channel: 0, key, velocity });
    let control =
        |at, target, value| event(at, EventKind::Controller { channel: 0, target, value });
    let events = [
        on(3, 1, 60, 0.8),
        on(5, 4, 24, 0.8),
        on(9, 2, 42, 0.4),
        control(30, ControllerTarget::PitchBend, 0.7),
        on(70, 3, 42, 1.0),
        control(90, ControllerTarget::Controller(64), 127.0),
        event(150, EventKind::NoteOff { note: 1, channel: 0, key: 60, velocity: 0.5 }),
        control(200, ControllerTarget::Controller(64), 0.0),
    ];
    let mut samples = [0.0; 2 * FRAMES];
    let mut context = ProcessContext {
        time: 0,
        audio: LaneBlock::new(&mut samples, 2),
        sidechains: &[],
        outputs: &mut [],
        events: &[&events],
        event_outputs: &mut [],
        level: SimdLevel::detect(),
    };
    processor.process(&mut context).expect("it has no faults");
    assert!(samples.iter().all(|sample| sample.is_finite()));
}
