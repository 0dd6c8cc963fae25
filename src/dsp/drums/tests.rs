//! Tests of the drum kit.

use std::sync::Arc;

use super::*;
use crate::dsp::testing::{Rig, assert_invariant, fixed_blocks};
use crate::math::gain_to_db;

/// The keys that play something.
const KEYS: [u8; 25] = [
    35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 54, 56, 57, 59, 62, 63, 64,
    70,
];

fn strike(at: i64, note: u64, key: u8, velocity: f64) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOn { note, channel: 9, key, velocity } }
}

fn rig(frames: usize, values: &[(&str, f64)], events: Vec<Event>) -> Rig {
    Rig::new(Arc::new(DrumsFactory), 2, 0, frames).with_values(values).playing(events)
}

/// Left and right added.
fn play(frames: usize, values: &[(&str, f64)], events: Vec<Event>) -> Vec<f64> {
    let output = rig(frames, values, events).run_whole();
    output[0][0].iter().zip(&output[0][1]).map(|(l, r)| f64::from(*l) + f64::from(*r)).collect()
}

fn power(signal: &[f64]) -> f64 {
    signal.iter().map(|x| x * x).sum::<f64>() / signal.len() as f64
}

/// Power of the differences against power: rises with brightness.
fn brightness(signal: &[f64]) -> f64 {
    let differences: Vec<f64> = signal.windows(2).map(|w| w[1] - w[0]).collect();
    power(&differences) / power(signal)
}

/// By rising passages through 0.
fn frequency(signal: &[f64]) -> f64 {
    let rises = signal.windows(2).enumerate().filter(|(_, w)| w[0] < 0.0 && w[1] >= 0.0);
    let at: Vec<f64> = rises.map(|(n, w)| n as f64 + w[0] / (w[0] - w[1])).collect();
    (at.len() - 1) as f64 / (at[at.len() - 1] - at[0]) * 48_000.0
}

#[test]
fn every_key_of_the_kit_is_heard_and_none_clips() {
    for kit in [0.0, 1.0] {
        for key in 0..128_u8 {
            let output = rig(24_000, &[("kit", kit)], vec![strike(0, 1, key, 1.0)]).run_whole();
            let peak = output[0].iter().flatten().fold(0.0_f32, |p, y| p.max(y.abs()));
            if KEYS.contains(&key) {
                let told = gain_to_db(peak.into());
                assert!((0.05..1.0).contains(&peak), "kit {kit}, key {key}: {told:.1} dB");
            } else {
                assert_eq!(peak, 0.0, "{key}");
            }
        }
    }
}

#[test]
fn a_drum_lands_on_its_sample_at_every_offset() {
    // Metal knows no noise: it is the same wherever it starts.
    let values = [("kit", 1.0)];
    let first = rig(700, &values, vec![strike(0, 1, 42, 1.0)]).run_whole();
    for at in 0..130_u8 {
        let rig = rig(700, &values, vec![strike(at.into(), 1, 42, 1.0)]);
        let at = usize::from(at);
        for size in [700, 64, 37, 1] {
            let output = rig.run(&fixed_blocks(700, size));
            assert!(output[0][0][..at].iter().all(|y| *y == 0.0), "{at}");
            assert!(output[0][0][at] != 0.0, "{at}");
            assert_eq!(output[0][0][at..], first[0][0][..700 - at], "{at} in blocks of {size}");
        }
    }
}

#[test]
fn an_open_hat_is_choked_by_the_others_and_by_nothing_else() {
    for kit in [0.0, 1.0] {
        let values = [("kit", kit)];
        let open = || strike(0, 1, 46, 1.0);
        let left = |key: u8| {
            let both = play(24_000, &values, vec![open(), strike(6_000, 2, key, 0.8)]);
            let alone = play(24_000, &values, vec![strike(6_000, 2, key, 0.8)]);
            let rest: Vec<f64> = both.iter().zip(&alone).map(|(a, b)| a - b).collect();
            // Before; then 60 dB further down after 30 ms, and nothing after 60.
            (power(&rest[4_000..6_000]), power(&rest[7_440..8_400]), power(&rest[8_900..]))
        };
        for key in [42, 44, 46] {
            let (before, choked, after) = left(key);
            assert!(before > 1e-5 && choked < before * 1e-5 && after == 0.0, "{kit} {key}");
        }
        let (before, later, _) = left(51);
        assert!(later > before * 0.2, "{kit}");
    }
}

#[test]
fn a_kick_falls_to_its_pitch_and_tuning_moves_it() {
    // Behind the beater, the second mode and the sweep.
    let settled = |tune: f64| {
        let signal = play(24_000, &[("tune", tune)], vec![strike(0, 1, 36, 1.0)]);
        frequency(&signal[9_600..20_000])
    };
    assert!((settled(0.0) / 54.0 - 1.0).abs() < 0.005, "{}", settled(0.0));
    assert!((settled(7.0) / settled(0.0) / crate::math::exp2(7.0 / 12.0) - 1.0).abs() < 0.005);
    let signal = play(24_000, &[], vec![strike(0, 1, 36, 1.0)]);
    assert!(frequency(&signal[200..2_400]) > 65.0);
}

#[test]
fn toms_rise_with_their_keys() {
    let pitch =
        |key: u8| frequency(&play(24_000, &[], vec![strike(0, 1, key, 1.0)])[9_600..19_200]);
    let pitches: Vec<f64> = [41, 43, 45, 47, 48, 50].into_iter().map(pitch).collect();
    assert!(pitches.windows(2).all(|w| w[1] > w[0] * 1.1), "{pitches:?}");
    assert!((pitches[0] / 82.0 - 1.0).abs() < 0.01);
}

#[test]
fn velocity_is_level_and_brightness() {
    for key in [38, 42, 49] {
        let hit = |velocity: f64| play(9_600, &[], vec![strike(0, 1, key, velocity)]);
        let (soft, hard) = (hit(0.4), hit(1.0));
        assert!(brightness(&hard) > brightness(&soft) * 1.05, "{key}");
        let db = 10.0 * crate::math::log10(power(&hard) / power(&soft));
        // 40 log10 2.5, and some dB more or less by the filters.
        assert!((db - 15.9).abs() < 4.0, "{key}: {db}");
    }
    let tone = |tone: f64| brightness(&play(9_600, &[("tone", tone)], vec![strike(0, 1, 38, 1.0)]));
    assert!(tone(1.0) > tone(0.5) && tone(0.5) > tone(0.0));
}

#[test]
fn decay_is_a_factor_of_time() {
    let fall_db = |decay: f64| {
        let values = [("decay", decay), ("kit", 1.0)];
        let signal = play(48_000, &values, vec![strike(0, 1, 46, 1.0)]);
        10.0 * crate::math::log10(power(&signal[2_000..4_000]) / power(&signal[6_800..8_800]))
    };
    // The electronic open hat: 60 dB in 0.6 s, so 10 dB in 4,800 frames.
    for (decay, wanted) in [(1.0, 10.0), (2.0, 5.0), (0.5, 20.0)] {
        assert!((fall_db(decay) - wanted).abs() < 1.0, "{decay}: {} dB", fall_db(decay));
    }
}

#[test]
fn groups_have_levels_of_their_own() {
    let groups = ["kick_db", "snare_db", "hats_db", "toms_db", "cymbals_db", "percussion_db"];
    for (group, key) in groups.into_iter().zip([36, 38, 42, 45, 49, 56]) {
        let loud = play(4_800, &[], vec![strike(0, 1, key, 1.0)]);
        let quiet = play(4_800, &[(group, -20.0)], vec![strike(0, 1, key, 1.0)]);
        let error = loud.iter().zip(&quiet).map(|(a, b)| (a * 0.1 - b).abs()).fold(0.0, f64::max);
        assert!(error < 1e-6, "{group}: {error}");
    }
}

#[test]
fn noise_is_of_the_note_and_the_node() {
    let snare = |note: u64| rig(2_000, &[], vec![strike(0, note, 38, 1.0)]);
    assert_ne!(snare(1).run_whole(), snare(2).run_whole());
    let mut elsewhere = snare(1);
    elsewhere.instances[0].node.push('x');
    assert_ne!(elsewhere.run_whole(), snare(1).run_whole());
}

#[test]
fn one_drum_too_many_takes_the_place_of_the_first() {
    // A loud crash, then as many silent ones as there are places, less one; then one more.
    let mut events = vec![strike(0, 0, 49, 1.0)];
    events.extend((1..32).map(|note| strike(10 + i64::try_from(note).unwrap(), note, 51, 1e-6)));
    let kept = play(9_600, &[], events.clone());
    assert!(power(&kept[6_000..]) > 1e-5);
    events.push(strike(5_000, 99, 51, 1e-6));
    let taken = play(9_600, &[], events);
    assert!(power(&taken[4_000..5_000]) > 1e-5 && power(&taken[5_001..]) < 1e-12);
}

#[test]
fn no_cut_changes_a_bit_and_it_rests_at_the_end() {
    let mut events: Vec<Event> = Vec::new();
    for (number, key) in (0_u8..).zip(KEYS) {
        events.push(strike(i64::from(number) * 131 - 300, number.into(), key, 0.9));
    }
    let silence =
        EventKind::Controller { channel: 9, target: ControllerTarget::Controller(120), value: 0.0 };
    events.push(Event { at: Samples(3_200), kind: silence });
    for kit in [0.0, 1.0] {
        let rig = Rig::new(Arc::new(DrumsFactory), 2, -333, 4_500).with_values(&[("kit", kit)]);
        let rig = rig.playing(events.clone()).with_automation(&[("kit", kit)], 9);
        assert_invariant(&rig.playing(events.clone()));
    }
    let rig = rig(9_600, &[], events);
    let mut processor = rig.prepare();
    assert!(processor.rests());
    rig.run_with(&mut *processor, 0, &[3_000]);
    assert!(!processor.rests());
    rig.run_with(&mut *processor, 3_000, &[6_600]);
    assert!(processor.rests());
}
