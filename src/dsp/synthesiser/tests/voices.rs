//! Tests of how notes share voices.

use super::*;

/// Whether the keys are heard from `from` on.
fn heard(signal: &[f64], keys: &[u8]) -> Vec<bool> {
    keys.iter().map(|key| amplitude(signal, key_hz((*key).into())) > 1e-3).collect()
}

const KEYS: [u8; 3] = [60, 67, 76];

fn two_voices(release_ms: f64) -> Vec<(&'static str, f64)> {
    plain(&[("voices", 2.0), ("amplitude.release_ms", release_ms)])
}

#[test]
fn a_note_too_many_takes_the_place_of_the_oldest() {
    let events = vec![on(0, 1, 60), on(10, 2, 67), on(2_000, 3, 76)];
    let signal = left(14_400, &two_voices(0.0), events);
    assert_eq!(heard(&signal[..2_000], &KEYS), [true, true, false]);
    assert_eq!(heard(&signal[2_400..], &KEYS), [false, true, true]);
}

#[test]
fn a_released_note_goes_before_the_oldest() {
    let events = vec![on(0, 1, 60), on(10, 2, 67), off(1_990, 2, 67), on(2_000, 3, 76)];
    let signal = left(14_400, &two_voices(20_000.0), events);
    assert_eq!(heard(&signal[2_400..], &KEYS), [true, false, true]);
}

#[test]
fn of_those_released_the_quietest_goes() {
    // The second one was released first and has fallen further.
    let events =
        vec![on(0, 1, 60), on(10, 2, 67), off(500, 2, 67), off(1_900, 1, 60), on(2_000, 3, 76)];
    let signal = left(14_400, &two_voices(3_000.0), events);
    assert_eq!(heard(&signal[2_400..], &KEYS), [true, false, true]);
}

#[test]
fn a_free_voice_goes_before_all_and_a_taken_one_fades() {
    let events = vec![on(0, 1, 60), off(100, 1, 60), on(200, 2, 67), on(2_000, 3, 76)];
    let signal = left(14_400, &two_voices(0.0), events);
    assert_eq!(heard(&signal[2_400..], &KEYS), [false, true, true]);
    // No step is larger than those of the waves themselves: 2 pi f / rate of each.
    let events = vec![on(0, 1, 60), on(10, 2, 67), on(2_030, 3, 76)];
    let signal = left(4_000, &two_voices(0.0), events);
    let steps = signal[1_000..].windows(2).map(|w| (w[1] - w[0]).abs());
    let most = KEYS.iter().map(|key| TAU * key_hz((*key).into()) / RATE_HZ).sum::<f64>();
    assert!(steps.fold(0.0, f64::max) < most);
}

fn mono(mode: f64, more: &[(&'static str, f64)]) -> Vec<(&'static str, f64)> {
    let alone = [("mode", mode), ("amplitude.release_ms", 50.0)];
    plain(&[&alone[..], more].concat())
}

#[test]
fn one_voice_plays_the_last_key_down_and_goes_back() {
    for mode in [1.0, 2.0] {
        let events = vec![on(0, 1, 60), on(5_000, 2, 72), off(10_000, 2, 72), off(15_000, 1, 60)];
        let signal = left(25_000, &mono(mode, &[]), events);
        for (range, key) in [(100..5_000, 60.0), (5_100..10_000, 72.0), (10_100..15_000, 60.0)] {
            assert!(cents(frequency(&signal[range]), key_hz(key)).abs() < 1.0, "{mode} {key}");
        }
        assert!(signal[15_000 + 4_800..].iter().all(|y| *y == 0.0));
    }
}

#[test]
fn legato_starts_no_envelope_and_mono_does() {
    let values =
        [("amplitude.attack_ms", 1.0), ("amplitude.decay_ms", 20.0), ("amplitude.sustain", 0.2)];
    let events = || vec![on(0, 1, 60), on(5_000, 2, 72)];
    let peak = |mode: f64| {
        let signal = left(6_000, &mono(mode, &values), events());
        signal[5_000..].iter().fold(0.0_f64, |p, y| p.max(y.abs()))
    };
    assert!(peak(1.0) > 0.7 && peak(2.0) < 0.21, "{} {}", peak(1.0), peak(2.0));
}

#[test]
fn a_glide_takes_its_time_in_semitones() {
    // An octave in 0.5 s: after half of that, half an octave.
    let values = mono(2.0, &[("glide_ms", 500.0)]);
    let signal = left(48_000, &values, vec![on(0, 1, 60), on(6_000, 2, 72)]);
    assert!(cents(frequency(&signal[..6_000]), key_hz(60.0)).abs() < 1.0);
    assert!(cents(frequency(&signal[17_500..18_500]), key_hz(66.0)).abs() < 3.0);
    assert!(cents(frequency(&signal[30_100..]), key_hz(72.0)).abs() < 1.0);
    // Keys that are not held together do not glide in legato mode.
    let events = vec![on(0, 1, 60), off(3_000, 1, 60), on(6_000, 2, 72)];
    let signal = left(12_000, &values, events);
    assert!(cents(frequency(&signal[6_100..]), key_hz(72.0)).abs() < 1.0);
}

#[test]
fn a_legato_note_of_the_same_key_changes_nothing() {
    // Level, filter and pitch are on their way at each of these frames, on the control grid and off it.
    let moving = [
        ("lfo1.rate_hz", 9.0),
        ("lfo1.pitch_semitones", 0.5),
        ("lfo1.amplitude", 0.9),
        ("filter.type", LOW_PASS),
        ("filter.cutoff_hz", 900.0),
        ("lfo1.cutoff_semitones", 12.0),
    ];
    let alone = left(2_000, &mono(2.0, &moving), vec![on(0, 1, 60)]);
    for (at, same) in [(640_u16, true), (1_000, false)] {
        let both = left(2_000, &mono(2.0, &moving), vec![on(0, 1, 60), on(at.into(), 2, 60)]);
        let off = alone.iter().zip(&both).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let start = usize::from(at);
        assert!(off < 1e-3, "{at}: {off}");
        assert_eq!(alone[..start], both[..start], "{at}");
        // On the grid to the bit; off it lines start anew in the middle of a cell, which rounds.
        assert!(!same || alone == both, "{at}");
    }
}
