//! The configuration matrix: every built-in processor, at every rate, in blocks of every size,
//! gives the bits of one whole block. What joins the registry joins here by itself.

use std::sync::Arc;

use super::testing::{
    Output, Rig, assert_extremes, assert_invariant, assert_same_bits, fixed_blocks, random_blocks,
};
use super::{built_in, built_in_names, spec_of};
use crate::audio::MemoryLibrary;
use crate::process::{Event, EventKind, ParameterKind, ProcessorFactory};
use crate::sampler;
use crate::session::{TempoPoint, TempoShape};
use crate::soundfont::{self, testing::busy};
use crate::time::{SampleRate, Samples, Ticks};

const RATES_HZ: [u32; 4] = [8_000, 44_100, 48_000, 192_000];
const BLOCK_SIZES: [usize; 4] = [1, 64, 127, 512];
const FRAMES: usize = 3_000;
/// Before the timeline, and off the control grid.
const START: i64 = -777;

/// Instances of one processor that run side by side: at its defaults, automated, and a third one
/// for an odd number of lanes. Instruments play notes.
fn rig(factory: &Arc<dyn ProcessorFactory>, channels: usize, choices: &[(&str, f64)]) -> Rig {
    let mut rig = Rig { tempo: tempo(), ..Rig::new(factory.clone(), channels, START, FRAMES) };
    let plays = factory.spec().event_inputs > 0;
    for instance in 0..3_u8 {
        rig = match instance {
            0 => rig.with_values(choices),
            _ => rig.with_automation(choices, u64::from(instance)),
        };
        if plays {
            rig = rig.playing(melody(instance));
        }
    }
    // What has another structure, as an equaliser's bands that do not move, runs elsewhere.
    let last = factory.structure(&rig.instances[2].controls);
    rig.instances.retain(|instance| factory.structure(&instance.controls) == last);
    rig
}

/// A ramp and a step, the step within the frames of most rates.
fn tempo() -> Vec<TempoPoint> {
    [(0, 90.0, TempoShape::Ramp), (200, 300.0, TempoShape::Step), (700, 61.0, TempoShape::Step)]
        .map(|(at, bpm, shape)| TempoPoint { at: Ticks(at), bpm, shape })
        .to_vec()
}

/// Overlapping notes, some at the same sample, some before the timeline.
fn melody(instance: u8) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for number in 0..40_u8 {
        let at = START + 31 + i64::from(number) * 61;
        let (note, key) = (u64::from(number), 30 + number * 2 + instance);
        let velocity = f64::from(number + 1) / 40.0;
        events.push(Event {
            at: Samples(at),
            kind: EventKind::NoteOn { note, channel: 0, key, velocity },
        });
        let end = Samples(at + 500 + i64::from(number) * 7);
        events.push(Event {
            at: end,
            kind: EventKind::NoteOff { note, channel: 0, key, velocity: 0.5 },
        });
    }
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    events
}

/// Each choice of each choice parameter, one after the other; and none, for the defaults.
fn choices(factory: &dyn ProcessorFactory) -> Vec<Vec<(&'static str, f64)>> {
    let mut all = vec![Vec::new()];
    for parameter in &spec_of(&factory.spec().name).unwrap().parameters {
        if let ParameterKind::Choice { options, default } = parameter.kind {
            let others = (0..options.len()).filter(|option| *option != default);
            all.extend(others.map(|option| vec![(parameter.id.as_ref(), option as f64)]));
        }
    }
    all
}

/// What a processor that plays from a file plays.
fn library_for(name: &str) -> (&'static str, MemoryLibrary) {
    if name == "sampler" {
        return ("kit/kit.sfz", sampler::testing::busy());
    }
    let mut library = MemoryLibrary::default();
    library.insert_sound_font("busy.sf2", soundfont::testing::font(&busy()));
    ("busy.sf2", library)
}

fn for_every_processor(check: impl Fn(&str, &Arc<dyn ProcessorFactory>)) {
    for name in built_in_names() {
        let mut factory = built_in(name).unwrap();
        if factory.plays_from_file() {
            let (file, library) = library_for(name);
            factory = factory.playing(file, &library).unwrap().unwrap();
        }
        check(name, &factory);
    }
}

#[test]
fn every_rate_and_block_size_gives_the_bits_of_one_whole_block() {
    for_every_processor(|name, factory| {
        for hz in RATES_HZ {
            for channels in [1, 2] {
                let rate = SampleRate::new(hz).unwrap();
                let rig = Rig { rate, ..rig(factory, channels, &[]) };
                let whole: Output = rig.run_whole();
                for size in BLOCK_SIZES {
                    let got = rig.run(&fixed_blocks(FRAMES, size));
                    let what = format!("{name}, {hz} Hz, {channels} channels, blocks of {size}");
                    assert_same_bits(&whole, &got, &what);
                    let got = rig.run(&random_blocks(FRAMES, size, u64::from(hz)));
                    assert_same_bits(&whole, &got, &format!("{what} at most, at random"));
                }
            }
        }
    });
}

#[test]
fn levels_grouping_restoring_and_resetting_change_nothing_whatever_is_chosen() {
    for_every_processor(|_, factory| {
        for choices in choices(&**factory) {
            for channels in [1, 2] {
                assert_invariant(&rig(factory, channels, &choices));
            }
        }
    });
}

#[test]
fn every_processor_bears_extremes_and_recovers_from_what_is_no_signal() {
    for_every_processor(|_, factory| {
        for choices in choices(&**factory) {
            for channels in [1, 2] {
                assert_extremes(&rig(factory, channels, &choices));
            }
        }
    });
}

#[test]
fn every_processor_makes_some_sound() {
    for_every_processor(|name, factory| {
        let mut output = rig(factory, 2, &[]).run_whole();
        // What moves may drop every note: only the first instance has to put out events.
        output.iter_mut().skip(1).for_each(|channels| channels.truncate(2));
        for channel in output.iter().flatten() {
            assert!(channel.iter().any(|x| x.abs() > 1e-4), "{name} is silent");
        }
    });
}

#[test]
fn descriptions_are_sound() {
    let names = built_in_names();
    for_every_processor(|name, factory| {
        let spec = factory.spec();
        assert_eq!(spec_of(name), Some(spec));
        assert_eq!(names.iter().filter(|other| **other == name).count(), 1, "{name} twice");
        assert!(spec.version >= 1 && !spec.summary.is_empty());
        for (index, parameter) in spec.parameters.iter().enumerate() {
            assert_eq!(spec.parameter_index(&parameter.id), Ok(index), "{name} {}", parameter.id);
            let (min, max) = parameter.range();
            assert!(min < max && (min..=max).contains(&parameter.default_value()), "{name}");
        }
        let values = super::testing::defaults(&**factory);
        let rate = SampleRate::new(48_000).unwrap();
        assert!(factory.latency(&values, rate) >= Samples::ZERO);
        assert!(factory.tail(&values, rate) >= Samples::ZERO);
    });
    assert!(built_in("no-such-processor").is_none());
    assert!(spec_of("no-such-processor").is_none());
}
