//! Every instrument starts a note at exactly its sample, at every offset of blocks of 1 to 4,096.

use std::sync::Arc;

use super::testing::Rig;
use super::{DrumsFactory, SamplerFactory, SoundFontFactory, SynthesiserFactory};
use crate::process::{Event, EventKind, ProcessorFactory};
use crate::sampler::testing::{mono, sampled};
use crate::soundfont::testing::{constant, font, source, zone};
use crate::time::Samples;

const BLOCK_SIZES: [usize; 8] = [1, 2, 3, 64, 127, 512, 1_000, 4_096];

/// The first frame that sounds of a note at `at`, in two blocks of `size` and a frame.
fn onset(
    factory: &Arc<dyn ProcessorFactory>,
    values: &[(&str, f64)],
    (channel, key): (u8, u8),
    at: usize,
    size: usize,
) -> Option<usize> {
    let kind = EventKind::NoteOn { note: 1, channel, key, velocity: 1.0 };
    let events = vec![Event { at: Samples(i64::try_from(at).unwrap()), kind }];
    let rig = Rig::new(Arc::clone(factory), 1, 0, 2 * size + 1).with_values(values).playing(events);
    rig.run(&[size, size, 1])[0][0].iter().position(|sample| *sample != 0.0)
}

/// Plays a note at each offset of the second of two blocks; `key` says which, and how many frames it
/// rises from 0 before it is heard.
fn starts_everywhere(
    factory: &Arc<dyn ProcessorFactory>,
    values: &[(&str, f64)],
    key: impl Fn(usize) -> ((u8, u8), usize),
) {
    for size in BLOCK_SIZES {
        for at in size..2 * size {
            let (key, rise) = key(at);
            let heard = onset(factory, values, key, at, size);
            assert_eq!(heard, Some(at + rise), "{key:?} in blocks of {size}");
        }
    }
}

/// Each drum in turn, so that the large blocks have each at many offsets.
#[test]
fn drums_start_at_every_offset_of_every_block() {
    const KEYS: [u8; 25] = [
        35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 54, 56, 57, 59, 62, 63,
        64, 70,
    ];
    let factory: Arc<dyn ProcessorFactory> = Arc::new(DrumsFactory);
    for kit in [0.0, 1.0] {
        let values = [("kit", kit)];
        // What is made of sines, or swells, has its first frame at 0.
        let rises = KEYS.map(|key| onset(&factory, &values, (9, key), 0, 70).unwrap());
        assert!(rises.iter().all(|rise| *rise <= 1), "{rises:?}");
        starts_everywhere(&factory, &values, |at| {
            let drum = at % KEYS.len();
            ((9, KEYS[drum]), rises[drum])
        });
        // And each of them at every offset of one cell and a bit more.
        for (key, rise) in KEYS.into_iter().zip(rises) {
            for at in 70..140 {
                assert_eq!(onset(&factory, &values, (9, key), at, 70), Some(at + rise), "{key}");
            }
        }
    }
}

#[test]
fn a_synthesiser_starts_at_every_offset_of_every_block() {
    // A triangle at its top from the first sample on.
    let values = [
        ("oscillator1.waveform", 1.0),
        ("filter.type", 3.0),
        ("amplitude.attack_ms", 0.0),
        ("amplitude.decay_ms", 3.0),
    ];
    let factory: Arc<dyn ProcessorFactory> = Arc::new(SynthesiserFactory);
    starts_everywhere(&factory, &values, |_| ((0, 60), 0));
}

#[test]
fn a_soundfont_starts_at_every_offset_of_every_block() {
    let font = font(&source(vec![constant()], vec![zone(0, &[(54, 1)])]));
    let factory: Arc<dyn ProcessorFactory> = Arc::new(SoundFontFactory::of(font));
    starts_everywhere(&factory, &[("effects", 0.0)], |_| ((0, 60), 0));
}

#[test]
fn a_sampler_starts_at_every_offset_of_every_block() {
    let instrument = sampled("<region> sample=a.wav", &[mono("a.wav", &[0.5; 300])]);
    let factory: Arc<dyn ProcessorFactory> = Arc::new(SamplerFactory::of(instrument));
    starts_everywhere(&factory, &[], |_| ((0, 60), 0));
}
