//! Tests of controllers, expression and the pedal.

use super::*;
use crate::process::EventKind;

fn cc(at: i64, number: u8, value: f64) -> Event {
    control(at, ControllerTarget::Controller(number), value)
}

#[test]
fn a_full_bend_is_the_range_of_its_channel() {
    let pitch = |events: Vec<Event>| frequency(&left(24_000, &PLAIN, events)[1_000..]);
    let bend = |value| control(0, ControllerTarget::PitchBend, value);
    let range = |value| control(0, ControllerTarget::Registered(0), value);
    for (events, wanted) in [
        (vec![bend(1.0), on(0, 1, 69)], 71.0),
        (vec![bend(-0.5), on(0, 1, 69)], 68.0),
        (vec![range(12.0 * 128.0 + 50.0), bend(1.0), on(0, 1, 69)], 81.5),
        // It holds for notes that sound, from the next point of the grid on.
        (vec![on(0, 1, 69), control(300, ControllerTarget::PitchBend, 1.0)], 71.0),
    ] {
        let error = cents(pitch(events), key_hz(wanted));
        assert!(error.abs() < 0.5, "{wanted}: {error}");
    }
    // Another channel is left alone.
    let kind =
        EventKind::Controller { channel: 3, target: ControllerTarget::PitchBend, value: 1.0 };
    let other = Event { at: Samples(0), kind };
    assert!(cents(pitch(vec![other, on(0, 1, 69)]), 440.0).abs() < 0.5);
    let wide = plain(&[("bend_semitones", 7.0)]);
    let signal = left(24_000, &wide, vec![bend(1.0), on(0, 1, 69)]);
    assert!(cents(frequency(&signal), key_hz(76.0)).abs() < 0.5);
}

#[test]
fn volume_expression_and_pan_are_factors() {
    let peaks = |events: Vec<Event>| {
        let output = rig(4_800, &PLAIN, events).run_whole();
        let peak =
            |c: usize| output[0][c][2_400..].iter().fold(0.0_f64, |p, y| p.max(y.abs().into()));
        (peak(0), peak(1))
    };
    let near = |got: (f64, f64), wanted: (f64, f64)| {
        let error = (got.0 - wanted.0).abs().max((got.1 - wanted.1).abs());
        assert!(error < 2e-3, "{got:?} is not {wanted:?}");
    };
    let loud = |events: Vec<Event>| peaks([events, vec![on(0, 1, 100)]].concat());
    near(loud(vec![]), (1.0, 1.0));
    let half = (64.0_f64 / 127.0) * (64.0 / 127.0);
    near(loud(vec![cc(0, 7, 64.0)]), (half, half));
    near(loud(vec![cc(0, 7, 64.0), cc(0, 11, 64.0)]), (half * half, half * half));
    near(loud(vec![cc(0, 10, 0.0)]), (2.0_f64.sqrt(), 0.0));
    near(loud(vec![cc(0, 10, 127.0)]), (0.0, 2.0_f64.sqrt()));
    let expressed = |kind, value| vec![on(0, 1, 100), express(0, 1, 100, kind, value)];
    near(peaks(expressed(ExpressionKind::Volume, 0.25)), (0.25, 0.25));
    near(peaks(expressed(ExpressionKind::Pan, 1.0)), (0.0, 2.0_f64.sqrt()));
}

#[test]
fn the_pedal_holds_what_is_let_go() {
    let events = vec![cc(0, 64, 127.0), on(0, 1, 84), off(1_000, 1, 84), cc(3_000, 64, 0.0)];
    let signal = left(5_000, &PLAIN, events);
    let sounds = |range: std::ops::Range<usize>| signal[range].iter().any(|y| y.abs() > 0.9);
    assert!(sounds(900..1_100) && sounds(2_900..3_000) && !sounds(3_001..5_000));
    // A key that is down when the pedal goes up sounds on.
    let events = vec![cc(0, 64, 127.0), on(0, 1, 84), cc(3_000, 64, 0.0)];
    assert!(left(5_000, &PLAIN, events)[4_900..].iter().any(|y| y.abs() > 0.9));
}

#[test]
fn all_notes_off_releases_and_all_sound_off_silences() {
    let values = plain(&[("amplitude.release_ms", 1_000.0)]);
    let ended = |number: u8| left(4_000, &values, vec![on(0, 1, 84), cc(1_000, number, 0.0)]);
    let peak = |signal: &[f64]| signal.iter().fold(0.0_f64, |p, y| p.max(y.abs()));
    assert!(peak(&ended(123)[1_400..]) > 0.5);
    assert!(peak(&ended(120)[1_400..]) < 1e-3);
}

#[test]
fn expression_moves_its_note_alone() {
    let tuned = || express(700, 1, 60, ExpressionKind::Tuning, 1.5);
    let both = left(9_600, &PLAIN, vec![on(0, 1, 60), on(0, 2, 67), tuned()]);
    let first = left(9_600, &PLAIN, vec![on(0, 1, 60), tuned()]);
    let second = left(9_600, &PLAIN, vec![on(0, 2, 67)]);
    for (n, (sum, (a, b))) in both.iter().zip(first.iter().zip(&second)).enumerate() {
        assert!((sum - (a + b)).abs() < 1e-6, "{n}");
    }
    assert!(cents(frequency(&first[1_000..]), key_hz(61.5)).abs() < 1.0);
    assert!(cents(frequency(&second), key_hz(67.0)).abs() < 1.0);
}

#[test]
fn pressure_and_timbre_open_the_filter() {
    let values = plain(&[
        ("filter.type", LOW_PASS),
        ("filter.cutoff_hz", 440.0),
        ("filter.key_tracking", 0.0),
        ("filter.envelope_semitones", 0.0),
        ("filter.velocity_semitones", 0.0),
        ("filter.resonance", 0.0),
        ("pressure.cutoff_semitones", 24.0),
        ("timbre.cutoff_semitones", 24.0),
    ]);
    let level = |more: Vec<Event>| {
        let signal = left(9_600, &values, [vec![on(0, 1, 69)], more].concat());
        db(amplitude(&signal[4_800..], 440.0))
    };
    // Two octaves above: 1 / sqrt(1 + 1/256) is -0.017 dB.
    assert!((level(vec![]) + 3.0103).abs() < 0.03);
    for event in [
        control(64, ControllerTarget::Pressure, 127.0),
        express(64, 1, 69, ExpressionKind::Pressure, 1.0),
        express(64, 1, 69, ExpressionKind::Timbre, 1.0),
    ] {
        assert!((level(vec![event]) + 0.017).abs() < 0.01, "{event:?}");
    }
    let closed = level(vec![express(64, 1, 69, ExpressionKind::Timbre, 0.0)]);
    assert!((closed + 24.1).abs() < 0.1, "{closed}");
}

#[test]
fn the_wheel_brings_vibrato() {
    let values = plain(&[("wheel.vibrato_semitones", 1.0), ("vibrato_hz", 1.0)]);
    let signal = left(48_000, &values, vec![cc(0, 1, 127.0), on(0, 1, 84)]);
    // Around a quarter of its second the pitch is a semitone up, around three quarters one down.
    assert!(cents(frequency(&signal[11_500..12_500]), key_hz(85.0)).abs() < 3.0);
    assert!(cents(frequency(&signal[35_500..36_500]), key_hz(83.0)).abs() < 3.0);
}

#[test]
fn a_lifted_pedal_leaves_the_legato_note_whose_key_is_down() {
    let pedal = |at, value| control(at, ControllerTarget::Controller(64), value);
    let events =
        vec![pedal(0, 127.0), on(0, 1, 60), off(1_000, 1, 60), on(2_000, 2, 64), pedal(4_000, 0.0)];
    // The choice of legato.
    let signal = left(24_000, &plain(&[("mode", 2.0)]), events);
    assert!(signal[20_000..].iter().any(|x| x.abs() > 0.01));
}
