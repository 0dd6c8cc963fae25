//! Tests of whole sounds: presets, and that nothing changes a bit.

use super::*;
use crate::dsp::testing::assert_invariant;
use crate::process::ParameterError;
use crate::session::{ParameterValue, TempoPoint, TempoShape};
use crate::time::Ticks;

/// Notes, controllers and expression at places that no grid knows.
fn melody() -> Vec<Event> {
    let mut events = Vec::new();
    for number in 0..24_u8 {
        let at = -400 + i64::from(number) * 113;
        let (note, key) = (number.into(), 36 + number * 7 % 40);
        events.push(on(at, note, key));
        events.push(off(at + 300 + i64::from(number) * 29, note, key));
        let kinds = [ExpressionKind::Tuning, ExpressionKind::Timbre, ExpressionKind::Pan];
        let value = f64::from(number) / 24.0;
        events.push(express(at + 77, note, key, kinds[usize::from(number) % 3], value));
        let number = [1, 10, 11, 64, 74, 7][usize::from(number) % 6];
        events.push(control(at + 41, ControllerTarget::Controller(number), 127.0 * value));
    }
    events.push(control(500, ControllerTarget::PitchBend, 0.7));
    events.push(control(777, ControllerTarget::Pressure, 90.0));
    events.push(control(2_100, ControllerTarget::Controller(120), 0.0));
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    events
}

#[test]
fn whatever_is_turned_on_no_cut_changes_a_bit() {
    let everything = [
        ("voices", 7.0),
        ("unison.count", 3.0),
        ("noise.level", 0.3),
        ("fm.amount", 2.0),
        ("fm.envelope", 0.5),
        ("oscillator2.level", 0.5),
        ("filter.slope_db_per_octave", 1.0),
        ("filter.resonance", 0.8),
        ("lfo1.mode", 1.0),
        ("lfo1.pitch_semitones", 1.0),
        ("lfo1.start", 1.0),
        ("lfo2.shape", 4.0),
        ("lfo2.rate_hz", 30.0),
        ("lfo2.cutoff_semitones", 20.0),
        ("lfo2.pan", 1.0),
        ("glide_ms", 30.0),
        ("amplitude.release_ms", 12.0),
    ];
    let tempo = [(0, 90.0, TempoShape::Ramp), (500, 200.0, TempoShape::Step)]
        .map(|(at, bpm, shape)| TempoPoint { at: Ticks(at), bpm, shape });
    for channels in [1, 2] {
        for mode in [0.0, 1.0, 2.0] {
            let values: Vec<(&str, f64)> = everything.into_iter().chain([("mode", mode)]).collect();
            let rig = Rig::new(Arc::new(SynthesiserFactory), channels, -333, 3_500);
            let rig = Rig { tempo: tempo.to_vec(), ..rig };
            let rig = rig.with_values(&values).playing(melody());
            let rig = rig.with_automation(&values, 3).playing(melody());
            assert_invariant(&rig);
        }
    }
}

#[test]
fn every_block_size_gives_the_same_bits() {
    let rig = rig(9_000, &[("noise.level", 0.1), ("lfo1.pan", 0.5)], melody());
    let whole = rig.run_whole();
    for size in [1, 2, 3, 63, 65, 128, 1_000, 4_096] {
        let got = rig.run(&crate::dsp::testing::fixed_blocks(9_000, size));
        crate::dsp::testing::assert_same_bits(&whole, &got, &format!("blocks of {size}"));
    }
}

#[test]
fn the_processor_rests_once_all_is_over() {
    let rig = rig(9_600, &PLAIN, vec![on(0, 1, 60), off(4_000, 1, 60)]);
    let mut processor = rig.prepare();
    assert!(processor.rests());
    rig.run_with(&mut *processor, 0, &[4_000]);
    assert!(!processor.rests());
    rig.run_with(&mut *processor, 4_000, &[5_000]);
    assert!(processor.rests());
}

/// What a chord sounds like.
struct Heard {
    peak: f64,
    rms: f64,
    /// The root of the mean square of the frequency, in Hz.
    mean_hz: f64,
}

/// A chord of four keys as loud as it goes, two seconds held and one after.
fn chord(preset: Option<&str>, lowest: u8) -> Heard {
    let values = SPEC.resolve(preset, []).unwrap();
    let mut events = Vec::new();
    for (note, interval) in [0, 4, 7, 12].into_iter().enumerate() {
        let (note, key) = (note as u64, lowest + interval);
        events.push(on(0, note, key));
        events.push(off(96_000, note, key));
    }
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    let rig = Rig::new(Arc::new(SynthesiserFactory), 2, 0, 144_000);
    let rig = rig.with(ControlSet::new(values, Vec::new())).playing(events);
    let output = rig.run_whole();
    let square = |x: f32| f64::from(x) * f64::from(x);
    let held = &output[0][0][..96_000];
    let power = held.iter().map(|x| square(*x)).sum::<f64>();
    let slopes = held.windows(2).map(|w| square(w[1] - w[0])).sum::<f64>();
    Heard {
        peak: output[0].iter().flatten().fold(0.0, |peak: f64, y| peak.max(y.abs().into())),
        rms: (power / 96_000.0).sqrt(),
        mean_hz: (slopes / power).sqrt() * RATE_HZ / TAU,
    }
}

#[test]
fn chords_of_every_preset_are_heard_and_do_not_clip() {
    let mut bad = Vec::new();
    for preset in SPEC.presets.iter().map(|preset| Some(preset.name)).chain([None]) {
        for lowest in [36, 60, 72] {
            let Heard { peak, rms, mean_hz } = chord(preset, lowest);
            let (peak_db, rms_db) = (db(peak), db(rms));
            println!("{preset:?} {lowest}: {peak_db:.1} dB, {rms_db:.1} dB rms, {mean_hz:.0} Hz");
            if peak >= 1.0 || rms_db < -35.0 {
                bad.push((preset, lowest));
            }
        }
    }
    assert_eq!(bad, []);
    assert!(SPEC.presets.len() >= 12);
}

#[test]
fn presets_are_as_dark_and_as_bright_as_they_are_called() {
    let mean_hz = |preset, lowest| chord(Some(preset), lowest).mean_hz;
    // The highest key is 130.8 Hz, or 523.3.
    assert!(mean_hz("sub-bass", 36) < 200.0);
    assert!(mean_hz("bass", 36) < 600.0);
    assert!(mean_hz("warm-pad", 60) < 1_200.0);
    assert!(mean_hz("saw-lead", 60) > 2.0 * mean_hz("soft-lead", 60));
    assert!(mean_hz("bell", 60) > 1_000.0);
}

#[test]
fn a_preset_gives_the_defaults_and_own_parameters_win() {
    let index = |id: &str| SPEC.parameter_index(id).unwrap();
    let defaults = SPEC.resolve(None, []).unwrap();
    let bell = SPEC.resolve(Some("bell"), []).unwrap();
    assert_eq!(bell[index("fm.amount")], 4.0);
    assert_eq!(bell[index("voices")], defaults[index("voices")]);
    let own = [("fm.amount".to_owned(), ParameterValue::Number(1.5))];
    let mixed = SPEC.resolve(Some("bell"), own.iter().map(|(id, value)| (id, value))).unwrap();
    assert_eq!(mixed[index("fm.amount")], 1.5);
    assert_eq!(mixed[index("filter.type")], bell[index("filter.type")]);
    let error = SPEC.resolve(Some("belle"), []).unwrap_err();
    assert!(matches!(error, ParameterError::UnknownPreset { .. }));
    let text = error.to_string();
    assert!(text.starts_with("synthesiser has no preset 'belle': choose one of bass, "), "{text}");
}
