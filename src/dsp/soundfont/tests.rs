//! Tests of the instrument against closed forms.

use std::sync::Arc;

use proptest::prelude::*;

use super::player::VOICES;
use super::*;
use crate::dsp::testing::{
    Output, Rig, assert_invariant, assert_same_bits, fixed_blocks, random_blocks,
};
use crate::math::{TAU, cos, db_to_gain, exp2, gain_to_db, sin};
use crate::process::{Event, EventKind, ProcessorFactory};
use crate::session::{ControllerTarget, ExpressionKind};
use crate::soundfont::testing::{busy, constant, font, sine, source, zone};
use crate::soundfont::{FontSource, PresetSource, SampleSource, ZoneSource};

const RATE_HZ: f64 = 48_000.0;

/// The level of a note whose volume controller nobody moved: (100 / 127)^2, in dB.
const VOLUME_DB: f64 = -8.304_297_7 / 2.0;

fn on(at: i64, note: u64, key: u8, velocity: f64) -> Event {
    on_channel(0, at, note, (key, velocity))
}

fn on_channel(channel: u8, at: i64, note: u64, (key, velocity): (u8, f64)) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOn { note, channel, key, velocity } }
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

/// One stereo instance at 0 dB without effects that plays `events`.
fn rig(source: &FontSource, frames: usize, mut events: Vec<Event>) -> Rig {
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    let factory = Arc::new(SoundFontFactory::of(font(source)));
    let values = [("level_db", 0.0), ("effects", 0.0)];
    Rig::new(factory, 2, 0, frames).with_values(&values).playing(events)
}

/// The left channel of what `zones` of `sample` play.
fn left(
    sample: SampleSource,
    zones: Vec<ZoneSource>,
    frames: usize,
    events: Vec<Event>,
) -> Vec<f32> {
    rig(&source(vec![sample], zones), frames, events).run_whole()[0][0].clone()
}

/// Amplitude and phase, in cycles, of what `samples` have of a frequency.
fn partial(samples: &[f32], frequency_hz: f64) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, x) in samples.iter().enumerate() {
        // A Hann window, so that what is beside is far below.
        let window = 1.0 - cos(TAU * (n as f64 + 0.5) / samples.len() as f64);
        let angle = TAU * frequency_hz * n as f64 / RATE_HZ;
        re += f64::from(*x) * window * cos(angle);
        im -= f64::from(*x) * window * sin(angle);
    }
    let scale = 2.0 / samples.len() as f64;
    #[allow(clippy::disallowed_methods, reason = "a measurement")]
    let phase = im.atan2(re) / TAU;
    ((re * re + im * im).sqrt() * scale, phase)
}

/// How far the pitch of `samples` is from a frequency, in cents: by the phase that moves on between
/// their two halves.
fn cents_off(samples: &[f32], frequency_hz: f64) -> f64 {
    let half = samples.len() / 2;
    let (_, first) = partial(&samples[..half], frequency_hz);
    let (_, second) = partial(&samples[half..], frequency_hz);
    let expected = frequency_hz * half as f64 / RATE_HZ;
    let moved = second - first - expected;
    let moved = moved - moved.round();
    moved * RATE_HZ / half as f64 / frequency_hz * 1_200.0 / crate::math::LN_2
}

fn assert_level(samples: &[f32], frequency_hz: f64, wanted_db: f64, within_db: f64) {
    let got = gain_to_db(partial(samples, frequency_hz).0);
    assert!((got - wanted_db).abs() < within_db, "{got} dB is not {wanted_db} dB");
}

const LOOPS: (u16, i16) = (54, 1);

#[test]
fn a_sine_has_the_pitch_of_its_key() {
    for key in [21, 45, 57, 60, 69, 70, 81, 93] {
        let got = left(sine(), vec![zone(0, &[LOOPS])], 40_000, vec![on(0, 1, key, 1.0)]);
        let frequency_hz = 441.0 * exp2((f64::from(key) - 69.0) / 12.0);
        let off = cents_off(&got[2_000..], frequency_hz);
        assert!(off.abs() < 0.05, "key {key} is {off} cents off");
    }
}

#[test]
fn tunings_add_up() {
    // Root 57 is an octave up; 3 semitones, 25 cents, 7 of the sample; 50 cents a key.
    let sample = SampleSource { correction_cents: 7, ..sine() };
    let tuned = zone(0, &[LOOPS, (58, 57), (51, 3), (52, 25), (56, 50)]);
    let got = left(sample, vec![tuned], 40_000, vec![on(0, 1, 71, 1.0)]);
    let cents = 14.0 * 50.0 + 300.0 + 25.0 + 7.0;
    let off = cents_off(&got[2_000..], 441.0 * exp2(cents / 1_200.0));
    assert!(off.abs() < 0.05, "{off}");
}

#[test]
fn the_wheel_bends_by_its_range() {
    let target = ControllerTarget::PitchBend;
    for (range, bend, semitones) in [(None, 1.0, 2.0), (None, -0.5, -1.0), (Some(12.0), 1.0, 12.0)]
    {
        let mut events = vec![control(0, target, bend), on(0, 1, 69, 1.0)];
        if let Some(range) = range {
            events.push(control(0, ControllerTarget::Registered(0), range * 128.0));
        }
        let got = left(sine(), vec![zone(0, &[LOOPS])], 40_000, events);
        let off = cents_off(&got[2_000..], 441.0 * exp2(semitones / 12.0));
        assert!(off.abs() < 0.1, "{semitones}: {off}");
    }
}

/// Nothing but the sine is there, however often its loop has come round.
#[test]
fn loops_are_seamless() {
    let got = left(sine(), vec![zone(0, &[LOOPS])], 96_000, vec![on(0, 1, 64, 1.0)]);
    let frequency_hz = 441.0 * exp2(-5.0 / 12.0);
    let body = &got[10_000..90_000];
    let (amplitude, phase) = partial(body, frequency_hz);
    let worst = body.iter().enumerate().map(|(n, x)| {
        let wanted = amplitude * cos(TAU * (frequency_hz * n as f64 / RATE_HZ + phase));
        (f64::from(*x) - wanted).abs()
    });
    let worst = gain_to_db(worst.fold(0.0, f64::max) / amplitude);
    assert!(worst < -66.0, "{worst} dB");
}

#[test]
fn levels_are_those_of_velocity_generator_and_controllers() {
    let flat = cos(TAU / 8.0);
    let full_db = gain_to_db(0.5 * flat) + VOLUME_DB;
    let square_db = |value: f64| 2.0 * gain_to_db(value / 127.0);
    let cases = [
        (1.0, 0, vec![], 0.0),
        (64.0 / 127.0, 0, vec![], square_db(64.0)),
        (1.0, 250, vec![], -10.0),
        (1.0, 0, vec![cc(0, 7, 50.0)], square_db(50.0) - VOLUME_DB),
        (1.0, 0, vec![cc(0, 11, 90.0)], square_db(90.0)),
        (1.0, 0, vec![cc(0, 7, 127.0), cc(0, 121, 0.0)], -VOLUME_DB),
    ];
    for (velocity, attenuation, mut events, wanted_db) in cases {
        events.push(on(0, 1, 69, velocity));
        // The velocity moves the filter too, which is far up here.
        let got = left(sine(), vec![zone(0, &[LOOPS, (48, attenuation)])], 20_000, events);
        assert_level(&got[4_000..], 441.0, full_db + wanted_db, 0.02);
    }
}

#[test]
fn pans_keep_their_power() {
    for (generator, controller, share) in [
        (0, 64.0, 0.0),
        (-500, 64.0, -1.0),
        (500, 64.0, 1.0),
        (250, 64.0, 0.5),
        (0, 32.0, -0.5),
        (0, 0.0, -1.0),
    ] {
        let font = source(vec![constant()], vec![zone(0, &[LOOPS, (17, generator)])]);
        let events = vec![cc(0, 10, controller), on(0, 1, 60, 1.0)];
        let got = rig(&font, 9_000, events).run_whole();
        let angle = (share + 1.0) * TAU / 8.0;
        let full = 0.5 * db_to_gain(VOLUME_DB);
        for (channel, wanted) in got[0].iter().zip([cos(angle), sin(angle)]) {
            assert!(
                (f64::from(channel[8_000]) - full * wanted).abs() < 1e-4,
                "{share}: {}",
                channel[8_000]
            );
        }
    }
}

/// What a constant sounds like at frame `n`, in dB below its peak.
fn fallen_db(samples: &[f32], n: usize) -> f64 {
    -gain_to_db(f64::from(samples[n]) / (0.5 * cos(TAU / 8.0) * db_to_gain(VOLUME_DB)))
}

#[test]
fn the_volume_goes_through_its_stages() {
    // Delay 0.1 s, attack 0.2 s, hold 0.1 s, decay 100 dB in 2 s down to 20 dB, release 1 s.
    let timecents = |seconds: f64| {
        #[allow(clippy::cast_possible_truncation)]
        let rounded = (1_200.0 * crate::math::log2(seconds)).round() as i16;
        rounded
    };
    let stages = zone(
        0,
        &[
            LOOPS,
            (33, timecents(0.1)),
            (34, timecents(0.2)),
            (35, timecents(0.1)),
            (36, timecents(2.0)),
            (37, 200),
            (38, timecents(1.0)),
        ],
    );
    let start = 1_001;
    let release = 60_000_usize;
    let events = vec![on(start, 1, 60, 1.0), off(crate::time::frame_count(release), 1, 60)];
    let got = left(constant(), vec![stages], 120_000, events);
    let at = |seconds: f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frame = (seconds * RATE_HZ) as usize + 1_001;
        frame
    };
    assert!(got[..at(0.099)].iter().all(|x| *x == 0.0));
    let share = |n: usize| db_to_gain(-fallen_db(&got, n));
    for (seconds, wanted) in [(0.15, 0.25), (0.2, 0.5), (0.25, 0.75)] {
        assert!((share(at(seconds)) - wanted).abs() < 0.003, "{seconds}: {}", share(at(seconds)));
    }
    for (n, wanted_db) in [
        (at(0.31), 0.0),
        (at(0.395), 0.0),
        (at(0.5), 5.0),
        (at(0.6), 10.0),
        (at(0.9), 20.0),
        (59_900, 20.0),
        (release + 4_800, 30.0),
        (release + 24_000, 70.0),
    ] {
        let fallen = fallen_db(&got, n);
        assert!((fallen - wanted_db).abs() < 0.05, "{n}: {fallen} is not {wanted_db}");
    }
    let end = release + 48_000;
    assert!(
        got[end..].iter().all(|x| x.abs() < 1e-5) && got[end + 300..].iter().all(|x| *x == 0.0)
    );
}

#[test]
fn holds_and_decays_get_shorter_with_the_key() {
    // An octave up, 12 keys at 100 timecents: half as long.
    let by_key = |key| {
        let fast = zone(0, &[LOOPS, (36, 1_200), (37, 1_000), (40, 100), (56, 0)]);
        let got = left(constant(), vec![fast], 30_000, vec![on(0, 1, key, 1.0)]);
        fallen_db(&got, 24_000)
    };
    assert!((by_key(60) - 25.0).abs() < 0.1 && (by_key(72) - 50.0).abs() < 0.2);
}

/// 3 dB down at its cutoff; with a resonance of r dB the peak there is r - 3 dB above what passes,
/// which is lowered by r / 2.
#[test]
fn the_filter_has_its_level_at_its_cutoff() {
    let cutoff_cents = 1_200.0 * crate::math::log2(441.0 / 8.176);
    #[allow(clippy::cast_possible_truncation)]
    let cutoff = cutoff_cents.round() as i16;
    let full_db = gain_to_db(0.5 * cos(TAU / 8.0)) + VOLUME_DB;
    for (key, resonance, wanted_db) in [
        (69, 0, -3.01),
        (69, 100, 10.0 - 3.01 - 5.0),
        (69, 200, 20.0 - 3.01 - 10.0),
        // Two octaves up it is 24 dB and a bit, two down nothing but what the resonance takes.
        (93, 0, -24.1),
        (45, 100, -5.0 + 0.44),
    ] {
        let filtered = zone(0, &[LOOPS, (8, cutoff), (9, resonance)]);
        let got = left(sine(), vec![filtered], 40_000, vec![on(0, 1, key, 1.0)]);
        let frequency_hz = 441.0 * exp2((f64::from(key) - 69.0) / 12.0);
        assert_level(&got[10_000..], frequency_hz, full_db + wanted_db, 0.12);
    }
}

#[test]
fn oscillators_move_pitch_and_volume_by_their_depth() {
    // 8.176 Hz, 600 cents up and down: at its top, a quarter of a cycle after the start.
    let vibrato = zone(0, &[LOOPS, (6, 600)]);
    let got = left(sine(), vec![vibrato], 12_000, vec![on(0, 1, 69, 1.0)]);
    let crossings = |from: usize, to: usize| {
        got[from..to].windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    };
    // A cycle is 5,871 frames; the pitch is up in the first half and down in the second.
    let (up, down) = (crossings(0, 2_935), crossings(2_935, 5_871));
    assert!(up > down + 8, "{up} {down}");
    let tremolo = zone(0, &[LOOPS, (13, 60)]);
    let got = left(constant(), vec![tremolo], 12_000, vec![on(0, 1, 60, 1.0)]);
    let (top, bottom) = (fallen_db(&got, 1_468), fallen_db(&got, 4_403));
    assert!((top + 6.0).abs() < 0.3 && (bottom - 6.0).abs() < 0.3, "{top} {bottom}");
}

#[test]
fn one_of_a_class_ends_the_others_of_its_channel() {
    let font = source(vec![constant()], vec![zone(0, &[LOOPS, (57, 3), (56, 0)])]);
    let full = 0.5 * cos(TAU / 8.0) * db_to_gain(VOLUME_DB);
    let voices = |events| f64::from(rig(&font, 6_000, events).run_whole()[0][0][5_900]) / full;
    let both = vec![on(0, 1, 60, 1.0), on(3_000, 2, 62, 1.0)];
    assert!((voices(both) - 1.0).abs() < 1e-3);
    let apart = vec![on(0, 1, 60, 1.0), on_channel(1, 3_000, 2, (62, 1.0))];
    assert!((voices(apart) - 2.0).abs() < 1e-3);
    // The two layers of one note do not end each other.
    let layers = vec![zone(0, &[LOOPS, (57, 3)]), zone(0, &[LOOPS, (57, 3)])];
    let font = source(vec![constant()], layers);
    let got = rig(&font, 6_000, vec![on(0, 1, 60, 1.0)]).run_whole()[0][0][5_900];
    assert!((f64::from(got) / full - 2.0).abs() < 1e-3);
}

#[test]
fn a_note_starts_at_its_sample_at_every_offset_of_every_block() {
    let font = source(vec![constant()], vec![zone(0, &[LOOPS])]);
    for at in (0..130).chain([4_095, 4_096, 4_097]) {
        let rig = rig(&font, 5_000, vec![on(at, 1, 60, 1.0)]);
        let whole = rig.run_whole();
        let first = whole[0][0].iter().position(|x| *x != 0.0);
        assert_eq!(first, usize::try_from(at).ok());
        if at % 13 == 0 {
            for size in [1, 2, 63, 64, 65, 1_000, 4_096] {
                let got = rig.run(&fixed_blocks(5_000, size));
                assert_same_bits(&whole, &got, &format!("a note at {at} in blocks of {size}"));
            }
        }
    }
}

#[test]
fn a_note_begins_as_it_is_expressed_there() {
    for at in [37, 64] {
        let volume = EventKind::Expression {
            note: 1,
            channel: 0,
            key: 60,
            kind: ExpressionKind::Volume,
            value: 0.0,
        };
        let events = vec![on(at, 1, 60, 1.0), Event { at: Samples(at), kind: volume }];
        let got = left(constant(), vec![zone(0, &[(54, 1)])], 1_000, events);
        assert!(got.iter().all(|x| *x == 0.0), "at {at}");
    }
}

/// Also in its first cell: at 11.6 Hz a cell of 64 frames is 1.5 % of a cycle.
#[test]
fn a_note_on_the_grid_moves_at_once() {
    let moving = zone(0, &[(54, 1), (13, 240), (21, -12_000), (22, 600)]);
    let got = left(constant(), vec![moving], 500, vec![on(64, 1, 60, 1.0)]);
    let slope =
        |from: usize, to: usize| gain_to_db(f64::from(got[to] / got[from])) / (to - from) as f64;
    // Behind the attack, which takes a millisecond: the first cell moves as the second one does.
    let (first, second) = (slope(114, 126), slope(134, 184));
    assert!(first.abs() > 0.01 && (first / second - 1.0).abs() < 0.2, "{first}, {second} dB");
}

#[test]
fn everything_that_moves_is_the_same_in_any_blocks_and_after_any_checkpoint() {
    let mut events = Vec::new();
    for number in 0..30_u8 {
        let at = i64::from(number) * 190 + 5;
        events.push(on(at, u64::from(number), 40 + number, f64::from(number + 20) / 60.0));
        events.push(off(at + 700, u64::from(number), 40 + number));
        events.push(cc(at + 33, 1, f64::from(number) * 4.0));
        events.push(cc(at + 50, 10, f64::from(number) * 4.0));
        events.push(cc(at + 64, 64, if number % 7 < 3 { 127.0 } else { 0.0 }));
        events.push(control(at + 77, ControllerTarget::PitchBend, f64::from(number) / 30.0));
        let expression = EventKind::Expression {
            note: u64::from(number),
            channel: 0,
            key: 40 + number,
            kind: ExpressionKind::Tuning,
            value: 0.5,
        };
        events.push(Event { at: Samples(at + 100), kind: expression });
    }
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    let factory = Arc::new(SoundFontFactory::of(font(&busy())));
    for effects in [0.0, 1.0] {
        let rig = Rig::new(factory.clone(), 2, -333, 8_000).with_values(&[("effects", effects)]);
        let output = assert_invariant(&rig.playing(events.clone()));
        assert!(output[0][0].iter().any(|x| x.abs() > 0.01));
    }
}

#[test]
fn a_decay_ends_at_its_sustain_wherever_a_note_starts() {
    for start in 0..64 {
        let fast = zone(0, &[LOOPS, (36, -12_000), (37, 60)]);
        let got = left(constant(), vec![fast], 4_100, vec![on(start, 1, 60, 1.0)]);
        assert!((fallen_db(&got, 4_000) - 6.0).abs() < 0.01, "{start}");
    }
}

#[test]
fn what_was_let_go_is_cut_from_where_it_is() {
    let long = zone(0, &[LOOPS, (38, 0)]);
    let events = vec![on(0, 1, 60, 1.0), off(3_000, 1, 60), cc(5_400, 120, 0.0)];
    let got = left(constant(), vec![long], 6_200, events);
    assert!(got[5_400] > 0.95 * got[5_399], "{} {}", got[5_399], got[5_400]);
    assert_eq!(got[6_150], 0.0);
}

/// The reverb rings on, then all is silent and at rest, at the same frame in any blocks.
#[test]
fn effects_ring_on_and_come_to_rest() {
    let font = font(&busy());
    let factory = Arc::new(SoundFontFactory::of(font));
    let events = vec![on(0, 1, 69, 1.0), off(2_000, 1, 69)];
    let rig = Rig::new(factory.clone(), 2, 0, 400_000).with_values(&[]).playing(events);
    let mut processor = rig.prepare();
    assert!(processor.rests());
    let whole = rig.run_with(&mut *processor, 0, &[400_000]);
    assert!(processor.rests());
    let tail = factory.tail(&crate::dsp::testing::defaults(&*factory), rig.rate).0;
    let last = whole[0][0].iter().rposition(|x| *x != 0.0).unwrap();
    assert!(whole[0][0][30_000..60_000].iter().any(|x| x.abs() > 1e-4), "no reverb");
    assert!(last > 100_000 && last < 390_000, "{last}");
    let peak = whole[0][0].iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    let after = usize::try_from(tail).unwrap() + 2_000;
    assert!(whole[0][0][after..].iter().all(|x| x.abs() < peak * 1e-6));
    let got = rig.run(&random_blocks(400_000, 5_000, 3));
    assert_same_bits(&whole, &got, "random blocks");
}

#[test]
fn the_pedal_holds_what_has_ended() {
    let font = source(vec![constant()], vec![zone(0, &[LOOPS])]);
    let events = vec![cc(0, 64, 127.0), on(100, 1, 60, 1.0), off(1_000, 1, 60), cc(4_000, 64, 0.0)];
    let got = rig(&font, 6_000, events).run_whole()[0][0].clone();
    assert!(got[3_999] > 0.1 && got[4_500] == 0.0, "{} {}", got[3_999], got[4_500]);
    for end in [120, 123] {
        let events = vec![on(100, 1, 60, 1.0), cc(2_000, end, 0.0)];
        let got = rig(&font, 6_000, events).run_whole()[0][0].clone();
        assert!(got[1_999] > 0.1 && got[2_700] == 0.0, "{end}");
    }
}

#[test]
fn a_loop_until_the_release_goes_on_to_its_end() {
    let long = zone(0, &[(54, 3), (38, 3_000)]);
    let got = left(constant(), vec![long], 9_000, vec![on(0, 1, 60, 1.0), off(5_000, 1, 60)]);
    let last = got.iter().rposition(|x| *x != 0.0).unwrap();
    // At most from the loop's start to the sample's end, 300 frames at 44.1 kHz, and the grid.
    assert!(got[4_999] > 0.1 && last > 5_000 && last < 5_400, "{last}");
    let once = left(constant(), vec![zone(0, &[])], 9_000, vec![on(0, 1, 60, 1.0)]);
    let last = once.iter().rposition(|x| x.abs() > 1e-3).unwrap();
    assert!((430..450).contains(&last), "{last}");
}

#[test]
fn presets_are_chosen_and_missing_ones_have_a_stated_stead() {
    // What a preset sounds like is its level: program p of bank b is attenuated by its number.
    let list = [(0, 0), (0, 5), (8, 5), (128, 0), (128, 9)];
    let presets = list.iter().enumerate().map(|(index, (bank, program))| PresetSource {
        name: String::new(),
        bank: *bank,
        program: *program,
        zones: vec![zone(0, &[(48, i16::try_from(index).unwrap() * 100)])],
    });
    let font = FontSource {
        presets: presets.collect(),
        ..source(vec![constant()], vec![zone(0, &[LOOPS])])
    };
    let heard = |channel: u8, bank: f64, program: f64| {
        let choose = |target, value| Event {
            at: Samples(0),
            kind: EventKind::Controller { channel, target, value },
        };
        let events = vec![
            choose(ControllerTarget::Bank, bank),
            choose(ControllerTarget::Program, program),
            on_channel(channel, 0, 1, (60, 1.0)),
        ];
        let got = rig(&font, 1_000, events).run_whole()[0][0].clone();
        let level = fallen_db(&got, 900);
        let index = (0_u8..).position(|index| (f64::from(index) * 4.0 - level).abs() < 0.1);
        list[index.unwrap()]
    };
    assert_eq!(heard(0, 0.0, 5.0), (0, 5));
    assert_eq!(heard(0, 8.0, 5.0), (8, 5));
    assert_eq!(heard(0, 8.0 * 128.0, 5.0), (8, 5));
    assert_eq!(heard(0, 7.0, 5.0), (0, 5));
    assert_eq!(heard(0, 7.0, 6.0), (0, 0));
    assert_eq!(heard(9, 0.0, 9.0), (128, 9));
    assert_eq!(heard(9, 0.0, 8.0), (128, 0));
}

#[test]
fn parameters_choose_until_events_do() {
    let mut written = source(vec![constant()], vec![zone(0, &[LOOPS])]);
    let second = PresetSource {
        program: 3,
        bank: 2,
        zones: vec![zone(0, &[(48, 250)])],
        ..written.presets[0].clone()
    };
    written.presets.push(second);
    let factory = Arc::new(SoundFontFactory::of(font(&written)));
    let values = [("level_db", 0.0), ("effects", 0.0), ("program", 3.0), ("bank", 2.0)];
    let fallen = |events| {
        let rig = Rig::new(factory.clone(), 2, 0, 1_000).with_values(&values).playing(events);
        fallen_db(&rig.run_whole()[0][0], 900)
    };
    assert!((fallen(vec![on(0, 1, 60, 1.0)]) - 10.0).abs() < 0.01);
    let chosen = vec![
        control(0, ControllerTarget::Bank, 0.0),
        control(0, ControllerTarget::Program, 0.0),
        on(0, 1, 60, 1.0),
    ];
    assert!(fallen(chosen).abs() < 0.01);
}

#[test]
fn the_voice_that_is_ended_for_another_is_the_first_released_one() {
    let long = zone(0, &[LOOPS, (38, 6_000), (56, 0)]);
    let font = source(vec![constant()], vec![long]);
    let full = 0.5 * cos(TAU / 8.0) * db_to_gain(VOLUME_DB);
    let notes =
        |count: usize| (0..count as u64).map(|note| on(0, note, 60, 1.0)).collect::<Vec<_>>();
    let voices = |events| f64::from(rig(&font, 700, events).run_whole()[0][0][699]) / full;
    assert!((voices(notes(VOICES)) - VOICES as f64).abs() < 0.05);
    assert!((voices(notes(VOICES + 9)) - VOICES as f64).abs() < 0.05);
    // Note 1 is released, and quiet; the new note takes its place and none of the loud ones'.
    let quiet = |note| Event {
        at: Samples(1),
        kind: EventKind::Expression {
            note,
            channel: 0,
            key: 60,
            kind: ExpressionKind::Volume,
            value: 0.0,
        },
    };
    let mut events = notes(VOICES);
    events.extend([off(64, 1, 60), quiet(1), on(200, 999, 60, 1.0)]);
    assert!((voices(events) - VOICES as f64).abs() < 0.05);
}

#[test]
fn a_factory_without_a_file_says_so() {
    let rig = rig(&busy(), 100, Vec::new());
    let setup = crate::process::InstanceSetup {
        node: "tracks/a/inserts/b".to_owned(),
        controls: rig.instances[0].controls.clone(),
        seed: 0,
        sidechained: false,
    };
    let tempo = Arc::new(TempoMap::new(&[], rig.rate).unwrap());
    let prepare =
        Prepare { rate: rig.rate, max_frames: 64, channels: 2, tempo: &tempo, instances: &[setup] };
    let error = SoundFontFactory::default().prepare(&prepare).err().unwrap();
    assert!(error.to_string().contains("tracks/a/inserts/b: a soundfont plays from a file"));
    // Files that differ have other keys and do not run side by side.
    let other = SoundFontFactory::of(font(&source(vec![sine()], vec![zone(0, &[])])));
    let controls = &rig.instances[0].controls;
    assert_ne!(rig.factory.file_identity(), other.file_identity());
    assert_ne!(rig.factory.structure(controls), other.structure(controls));
}

/// The rig refuses what is not finite.
fn plays_finite(bytes: &[u8]) {
    let Ok(font) = SoundFont::parse(bytes) else { return };
    let events = vec![on(3, 1, 60, 1.0), cc(50, 1, 127.0), on(70, 2, 30, 0.3), off(600, 1, 60)];
    let factory = Arc::new(SoundFontFactory::of(Arc::new(font)));
    let rig = Rig::new(factory, 2, 0, 900).with_values(&[]).playing(events);
    let _: Output = rig.run(&[100, 29, 771]);
}

proptest! {
    #[test]
    fn whatever_can_be_read_can_be_played(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = busy().to_bytes(false);
        let lists = bytes.windows(4).position(|window| window == b"pgen").unwrap();
        for (at, byte) in changes {
            let at = lists + at.index(bytes.len() - lists);
            bytes[at] = byte;
        }
        plays_finite(&bytes);
    }
}
