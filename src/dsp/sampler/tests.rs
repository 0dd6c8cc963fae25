//! Tests of the sampler against closed forms.

mod choice;
mod filters;

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::audio::{AudioLibrary, MemorySource};
use crate::dsp::testing::{Rig, assert_invariant, fixed_blocks};
use crate::math::{TAU, cos, exp, log2, sin};
use crate::process::{Event, EventKind, LaneBlock};
use crate::sampler::testing::{BUSY, busy, mono, sampled};
use crate::session::{ControllerTarget, ExpressionKind};

fn on(at: i64, note: u64, key: u8, velocity: f64) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOn { note, channel: 0, key, velocity } }
}

fn off(at: i64, note: u64, key: u8) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOff { note, channel: 0, key, velocity: 0.5 } }
}

fn control(at: i64, target: ControllerTarget, value: f64) -> Event {
    Event { at: Samples(at), kind: EventKind::Controller { channel: 0, target, value } }
}

fn cc(at: i64, number: u8, value: f64) -> Event {
    control(at, ControllerTarget::Controller(number), value)
}

fn express(at: i64, note: u64, kind: ExpressionKind, value: f64) -> Event {
    Event {
        at: Samples(at),
        kind: EventKind::Expression { note, channel: 0, key: 60, kind, value },
    }
}

/// A stereo instance that plays `events` on the instrument of `text`.
fn rig(text: &str, samples: &[(&str, MemorySource)], frames: usize, events: Vec<Event>) -> Rig {
    with(text, samples, &[], frames, events)
}

fn with(
    text: &str,
    samples: &[(&str, MemorySource)],
    values: &[(&str, f64)],
    frames: usize,
    mut events: Vec<Event>,
) -> Rig {
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    let factory = Arc::new(SamplerFactory::of(sampled(text, samples)));
    Rig::new(factory, 2, 0, frames).with_values(values).playing(events)
}

/// The left channel of what is played in one block.
fn left(
    text: &str,
    samples: &[(&str, MemorySource)],
    frames: usize,
    events: Vec<Event>,
) -> Vec<f32> {
    rig(text, samples, frames, events).run_whole()[0][0].clone()
}

/// Noise without a law.
fn rough(frames: usize) -> Vec<f32> {
    crate::dsp::testing::noise(3, frames).into_iter().map(|x| x * 0.5 + 0.01).collect()
}

fn ones(frames: usize) -> Vec<f32> {
    vec![1.0; frames]
}

#[allow(clippy::cast_possible_truncation)]
fn sine(frequency: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|n| sin(TAU * frequency * n as f64) as f32).collect()
}

/// How far the pitch of `samples` is from a frequency, in cents: by the phase that moves on between
/// their two halves.
fn cents_off(samples: &[f32], cycles_a_frame: f64) -> f64 {
    let half = samples.len() / 2;
    let phase = |part: &[f32]| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, x) in part.iter().enumerate() {
            let window = 1.0 - cos(TAU * (n as f64 + 0.5) / part.len() as f64);
            let angle = TAU * cycles_a_frame * n as f64;
            re += f64::from(*x) * window * cos(angle);
            im -= f64::from(*x) * window * sin(angle);
        }
        #[allow(clippy::disallowed_methods, reason = "a measurement")]
        let phase = im.atan2(re) / TAU;
        phase
    };
    let moved = phase(&samples[half..]) - phase(&samples[..half]) - cycles_a_frame * half as f64;
    let moved = moved - moved.round();
    1_200.0 * log2(1.0 + moved / (half as f64 * cycles_a_frame))
}

#[test]
fn an_impulse_comes_out_at_its_frame_for_every_offset_and_block() {
    let samples = [mono("a.wav", &[0.0, 0.75, 0.0])];
    let text = "<region> sample=a.wav loop_mode=one_shot";
    for at in 0..130_u8 {
        let rig = rig(text, &samples, 200, vec![on(at.into(), 1, 60, 1.0)]);
        for size in [1, 3, 63, 64, 65, 200] {
            let output = rig.run(&fixed_blocks(200, size));
            for (frame, got) in output[0][0].iter().enumerate() {
                let wanted = if frame == usize::from(at) + 1 { 0.75 } else { 0.0 };
                assert_eq!(*got, wanted, "frame {frame} of a note at {at} in blocks of {size}");
            }
        }
    }
    let rig = rig(text, &samples, 9_000, vec![on(4_097, 1, 60, 1.0)]);
    for size in [1_024, 4_096, 5_000] {
        let output = rig.run(&fixed_blocks(9_000, size));
        let heard = output[0][0].iter().position(|x| *x != 0.0);
        assert_eq!((heard, output[0][0][4_098]), (Some(4_098), 0.75), "{size}");
    }
}

#[test]
fn at_its_own_pitch_and_rate_a_sample_is_itself_bit_for_bit() {
    let frames = rough(3_000);
    let rate = SampleRate::new(48_000).unwrap();
    let stereo = ("s.wav", MemorySource::new(&frames, 2, rate));
    let text = "<region> sample=s.wav";
    let output = rig(text, &[stereo], 1_600, vec![on(77, 1, 60, 1.0)]).run_whole();
    for (channel, got) in output[0].iter().enumerate() {
        let wanted = frames.iter().skip(channel).step_by(2);
        for (n, (got, wanted)) in got[77..77 + 1_500].iter().zip(wanted).enumerate() {
            assert_eq!(got.to_bits(), wanted.to_bits(), "channel {channel}, frame {n}");
        }
        assert!(got[..77].iter().chain(&got[1_577..]).all(|x| *x == 0.0));
    }
    // On both sides, from an offset to an end, at any gain; tuned and bent back to where it was.
    let text = "<region> sample=a.wav key=50 offset=100 end=199 volume=-6.5 tune=-200";
    let bent = vec![control(0, ControllerTarget::PitchBend, 1.0), on(0, 1, 50, 1.0)];
    let output = rig(text, &[mono("a.wav", &frames)], 300, bent).run_whole();
    #[allow(clippy::cast_possible_truncation)]
    let gain = crate::math::db_to_gain(-6.5) as f32;
    for channel in &output[0] {
        for (got, wanted) in channel.iter().zip(&frames[100..200]) {
            assert_eq!(*got, wanted * gain);
        }
        assert!(channel[100..].iter().all(|x| *x == 0.0));
    }
}

#[test]
fn pitches_are_those_of_keys_tunings_wheels_and_rates() {
    let frequency = 441.0 / 48_000.0;
    let own = sine(frequency, 60_000);
    let slow = MemorySource::new(&own, 1, SampleRate::new(24_000).unwrap());
    let samples = [mono("a.wav", &own), ("slow.wav", slow)];
    let bend = |range: Option<f64>, value: f64| {
        let range = range.map(|range| control(0, ControllerTarget::Registered(0), range * 128.0));
        let mut events = vec![control(0, ControllerTarget::PitchBend, value)];
        events.extend(range);
        events
    };
    let tuned = vec![express(0, 1, ExpressionKind::Tuning, -3.5)];
    for (opcodes, key, events, semitones) in [
        ("", 60, vec![], 0.0),
        ("", 72, vec![], 12.0),
        ("", 53, vec![], -7.0),
        ("pitch_keycenter=65 tune=30 transpose=-2", 64, vec![], -2.7),
        ("pitch_keytrack=50", 66, vec![], 3.0),
        ("pitch_keytrack=0", 90, vec![], 0.0),
        ("", 60, bend(None, 1.0), 2.0),
        ("", 60, bend(None, -0.5), -1.0),
        ("bend_up=1200 bend_down=-700", 60, bend(None, -1.0), -7.0),
        ("bend_up=1200 bend_down=-700", 60, bend(Some(5.0), 1.0), 5.0),
        ("", 60, tuned, -3.5),
        ("sample=slow.wav", 72, vec![], 0.0),
    ] {
        let text = format!("<region> loop_mode=one_shot sample=a.wav {opcodes}");
        let mut events = events;
        events.push(on(0, 1, key, 1.0));
        let got = left(&text, &samples, 20_000, events);
        let off = cents_off(&got[..20_000], frequency * crate::math::exp2(semitones / 12.0));
        assert!(off.abs() < 0.05, "{opcodes} at {key}: {off} cents off {semitones} semitones");
    }
}

/// Whole cycles that loop: nothing but the sine is there, whatever the pitch. The last loop is
/// shorter than what a frame is read from.
#[test]
fn loops_are_seamless() {
    for (mode, last, frequency, limit) in [
        ("loop_continuous", 399, 0.01, 2e-4),
        ("loop_sustain", 199, 0.01, 2e-4),
        ("loop_sustain", 109, 0.1, 1e-3),
    ] {
        let samples = [mono("a.wav", &sine(frequency, 500))];
        let text = format!("<region> sample=a.wav loop_mode={mode} loop_start=100 loop_end={last}");
        for key in [60, 72, 55, 67] {
            let got = left(&text, &samples, 20_000, vec![on(0, 1, key, 1.0)]);
            let ratio = crate::math::exp2((f64::from(key) - 60.0) / 12.0);
            let step = (ratio * 4_294_967_296.0).round() / 4_294_967_296.0;
            for (n, x) in got.iter().enumerate().skip(100) {
                let wanted = sin(TAU * frequency * step * n as f64);
                let error = (f64::from(*x) - wanted).abs();
                assert!(error < limit, "{mode} at {key}, frame {n}: {error}");
            }
        }
    }
    // A loop shorter than the interpolation: the mean of what goes round.
    let samples = [mono("a.wav", &[&[0.25; 50][..], &[1.0, 0.0, 1.0, 0.0]].concat())];
    let text = "<region> sample=a.wav loop_mode=loop_continuous loop_start=50";
    let got = left(text, &samples, 3_000, vec![on(0, 1, 84, 1.0)]);
    let mean = got[1_000..].iter().sum::<f32>() / 2_000.0;
    assert!((mean - 0.5).abs() < 0.02, "{mean}");
}

/// What a bend makes too high for the output is kept out, and comes back with the wheel.
#[test]
fn the_band_follows_the_wheel() {
    let samples = [mono("a.wav", &sine(0.4, 40_000))];
    let text = "<region> sample=a.wav loop_mode=one_shot bend_up=1200";
    let bend = |at, value| control(at, ControllerTarget::PitchBend, value);
    let events = vec![on(0, 1, 60, 1.0), bend(2_000, 1.0), bend(6_000, 0.0)];
    let got = left(text, &samples, 9_000, events);
    let peak = |frames: &[f32]| frames.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    assert!(peak(&got[1_000..1_900]) > 0.9);
    assert!(peak(&got[3_000..5_000]) < 0.35, "{}", peak(&got[3_000..5_000]));
    assert!(peak(&got[7_000..9_000]) > 0.9);
}

#[test]
fn loops_go_on_as_their_mode_says() {
    let ramp: Vec<f32> = (0..200_u8).map(|n| f32::from(n) / 256.0).collect();
    let samples = [mono("a.wav", &ramp)];
    let at = |mode: &str, frame: usize| {
        let text = format!(
            "<region> sample=a.wav loop_mode={mode} loop_start=50 loop_end=99 ampeg_release=100"
        );
        let events = vec![on(0, 1, 60, 1.0), off(320, 1, 60)];
        left(&text, &samples, 900, events)[frame] * 256.0
    };
    // The loop of 50 frames has come round five times when the key is let go at its frame 70.
    assert_eq!(at("loop_continuous", 319), 69.0);
    assert_eq!(at("loop_sustain", 319), 69.0);
    assert!((at("loop_continuous", 351) - 51.0).abs() < 0.1);
    assert!((at("loop_sustain", 351) - 101.0).abs() < 0.1);
    assert!((at("loop_sustain", 449) - 199.0).abs() < 0.2);
    assert_eq!(at("loop_sustain", 450), 0.0);
    assert!(at("loop_continuous", 899) > 40.0);
    assert_eq!(at("no_loop", 199), 199.0);
    assert_eq!(at("no_loop", 200), 0.0);
}

#[test]
fn one_shots_ring_out_and_others_end_with_their_note() {
    let samples = [mono("a.wav", &ones(5_000))];
    let length = |opcodes: &str| {
        let text = format!("<region> sample=a.wav {opcodes}");
        let got = left(&text, &samples, 6_000, vec![on(10, 1, 60, 1.0), off(1_010, 1, 60)]);
        got.iter().filter(|x| **x != 0.0).count()
    };
    assert_eq!(length("loop_mode=one_shot"), 5_000);
    // 1 ms of release unless the text says another.
    assert_eq!(length(""), 1_048);
    assert_eq!(length("ampeg_release=0"), 1_000);
    assert_eq!(length("ampeg_release=0.05"), 1_000 + 2_400);
    assert_eq!(length("delay=0.01"), 1_048 - 480);
    // What has not started by the end of its note does not.
    assert_eq!(length("delay=0.03"), 0);
    assert_eq!(length("delay=0.03 loop_mode=one_shot"), 5_000 - 450);
}

/// Delay 10 ms, attack 20 ms, hold 10 ms, decay 100 ms down to 50 %, release 50 ms.
#[test]
fn envelopes_go_through_their_stages_at_their_samples() {
    let samples = [mono("a.wav", &ones(30_000))];
    let text = "<region> sample=a.wav ampeg_delay=0.01 ampeg_attack=0.02 ampeg_hold=0.01 \
        ampeg_decay=0.1 ampeg_sustain=50 ampeg_release=0.05";
    let got = left(text, &samples, 20_000, vec![on(100, 1, 60, 1.0), off(12_100, 1, 60)]);
    let level = |frame: usize| f64::from(got[100 + frame]);
    let near = |frame: usize, wanted: f64| {
        let got = level(frame);
        assert!((got - wanted).abs() < 1e-5, "frame {frame}: {got} is not {wanted}");
    };
    assert_eq!((level(0), level(480)), (0.0, 0.0));
    near(481, 1.0 / 960.0);
    near(480 + 480, 0.5);
    near(480 + 959, 959.0 / 960.0);
    assert_eq!(level(480 + 960), 1.0);
    assert_eq!(level(480 + 960 + 480), 1.0);
    let decay = 480 + 960 + 480;
    near(decay + 1, exp(-8.0 / 4_800.0));
    near(decay + 240, exp(-8.0 * 240.0 / 4_800.0));
    // ln 2 / 8 of the decay is 415.9 frames.
    assert!(level(decay + 415) > 0.5 && level(decay + 416) == 0.5);
    assert_eq!(level(11_999), 0.5);
    assert_eq!(level(12_000), 0.5);
    near(12_000 + 1_200, 0.5 * exp(-4.0));
    assert!(level(12_000 + 2_399) > 0.0);
    assert_eq!(level(12_000 + 2_400), 0.0);
    // Without a sustain it ends with its decay.
    let text = "<region> sample=a.wav ampeg_decay=0.1 ampeg_sustain=0";
    let rig = rig(text, &samples, 6_000, vec![on(0, 1, 60, 1.0)]);
    let got = rig.run_whole()[0][0].clone();
    assert!(got[4_799] > 0.0 && got[4_800] == 0.0);
    let mut processor = rig.prepare();
    rig.run_with(&mut *processor, 0, &[4_799]);
    assert!(!processor.rests());
    rig.run_with(&mut *processor, 4_799, &[1]);
    assert!(processor.rests());
}

#[test]
fn keys_velocities_and_channels_choose_their_regions() {
    let text = "<global> sample=a.wav amp_veltrack=0 loop_mode=one_shot pitch_keytrack=0\n\
        <region> hikey=50 amplitude=1 <region> lokey=51 hivel=63 amplitude=2\n\
        <region> lokey=51 lovel=64 hivel=126 amplitude=4 <region> lovel=127 hivel=127 amplitude=8\n\
        <region> lochan=3 hichan=4 amplitude=16 <group> sample=*silence <region>";
    let samples = [mono("a.wav", &ones(100))];
    let heard = |key: u8, velocity: f64, channel: u8| {
        let kind = EventKind::NoteOn { note: 1, channel, key, velocity: velocity / 127.0 };
        let event = Event { at: Samples(0), kind };
        (left(text, &samples, 10, vec![event])[5] * 100.0).round()
    };
    assert_eq!(heard(50, 100.0, 0), 1.0);
    assert_eq!(heard(51, 63.0, 0), 2.0);
    assert_eq!(heard(51, 63.4, 0), 2.0);
    assert_eq!(heard(51, 63.6, 0), 4.0);
    assert_eq!(heard(127, 0.2, 0), 2.0);
    assert_eq!(heard(127, 127.0, 0), 8.0);
    assert_eq!(heard(0, 127.0, 0), 9.0);
    assert_eq!(heard(0, 127.0, 2), 25.0);
    assert_eq!(heard(0, 127.0, 4), 9.0);
}

#[test]
fn levels_are_those_of_velocity_opcodes_and_controllers() {
    let samples = [mono("a.wav", &ones(1_000))];
    let square = |value: f64| (value / 127.0) * (value / 127.0);
    let v = square(64.0);
    let volume = |value| vec![express(0, 1, ExpressionKind::Volume, value)];
    let pan = |value| vec![express(0, 1, ExpressionKind::Pan, value)];
    for (opcodes, events, wanted) in [
        ("", vec![], [v, v]),
        ("amp_veltrack=50", vec![], [0.5 + 0.5 * v; 2]),
        ("amp_veltrack=0", vec![], [1.0, 1.0]),
        ("amp_veltrack=-100", vec![], [1.0 - v; 2]),
        ("amp_veltrack=0 volume=-20 amplitude=50", vec![], [0.05, 0.05]),
        ("amp_veltrack=0 pan=-100", vec![], [1.0, 0.0]),
        ("amp_veltrack=0 pan=25", vec![], [0.75, 1.0]),
        ("amp_veltrack=0", vec![cc(0, 7, 100.0), cc(0, 11, 64.0)], [square(100.0) * v; 2]),
        ("amp_veltrack=0", vec![cc(0, 10, 0.0)], [1.0, 0.0]),
        ("amp_veltrack=0", vec![cc(0, 10, 127.0)], [0.0, 1.0]),
        ("amp_veltrack=0", vec![cc(0, 11, 9.0), cc(0, 121, 0.0)], [1.0, 1.0]),
        ("amp_veltrack=0", volume(0.25), [0.25, 0.25]),
        ("amp_veltrack=0", pan(0.5), [0.5, 1.0]),
    ] {
        let mut events = events;
        events.push(on(0, 1, 60, 64.0 / 127.0));
        let text = format!("<region> sample=a.wav {opcodes}");
        let output = rig(&text, &samples, 100, events).run_whole();
        for (channel, wanted) in output[0].iter().zip(wanted) {
            for frame in [0, 63, 99] {
                let got = f64::from(channel[frame]);
                assert!((got - wanted).abs() < 1e-6, "{opcodes}: {got} is not {wanted}");
            }
        }
    }
}

/// A controller is heard from the next multiple of 64 frames on, in a line of 64 frames.
#[test]
fn gains_move_in_lines_between_points_of_the_grid() {
    let samples = [mono("a.wav", &ones(1_000))];
    let events = vec![on(0, 1, 60, 1.0), cc(70, 11, 0.0)];
    let got = left("<region> sample=a.wav", &samples, 400, events);
    assert!(got[..=128].iter().all(|x| *x == 1.0));
    assert_eq!((got[160], got[191], got[192], got[399]), (0.5, 1.0 / 64.0, 0.0, 0.0));
}

#[test]
fn the_pedal_holds_and_mode_messages_end() {
    let samples = [mono("a.wav", &ones(9_000))];
    let length = |events: Vec<Event>| {
        let got = left("<region> sample=a.wav ampeg_release=0", &samples, 9_000, events);
        got.iter().filter(|x| **x > 0.0).count()
    };
    let note = || vec![on(0, 1, 60, 1.0), off(1_000, 1, 60)];
    let and = |events: Vec<Event>| [note(), events].concat();
    assert_eq!(length(note()), 1_000);
    assert_eq!(length(and(vec![cc(5, 64, 64.0), cc(3_000, 64, 63.0)])), 3_000);
    assert_eq!(length(and(vec![cc(5, 64, 127.0), cc(3_000, 121, 0.0)])), 3_000);
    assert_eq!(length(and(vec![cc(500, 123, 0.0)])), 500);
    assert_eq!(length(and(vec![cc(500, 120, 0.0)])), 500 + 288);
    // Expression of a note that sounds, heard from the next point of the grid.
    let events = and(vec![express(100, 1, ExpressionKind::Volume, 0.0)]);
    assert_eq!(length(events), 192);
}

/// The voice that gives way fades for 6 ms; nothing of the new one is missing.
#[test]
fn the_voice_that_gives_way_is_the_first_released_one_and_else_the_first() {
    let samples = [mono("a.wav", &ones(9_000))];
    let text = "<group> sample=a.wav amp_veltrack=0 ampeg_release=100\n\
        <region> key=60 amplitude=1 <region> key=61 amplitude=2 <region> key=62 amplitude=4\n\
        <region> key=63 amplitude=8";
    let heard = |voices: f64, events: Vec<Event>| {
        let got = with(text, &samples, &[("voices", voices)], 3_000, events).run_whole();
        [1_999, 2_144, 2_400].map(|frame: usize| (got[0][0][frame] * 100.0 * 8.0).round() / 8.0)
    };
    let start = || vec![on(0, 1, 60, 1.0), on(10, 2, 61, 1.0), on(20, 3, 62, 1.0)];
    let with_fourth = |events: Vec<Event>| [start(), events, vec![on(2_000, 4, 63, 1.0)]].concat();
    assert_eq!(heard(4.0, with_fourth(vec![])), [7.0, 15.0, 15.0]);
    assert_eq!(heard(3.0, with_fourth(vec![])), [7.0, 14.5, 14.0]);
    assert_eq!(heard(3.0, with_fourth(vec![off(1_990, 2, 61)])), [7.0, 14.0, 13.0]);
    assert_eq!(heard(1.0, with_fourth(vec![])), [4.0, 10.0, 8.0]);
    // A note of more regions than may sound plays as many as may.
    let text = format!("<group> sample=a.wav amplitude=1 {}", "<region> key=60 ".repeat(300));
    let events = vec![on(0, 1, 60, 1.0), on(1_000, 2, 60, 1.0), on(1_010, 3, 60, 1.0)];
    let got = with(&text, &samples, &[("voices", 128.0)], 2_000, events).run_whole();
    for frame in [500, 999, 1_999] {
        assert!((got[0][0][frame] - 1.28).abs() < 1e-4, "{frame}: {}", got[0][0][frame]);
    }
    // The new ones, and at most 32 that fade.
    assert!(got[0][0][1_015] < 1.28 + 0.321 && got[0][0][1_015] > 1.5);
}

/// Runs an instance with the further outputs given; by output, main first, left and right.
fn outputs_of(rig: &Rig, routed: &[usize], blocks: &[usize]) -> Vec<[Vec<f32>; 2]> {
    let mut processor = rig.prepare();
    let mut all = vec![[Vec::new(), Vec::new()]; OUTPUTS];
    let mut at = 0_i64;
    for frames in blocks {
        let mut memory = vec![vec![0.0; 2 * frames]; OUTPUTS];
        let (main, further) = memory.split_first_mut().unwrap();
        let mut outputs: Vec<Option<LaneBlock<'_>>> = (1..)
            .zip(further)
            .map(|(output, samples)| routed.contains(&output).then(|| LaneBlock::new(samples, 2)))
            .collect();
        let end = at + i64::try_from(*frames).unwrap();
        let within = |event: &&Event| (at..end).contains(&event.at.0);
        let events: Vec<Event> = rig.instances[0].events.iter().filter(within).copied().collect();
        let mut context = ProcessContext {
            time: at,
            audio: LaneBlock::new(main, 2),
            sidechains: &[],
            outputs: &mut outputs,
            events: &[&events],
            event_outputs: &mut [],
            level: rig.level,
        };
        processor.process(&mut context).unwrap();
        for (all, samples) in all.iter_mut().zip(&memory) {
            for (channel, all) in all.iter_mut().enumerate() {
                all.extend(samples.iter().skip(channel).step_by(2));
            }
        }
        at = end;
    }
    all
}

#[test]
fn outputs_hear_their_regions_and_change_nothing_about_each_other() {
    let rough = rough(400);
    let samples = [mono("a.wav", &rough), mono("b.wav", &ones(300)), mono("c.wav", &ones(50))];
    let text = "<group> loop_mode=one_shot <region> key=36 sample=a.wav\n\
        <region> key=38 sample=b.wav output=1 pan=-100 <region> key=40 sample=c.wav output=15";
    let events = vec![on(3, 1, 36, 1.0), on(100, 2, 38, 1.0), on(70, 3, 40, 0.5)];
    let rig = rig(text, &samples, 600, events);
    let blocks = [600];
    let all = outputs_of(&rig, &[1, 2, 15], &blocks);
    assert_eq!(all[0][0][3..403], rough[..]);
    assert_eq!(all[1][0].iter().filter(|x| **x == 1.0).count(), 300);
    assert!(all[1][1].iter().all(|x| *x == 0.0));
    assert_eq!(all[15][0].iter().filter(|x| **x > 0.2).count(), 50);
    assert!(all[2].iter().flatten().all(|x| *x == 0.0));
    // What is routed, and how blocks fall, changes nothing.
    assert_eq!(outputs_of(&rig, &[1, 2, 15], &fixed_blocks(600, 37)), all);
    assert_eq!(outputs_of(&rig, &[], &blocks)[0], all[0]);
    assert_eq!(outputs_of(&rig, &[15], &fixed_blocks(600, 1))[15], all[15]);
    // Folded, the main output hears all.
    let folded =
        with(text, &samples, &[("output_mode", 1.0)], 600, rig.instances[0].events.clone());
    let main = &outputs_of(&folded, &[1, 15], &blocks);
    for (frame, got) in main[0][0].iter().enumerate() {
        let wanted = all[0][0][frame] + all[1][0][frame] + all[15][0][frame];
        assert!((got - wanted).abs() < 1e-6, "{frame}");
    }
    assert!(main[1].iter().chain(&main[15]).flatten().all(|x| *x == 0.0));
}

#[test]
fn tails_last_as_long_as_releases_and_what_rings_out() {
    let samples = [mono("a.wav", &ones(48_000))];
    let tail = |text: &str| {
        let factory = SamplerFactory::of(sampled(text, &samples));
        factory.tail(&[], SampleRate::new(48_000).unwrap()).0 - 2
    };
    assert_eq!(tail("<region> sample=a.wav ampeg_release=0.5"), 24_000);
    // An octave and the wheel's two semitones below its key, but for ten frames.
    let text = "<region> sample=a.wav loop_mode=one_shot lokey=48 bend_down=-1200 offset=10";
    assert_eq!(tail(text), 4 * 47_990);
    assert_eq!(tail("<region> sample=a.wav trigger=release pitch_keytrack=0 bend_down=0"), 48_000);
    assert_eq!(tail("<region> sample=a.wav loop_mode=one_shot tune=-9600"), 3_600 * 48_000);
    // What gives way to the last note.
    assert_eq!(tail("<region> sample=a.wav"), 288);
}

/// The last of what sounds after the notes is heard, whatever makes it long.
#[test]
fn tails_hold_what_events_make_of_regions() {
    let samples = [mono("a.wav", &ones(4_000))];
    let wheel = |value| control(0, ControllerTarget::PitchBend, value);
    let range = |semitones: f64| control(0, ControllerTarget::Registered(0), semitones * 128.0);
    let tuned = |value| express(0, 1, ExpressionKind::Tuning, value);
    let one_shot = "loop_mode=one_shot";
    let base = || vec![on(0, 1, 60, 1.0), off(100, 1, 60)];
    for (opcodes, events, longest) in [
        (one_shot, vec![], 4_000),
        (one_shot, vec![wheel(-1.0)], 4_490),
        (one_shot, vec![range(24.0), wheel(-1.0)], 16_000),
        (one_shot, vec![wheel(-1.0), range(24.0)], 16_000),
        (one_shot, vec![range(24.0)], 4_000),
        (one_shot, vec![tuned(-24.0)], 16_000),
        ("loop_mode=one_shot bend_up=-1200", vec![wheel(1.0)], 8_000),
        ("loop_mode=one_shot delay=0.1", vec![], 8_800),
        ("", vec![], 288),
        ("", vec![cc(0, 64, 127.0)], 4_000),
        ("", vec![cc(0, 64, 127.0), cc(200, 64, 0.0)], 288),
        ("off_by=1 off_mode=time off_time=0.01", vec![on(90, 2, 61, 1.0)], 480),
    ] {
        let text = format!(
            "<region> key=60 sample=a.wav {opcodes} <region> key=61 sample=*silence group=1"
        );
        let events = [base(), events].concat();
        let factory = SamplerFactory::of(sampled(&text, &samples));
        let tempo = crate::time::TempoMap::new(&[], SampleRate::new(48_000).unwrap()).unwrap();
        let tail = usize::try_from(factory.tail_after(&[], &tempo, &events).0).unwrap();
        assert!(tail.abs_diff(longest) <= 3, "{opcodes}: {tail} is not {longest}");
        let got = left(&text, &samples, 20_000, events);
        let last = got.iter().rposition(|x| x.abs() > 1e-6).unwrap();
        assert!(last < 100 + tail, "{opcodes}: {last} is heard after {tail}");
    }
    // What loops under a pedal that never comes up has no end.
    let text = "<region> sample=a.wav loop_mode=loop_continuous";
    let factory = SamplerFactory::of(sampled(text, &samples));
    let tempo = crate::time::TempoMap::new(&[], SampleRate::new(48_000).unwrap()).unwrap();
    let tail = factory.tail_after(&[], &tempo, &[cc(0, 64, 127.0)]).0;
    assert_eq!(tail, 3_600 * 48_000 + 2);
}

fn factory_of(library: &dyn AudioLibrary) -> Arc<dyn ProcessorFactory> {
    SamplerFactory::default().playing("kit/kit.sfz", library).unwrap().unwrap()
}

/// Notes all over the keys, pedals, wheels and expression, from before the timeline on.
fn busy_events() -> Vec<Event> {
    let mut events = Vec::new();
    for n in 0..60_u8 {
        let at = -300 + i64::from(n) * 67;
        let (note, key) = (u64::from(n), 30 + n % 14 * 5);
        events.push(on(at, note, key, f64::from(n % 9 + 1) / 9.0));
        events.push(off(at + 200 + i64::from(n) * 31, note, key));
        events.push(express(at + 50, note, ExpressionKind::Tuning, f64::from(n % 5) - 2.0));
        events.push(cc(at + 11, [64, 7, 10, 11][usize::from(n % 4)], f64::from(n) * 2.0));
        events.push(control(at + 5, ControllerTarget::PitchBend, f64::from(n) / 40.0 - 0.7));
    }
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    events
}

#[test]
fn no_cut_changes_a_bit() {
    let factory = factory_of(&busy());
    let mut rig = Rig::new(factory, 2, -333, 4_500).with_values(&[("voices", 9.0)]);
    rig = rig.playing(busy_events()).with_automation(&[("output_mode", 1.0)], 9);
    rig = rig.playing(busy_events());
    let output = assert_invariant(&rig);
    assert!(output.iter().flatten().all(|channel| channel.iter().any(|x| x.abs() > 1e-3)));
    let size = fixed_blocks(4_500, 4_096);
    assert_eq!(rig.run(&size), output);
    assert_eq!(rig.run(&fixed_blocks(4_500, 1)), output);
}

#[test]
fn a_factory_without_a_file_says_so_and_files_that_differ_do_not_run_together() {
    let factory = factory_of(&busy());
    let rig = Rig::new(factory.clone(), 2, 0, 100).with_values(&[]);
    let setup = InstanceSetup {
        node: "tracks/a/inserts/b".to_owned(),
        controls: rig.instances[0].controls.clone(),
        seed: 0,
        sidechained: false,
    };
    let tempo = Arc::new(crate::time::TempoMap::new(&[], rig.rate).unwrap());
    let prepare =
        Prepare { rate: rig.rate, max_frames: 64, channels: 2, tempo: &tempo, instances: &[setup] };
    let error = SamplerFactory::default().prepare(&prepare).err().unwrap();
    assert!(error.to_string().contains("tracks/a/inserts/b: a sampler plays from a file"));
    let other = SamplerFactory::of(sampled("<region> sample=a", &[mono("a", &ones(3))]));
    let controls = &rig.instances[0].controls;
    assert_ne!(factory.file_identity(), other.file_identity());
    assert_ne!(factory.structure(controls), other.structure(controls));
}

proptest! {
    /// The rig refuses what is not finite.
    #[test]
    fn whatever_can_be_read_can_be_played_and_restored(
        changes in prop::collection::vec((any::<prop::sample::Index>(), b'0'..=b'9'), 1..8),
    ) {
        let mut text = BUSY.as_bytes().to_vec();
        let digits: Vec<usize> =
            (0..text.len()).filter(|at| text[*at].is_ascii_digit()).collect();
        for (at, byte) in changes {
            text[digits[at.index(digits.len())]] = byte;
        }
        let mut library = busy();
        library.insert_sfz("kit/kit.sfz", String::from_utf8(text).unwrap());
        if library.sampled_instrument("kit/kit.sfz").is_ok() {
            let rig = Rig::new(factory_of(&library), 2, -333, 1_500).with_values(&[]);
            let rig = rig.playing(busy_events());
            prop_assert_eq!(rig.run(&[100, 29, 771, 600]), rig.run_whole());
        }
    }

    #[test]
    fn states_that_are_none_are_refused_or_played(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 1..4),
    ) {
        let rig = Rig::new(factory_of(&busy()), 2, -333, 1_500).with_values(&[]);
        let rig = rig.playing(busy_events());
        let mut processor = rig.prepare();
        rig.run_with(&mut *processor, 0, &[900]);
        let mut state = StateWriter::default();
        processor.save(0, &mut state);
        let mut words = state.words().to_vec();
        for (at, word) in changes {
            let at = at.index(words.len());
            words[at] = word;
        }
        let state = StateWriter::from_words(words);
        if processor.restore(0, &mut state.reader()).is_ok() {
            rig.run_unchecked(&mut *processor, 900, &[600]);
        }
    }
}
