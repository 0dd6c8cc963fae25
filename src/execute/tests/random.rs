//! Random sessions: each compiles, runs without a panic, and gives the same bits in any blocks and
//! at any SIMD level.

use proptest::prelude::*;

use crate::audio::MemorySource;
use crate::dsp::built_in_names;
use crate::dsp::testing::{TestRandom, noise};
use crate::process::ParameterKind;
use crate::rig::Rig;
use crate::session::{
    AutomationLane, AutomationTarget, Clip, ClipContent, Insert, OutputTarget, ParameterValue,
    Session, TimeValue, TrackKind, arbitrary,
};
use crate::simd::SimdLevel;
use crate::time::{SampleRate, Samples, Ticks};

const FRAMES: usize = 2_000;
const RATES_HZ: [u32; 3] = [8_000, 44_100, 96_000];

/// A random session with everything in it that a render refuses or does not reach replaced: files
/// that are there, built-in processors with values in range, positions within what is run, and most of
/// what silences everything.
fn renderable(mut session: Session, seed: u64) -> Rig {
    let mut random = TestRandom::new(seed);
    let mut rig = Rig::new();
    session.sample_rate = SampleRate::new(RATES_HZ[random.below(3)]).expect("a valid rate");
    for (file, channels) in [("mono", 1), ("stereo", 2)] {
        let source =
            MemorySource::new(&noise(seed, 3_000 * channels), channels, session.sample_rate);
        rig.audio.insert(file, source);
    }
    let mut seldom = |switch: &mut bool| *switch &= random.below(4) == 0;
    session.tracks.iter_mut().for_each(|track| {
        seldom(&mut track.mute);
        seldom(&mut track.solo);
        track.clips.iter_mut().for_each(|clip| seldom(&mut clip.mute));
        let mut nowhere = track.output == OutputTarget::None;
        seldom(&mut nowhere);
        if track.output == OutputTarget::None && !nowhere {
            track.output = OutputTarget::Master;
        }
        track.volume_db = track.volume_db.max(-40.0);
    });
    session.vcas.iter_mut().for_each(|vca| {
        seldom(&mut vca.mute);
        vca.volume_db = vca.volume_db.max(-40.0);
    });
    session.master.volume_db = session.master.volume_db.max(-40.0);
    for track in &mut session.tracks {
        track.clips.iter_mut().for_each(|clip| come_near(clip, &mut random));
        if let Some(frozen) = &mut track.frozen {
            "stereo".clone_into(&mut frozen.file);
        }
        let instrument = track.kind == TrackKind::Instrument;
        built_in(&mut track.inserts, &mut track.lanes, instrument, &mut random);
    }
    built_in(&mut session.master.inserts, &mut session.master.lanes, false, &mut random);
    let vcas = session.vcas.iter_mut().flat_map(|vca| &mut vca.lanes);
    vcas.for_each(|lane| lane.points.iter_mut().for_each(|point| point.at = near(point.at, 50)));
    rig.session = session;
    rig
}

fn near(at: TimeValue, divisor: i64) -> TimeValue {
    match at {
        TimeValue::Samples(samples) => TimeValue::Samples(Samples(samples.0 / divisor)),
        TimeValue::Ticks(ticks) => TimeValue::Ticks(Ticks(ticks.0 / divisor)),
    }
}

fn come_near(clip: &mut Clip, random: &mut TestRandom) {
    let samples = |below: usize, random: &mut TestRandom| {
        Samples(i64::try_from(random.below(below)).unwrap_or(0))
    };
    clip.start = TimeValue::Samples(samples(FRAMES, random));
    let length = Samples(1 + samples(FRAMES, random).0);
    clip.length = TimeValue::Samples(length);
    clip.fade_in.length = clip.fade_in.length.min(length);
    clip.fade_out.length = clip.fade_out.length.min(length);
    match &mut clip.content {
        ClipContent::Audio(audio) => {
            ["mono", "stereo"][random.below(2)].clone_into(&mut audio.file);
            audio.offset = samples(2_500, random);
            audio.loop_length = audio.loop_length.map(|_| Samples(1 + samples(500, random).0));
            (audio.stretch, audio.pitch_semitones) = (1.0, 0.0);
        }
        ClipContent::Midi(midi) => {
            for note in &mut midi.notes {
                note.at = Ticks(note.at.0 / 10_000);
                note.length = Ticks(1 + note.length.0 / 10_000);
                note.expression.iter_mut().for_each(|point| point.at = Ticks(point.at.0 / 10_000));
            }
            for lane in &mut midi.controllers {
                lane.points.iter_mut().for_each(|point| point.at = Ticks(point.at.0 / 10_000));
            }
            midi.offset = Ticks(midi.offset.0 / 100_000);
            midi.loop_length = midi.loop_length.map(|length| Ticks(100 + length.0 / 10_000));
            midi.sort();
        }
    }
}

/// Makes inserts built-in ones, the first of an instrument track one that plays notes, and lets
/// lanes drive what those have.
fn built_in(
    inserts: &mut [Insert],
    lanes: &mut Vec<AutomationLane>,
    instrument: bool,
    random: &mut TestRandom,
) {
    for (index, insert) in inserts.iter_mut().enumerate() {
        // What plays from a file has none here.
        let mut names = built_in_names();
        names.retain(|name| !crate::dsp::built_in(name).expect("it is").plays_from_file());
        let played = ["tone", "synthesiser", "drums"];
        let choice = if instrument && index == 0 { &played[..] } else { &names[..] };
        let name = choice[random.below(choice.len())];
        name.clone_into(&mut insert.processor);
        insert.plugin = None;
        insert.file = None;
        insert.parameters.clear();
        let spec = crate::dsp::spec_of(&insert.processor).expect("it is built in");
        // Where there are presets, half of the time one of them.
        let preset = spec.presets.get(random.below(2 * spec.presets.len() + 1));
        insert.preset = preset.map(|preset| preset.name.to_owned());
        for parameter in &spec.parameters {
            // Half of them stay at their defaults.
            if random.below(2) == 0 {
                continue;
            }
            let value = match &parameter.kind {
                ParameterKind::Number { min, max, .. } => {
                    ParameterValue::Number(min + (max - min) * random.unit())
                }
                ParameterKind::Choice { options, .. } => {
                    ParameterValue::Choice(options[random.below(options.len())].to_owned())
                }
            };
            insert.parameters.insert(parameter.id.to_string(), value);
        }
        if !spec.has_sidechain() {
            insert.sidechain = None;
        }
        // No built-in processor has more ports than these.
        insert.sidechains.clear();
        insert.outputs.clear();
    }
    lanes.retain_mut(|lane| {
        for point in &mut lane.points {
            point.at = near(point.at, 50);
        }
        drive(lane, inserts, random)
    });
}

/// Turns a lane on an insert to one of its parameters; false where it has none.
fn drive(lane: &mut AutomationLane, inserts: &[Insert], random: &mut TestRandom) -> bool {
    let AutomationTarget::Insert { insert, parameter } = &mut lane.target else { return true };
    let driven = inserts.iter().find(|found| found.id == *insert);
    let Some(spec) = driven.and_then(|insert| crate::dsp::spec_of(&insert.processor)) else {
        return false;
    };
    let can: Vec<_> = spec.parameters.iter().filter(|parameter| parameter.automatable).collect();
    if can.is_empty() {
        return false;
    }
    let chosen = can[random.below(can.len())];
    *parameter = chosen.id.to_string();
    let (min, max) = chosen.range();
    for point in &mut lane.points {
        point.value = if point.value > 0.5 { max } else { min };
    }
    true
}

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        // Each runs three renders.
        cases: ProptestConfig::default().cases.div_ceil(8),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_sessions_run_and_no_configuration_changes_a_bit(
        session in arbitrary::session(),
        seed in any::<u64>(),
        block in 1..400_usize,
    ) {
        let rig = renderable(session, seed);
        prop_assert_eq!(rig.session.check(), []);
        let whole = rig.render_with(FRAMES, &[FRAMES], SimdLevel::SCALAR);
        prop_assert!(whole.iter().all(|sample| sample.is_finite()));
        let level = SimdLevel::detect();
        for blocks in [vec![block], vec![1, block, 64, 63, 65]] {
            let other = rig.render_with(FRAMES, &blocks, level);
            prop_assert!(bits(&other) == bits(&whole), "blocks {:?} at {}", blocks, level);
        }
    }
}

/// The property is about sound: many random sessions make some, the others show its absence.
#[test]
fn random_sessions_are_not_all_silent() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (arbitrary::session(), any::<u64>());
    let heard = (0..40).filter(|_| {
        let (session, seed) = strategy.new_tree(&mut runner).expect("a session").current();
        let rendered = renderable(session, seed).render(FRAMES);
        rendered.iter().any(|sample| *sample != 0.0)
    });
    let heard = heard.count();
    assert!(heard >= 6, "only {heard} of 40 random sessions make a sound");
}
