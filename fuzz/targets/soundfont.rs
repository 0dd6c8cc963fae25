//! SoundFonts: refused, or read with every range in bounds and played to finite samples.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use wavemill_core::dsp::SoundFontFactory;
use wavemill_core::process::{
    ControlSet, Event, EventKind, InstanceSetup, LaneBlock, Prepare, ProcessContext,
    ProcessorFactory,
};
use wavemill_core::simd::SimdLevel;
use wavemill_core::soundfont::SoundFont;
use wavemill_core::time::{SampleRate, Samples, TempoMap};
use wavemill_core::vorbis::repair;

/// Presets played; a file may have many.
const MAX_PRESETS: usize = 4;

const FRAMES: usize = 256;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    // What is behind the checksums of compressed samples is of interest.
    let mut at = 0;
    while let Some(page) = bytes[at..].windows(4).position(|window| window == b"OggS") {
        at += page;
        repair(&mut bytes[at..]);
        at += 1;
    }
    let Ok(font) = SoundFont::parse(&bytes) else { return };
    for region in font.regions() {
        let sample = region.sample;
        assert!(sample.start <= sample.loop_start && sample.loop_end <= sample.end);
        assert!(sample.end < font.data().len());
    }
    let programs: Vec<f64> = font
        .presets()
        .iter()
        .take(MAX_PRESETS)
        .map(|preset| f64::from(preset.program).min(127.0))
        .collect();
    let factory = SoundFontFactory::of(Arc::new(font));
    programs.into_iter().for_each(|program| play(&factory, program));
});

fn play(factory: &SoundFontFactory, program: f64) {
    let mut values: Vec<f64> =
        factory.spec().parameters.iter().map(|parameter| parameter.default_value()).collect();
    values[0] = program;
    let setup = InstanceSetup {
        node: "fuzzed".to_owned(),
        controls: ControlSet::new(values, Vec::new()),
        seed: 0,
        sidechained: false,
    };
    let rate = SampleRate::new(48_000).expect("a rate");
    let tempo = Arc::new(TempoMap::new(&[], rate).expect("no tempo is 120 bpm"));
    let prepare =
        Prepare { rate, max_frames: FRAMES, channels: 2, tempo: &tempo, instances: &[setup] };
    let mut processor = factory.prepare(&prepare).expect("it has a file");
    let note = |at, kind| Event { at: Samples(at), kind };
    let events = [
        note(3, EventKind::NoteOn { note: 1, channel: 0, key: 60, velocity: 0.8 }),
        note(9, EventKind::NoteOn { note: 2, channel: 9, key: 38, velocity: 0.4 }),
        note(150, EventKind::NoteOff { note: 1, channel: 0, key: 60, velocity: 0.5 }),
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
