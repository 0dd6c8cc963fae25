//! Tests of the delay.

use super::*;
use crate::dsp::testing::{Output, Rig, TestRandom, assert_extremes, assert_invariant};
use crate::process::{ControlCurve, ControlPoint};
use crate::session::{TempoPoint, TempoShape};
use crate::time::Ticks;

fn rig(channels: usize, frames: usize) -> Rig {
    Rig::new(Arc::new(DelayFactory), channels, 0, frames)
}

/// The response of one instance to impulses of 1 and 1/2 at frame 10 of its channels.
fn response(channels: usize, frames: usize, values: &[(&str, f64)]) -> Output {
    let input = (0..channels).map(|channel| {
        let mut input = vec![0.0; frames];
        input[10] = if channel == 0 { 1.0 } else { 0.5 };
        input
    });
    let rig = rig(channels, frames).with_values(values).hearing(input.collect());
    assert_invariant(&rig)
}

/// Frames and values of what is not silent.
fn heard(channel: &[f32]) -> Vec<(usize, f32)> {
    channel.iter().copied().enumerate().filter(|(_, y)| y.abs() > 1e-6).collect()
}

#[test]
fn echoes_come_after_their_time_and_fall_by_the_feedback() {
    let values = [("time_ms", 10.0), ("feedback", 0.5), ("mix", 0.25)];
    let output = response(2, 2_000, &values);
    // 10 ms at 48 kHz are 480 frames.
    assert_eq!(
        heard(&output[0][0]),
        [(10, 0.75), (490, 0.25), (970, 0.125), (1_450, 0.0625), (1_930, 0.03125)]
    );
    assert_eq!(heard(&output[0][1])[..2], [(10, 0.375), (490, 0.125)]);
}

#[test]
fn ping_pong_goes_from_side_to_side() {
    let values = [("time_ms", 10.0), ("feedback", 0.5), ("mix", 1.0), ("ping_pong", 1.0)];
    let output = response(2, 2_000, &values);
    assert_eq!(heard(&output[0][0]), [(490, 0.75), (1_450, 0.1875)]);
    assert_eq!(heard(&output[0][1]), [(970, 0.375), (1_930, 0.093_75)]);
    let mono = response(1, 1_000, &values);
    assert_eq!(heard(&mono[0][0]), [(490, 1.0), (970, 0.5)]);
}

#[test]
fn a_synced_delay_follows_the_tempo() {
    for (bpm, wanted) in [(120.0, 6_000), (150.0, 4_800), (90.0, 8_000)] {
        let frames = 9_000;
        let mut input = vec![0.0; frames];
        input[5] = 1.0;
        let values = [("mode", 1.0), ("time_quarters", 0.25), ("feedback", 0.0), ("mix", 1.0)];
        let rig = rig(1, frames).with_values(&values).hearing(vec![input]);
        let tempo = vec![TempoPoint { at: Ticks(0), bpm, shape: TempoShape::Step }];
        let output = Rig { tempo, ..rig }.run_whole();
        let echoes = heard(&output[0][0]);
        assert_eq!(echoes.len(), 1, "{echoes:?}");
        assert_eq!(echoes[0].0, 5 + wanted);
        assert!((echoes[0].1 - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_tempo_ramp_moves_the_echo_to_where_the_tempo_at_its_time_says() {
    let frames = 20_000;
    let input: Vec<f32> = (0..20_000_u16).map(f32::from).collect();
    let values = [("mode", 1.0), ("time_quarters", 0.25), ("feedback", 0.0), ("mix", 1.0)];
    let rig = rig(1, frames).with_values(&values).hearing(vec![input]);
    let tempo = [(0, 100.0, TempoShape::Ramp), (15_360, 200.0, TempoShape::Step)];
    let tempo = tempo.map(|(at, bpm, shape)| TempoPoint { at: Ticks(at), bpm, shape }).to_vec();
    let map = TempoMap::new(&tempo, rig.rate).unwrap();
    let output = assert_invariant(&Rig { tempo, ..rig });
    // The input counts frames, so the output says from which frame it was read.
    for (n, y) in output[0][0].iter().zip(0_i64..).skip(8_000).map(|(y, n)| (n, y)) {
        let bpm = map.bpm_at(map.ticks_at(Samples(n)));
        let wanted = n as f64 - 0.25 * 60.0 * 48_000.0 / bpm;
        assert!((f64::from(*y) - wanted).abs() < 1.0, "{n}: {y} is not {wanted}");
    }
}

#[test]
fn a_step_of_the_mix_lands_on_its_sample() {
    let points = [(101, 0.0), (163, 1.0)];
    let points = points.map(|(at, value)| ControlPoint { at: Samples(at), value, bend: None });
    let mut constants = crate::dsp::testing::defaults(&DelayFactory);
    constants[TIME_MS] = 1_000.0;
    let curves = vec![(MIX, ControlCurve::new(points).unwrap())];
    let controls = ControlSet::new(constants, curves);
    let rig = rig(1, 400).with(controls).hearing(vec![vec![1.0; 400]]);
    let output = assert_invariant(&rig);
    for (frame, y) in output[0][0].iter().enumerate() {
        assert_eq!(*y, if frame < 163 { 1.0 } else { 0.0 }, "{frame}");
    }
}

#[test]
fn moving_and_filtered_echoes_have_the_same_bits_any_way() {
    for channels in [1, 2] {
        let mut rig = rig(channels, 4_000);
        for (seed, mode) in [(1, 0.0), (2, 1.0), (3, 0.0)] {
            let values = [
                ("mode", mode),
                ("low_cut_hz", 300.0),
                ("high_cut_hz", 3_000.0),
                ("ping_pong", mode),
            ];
            rig = rig.with_automation(&values, seed);
            // Times short enough to be heard within the frames.
            let short = [("time_ms", 7.3), ("feedback", 0.98), ("mix", 0.5), ("low_cut_hz", 50.0)];
            rig = rig.with_values(&short);
        }
        assert_invariant(&rig);
        assert_extremes(&rig);
    }
}

#[test]
fn the_tail_lasts_until_the_last_audible_repeat() {
    let rate = SampleRate::new(8_000).unwrap();
    let factory: &dyn ProcessorFactory = &DelayFactory;
    let values = crate::dsp::testing::values(factory, &[("time_ms", 5.0), ("feedback", 0.8)]);
    let tail = usize::try_from(factory.tail(&values, rate).0).unwrap();
    // 62 repeats of 40 frames, and the first echo's own 40.
    assert!((2_500..2_600).contains(&tail), "{tail}");
    let mut input = vec![0.0; 4_000];
    let mut random = TestRandom::new(1);
    input[..10].fill_with(|| random.sample());
    let rig = Rig { rate, ..rig(1, 4_000) }
        .with_values(&[("time_ms", 5.0), ("feedback", 0.8), ("mix", 1.0)])
        .hearing(vec![input]);
    let output = rig.run_whole();
    assert!(output[0][0][10 + tail..].iter().all(|y| y.abs() < 1e-6));
    assert!(output[0][0][tail - 80..].iter().any(|y| y.abs() > 3e-7));

    let synced = crate::dsp::testing::values(factory, &[("mode", 1.0), ("feedback", 0.0)]);
    let points = [(0, 120.0), (100, 60.0)];
    let points = points.map(|(at, bpm)| TempoPoint { at: Ticks(at), bpm, shape: TempoShape::Step });
    let map = TempoMap::new(&points, rate).unwrap();
    assert_eq!(factory.tail(&synced, rate), Samples(2_001));
    assert_eq!(factory.tail_at_tempo(&synced, &map), Samples(4_001));
}

#[test]
fn lines_are_as_long_as_the_slowest_tempo_asks_and_never_longer_than_the_limit() {
    let tempo = vec![TempoPoint { at: Ticks(0), bpm: 5.0, shape: TempoShape::Step }];
    let values = [("mode", 1.0), ("time_quarters", 16.0), ("mix", 1.0), ("feedback", 0.0)];
    let rate = SampleRate::new(8_000).unwrap();
    let frames = 48 * 8_000 + 20;
    let mut input = vec![0.0; frames];
    input[5] = 1.0;
    let rig = rig(1, frames).with_values(&values).hearing(vec![input]);
    let output = Rig { tempo, rate, ..rig }.run_whole();
    assert_eq!(heard(&output[0][0]), [(48 * 8_000 + 5, 1.0)]);
}
