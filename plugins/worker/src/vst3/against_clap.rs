//! The same plug-in in two formats: with the same values it has to give the same bits in both, so
//! each host is tested by the other.

use std::path::{Path, PathBuf};

use wavemill_plugins::PluginParameter;
use wavemill_plugins::run::{Record, RecordKind, Transport};

use super::module::Module;
use super::open;
use crate::clap;
use crate::run::{AudioHalf, Block, Guarded, Opened, Setup};

const SETUP: Setup = Setup { sample_rate_hz: 48_000, block: 256, offline: true };
const BLOCKS: i64 = 48;

/// Where Debian has the plug-ins that are tested with.
fn bundle(format: &str, name: &str) -> PathBuf {
    let path = Path::new("/usr/lib").join(format).join(format!("{name}.{format}"));
    assert!(path.exists(), "'{}' is missing: install zam-plugins (ci/setup)", path.display());
    path
}

fn of_vst3(name: &str) -> Opened {
    let path = bundle("vst3", name);
    let id = &Module::of_process(&path).unwrap().classes[0].id;
    open(&path, id).unwrap()
}

fn of_clap(name: &str) -> Opened {
    clap::open(&bundle("clap", name), &format!("com.zamaudio.{name}")).unwrap()
}

/// Noise in bursts, so that what follows levels has something to follow.
fn noise(channel: usize, frame: i64) -> f32 {
    let seed = u64::try_from(frame).unwrap() * 4 + channel as u64;
    let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let burst = if frame / 3_000 % 2 == 0 { 0.9 } else { 0.02 };
    ((mixed >> 40) as f32 / 8_388_608.0 - 1.0) * burst
}

/// What comes out of an active plug-in whose parameters are set in the first frame, as bits.
fn play(mut audio: Box<dyn AudioHalf>, channels: [usize; 2], settings: Vec<Record>) -> Vec<u32> {
    let on_audio_thread = move || {
        let buffers = |count| -> Vec<Guarded> {
            (0..count).map(|_| Guarded::new(SETUP.block as usize).unwrap()).collect()
        };
        let [mut inputs, mut outputs] = channels.map(buffers);
        let mut heard = Vec::new();
        audio.start().unwrap();
        for time in (0..BLOCKS).map(|block| block * i64::from(SETUP.block)) {
            for (channel, input) in inputs.iter_mut().enumerate() {
                for (frame, sample) in (time..).zip(input.samples()) {
                    *sample = noise(channel, frame);
                }
            }
            outputs.iter_mut().for_each(|output| output.samples().fill(0.0));
            let mut block = Block {
                time,
                transport: Transport { quarters: time as f64 / 24_000.0, ..Transport::default() },
                inputs: &mut inputs,
                outputs: &mut outputs,
                events: if time == 0 { &settings } else { &[] },
                events_out: &mut Vec::new(),
            };
            audio.process(&mut block).unwrap();
            for output in &mut outputs {
                assert!(output.is_whole());
                heard.extend(output.samples().iter().map(|sample| sample.to_bits()));
            }
        }
        heard
    };
    std::thread::spawn(on_audio_thread).join().unwrap()
}

/// Channels of all inputs and of all outputs.
fn channels(opened: &Opened) -> [usize; 2] {
    let description = &opened.description;
    [&description.audio_inputs, &description.audio_outputs]
        .map(|buses| buses.iter().map(|bus| bus.channels as usize).sum())
}

/// How wide a range is for these plug-ins, which compute it with 32 bits.
#[allow(clippy::cast_possible_truncation)]
fn width(min: f64, max: f64) -> f32 {
    max as f32 - min as f32
}

/// Values as shares of the ranges of parameters, by name, set in the first frame.
fn sets(opened: &Opened, values: &[(String, f64)]) -> Vec<Record> {
    let parameters = &opened.description.parameters;
    let set = |(name, share): &(String, f64)| {
        let is_meant = |parameter: &PluginParameter| parameter.name == *name;
        let index = parameters.iter().position(is_meant).unwrap_or_else(|| panic!("no '{name}'"));
        let PluginParameter { min, max, .. } = parameters[index];
        let index = u32::try_from(index).unwrap();
        let value = min + share * f64::from(width(min, max));
        Record { frame: 0, kind: RecordKind::Parameter { index, value } }
    };
    values.iter().map(set).collect()
}

/// Values for all parameters that people set: each as a share of its range. Not the side chain: in
/// their VST3, these plug-ins read the first bus alone.
fn shares(opened: &Opened) -> Vec<(String, f64)> {
    let parameters = opened.description.parameters.iter();
    let set = parameters.filter(|parameter| {
        parameter.automatable && !parameter.hidden && parameter.name != "Sidechain"
    });
    let places = [0.25, 0.75, 0.5, 0.625].into_iter().cycle();
    set.zip(places)
        .map(|(parameter, share)| {
            let share = if parameter.stepped { 1.0 } else { share };
            (parameter.name.clone(), share)
        })
        .collect()
}

fn opened_and_played(mut opened: Opened, values: &[(String, f64)]) -> (u32, Vec<u32>) {
    let active = opened.plugin.activate(SETUP).unwrap();
    let (channels, sets) = (channels(&opened), sets(&opened, values));
    let heard = play(active.audio, channels, sets);
    // Plug-ins end with the process.
    std::mem::forget(opened);
    (active.latency_frames, heard)
}

fn assert_same_in_both(name: &str) {
    let (clap, vst3) = (of_clap(name), of_vst3(name));
    assert_eq!(channels(&clap), channels(&vst3), "{name}");
    let values = shares(&clap);
    assert!(!values.is_empty(), "{name}");
    let clap = opened_and_played(clap, &values);
    let vst3 = opened_and_played(vst3, &values);
    assert_eq!(clap.0, vst3.0, "{name}: latency");
    let difference = clap.1.iter().zip(&vst3.1).position(|(clap, vst3)| clap != vst3);
    assert_eq!((clap.1.len(), difference), (vst3.1.len(), None), "{name}");
    assert!(vst3.1.iter().any(|bits| *bits << 1 != 0), "{name} is silent");
    let (_, default) = opened_and_played(of_vst3(name), &[]);
    assert!(default != vst3.1, "{name}: its parameters change nothing");
}

#[test]
fn effects_give_the_same_bits_in_both_formats() {
    for name in [
        "ZaMaximX2",
        "ZaMultiCompX2",
        "ZamComp",
        "ZamCompX2",
        "ZamDelay",
        "ZamDynamicEQ",
        "ZamEQ2",
        "ZamGate",
        "ZamGateX2",
        "ZamHeadX2",
        "ZamPhono",
        "ZamTube",
    ] {
        assert_same_in_both(name);
    }
}

#[test]
fn state_comes_back_in_another_instance() {
    for name in ["ZamAutoSat", "ZamComp", "ZamDelay", "ZamEQ2"] {
        let mut first = of_vst3(name);
        let values = shares(&first);
        let settings = sets(&first, &values);
        let active = first.plugin.activate(SETUP).unwrap();
        let heard = play(active.audio, channels(&first), settings.clone());
        let state = first.plugin.save().unwrap();

        let mut second = of_vst3(name);
        let before = second.plugin.values();
        second.plugin.restore(&state).unwrap();
        let restored = second.plugin.values();
        assert_eq!(restored == before, values.is_empty(), "{name}");
        for Record { kind, .. } in settings {
            let RecordKind::Parameter { index, value } = kind else { unreachable!() };
            let difference = restored[index as usize] - value;
            assert!(difference.abs() < 1e-6, "{name}: {index} is off by {difference}");
        }
        let again = second.plugin.save().unwrap();
        let (_, heard_again) = opened_and_played(second, &[]);
        assert!(heard == heard_again, "{name}");
        assert_eq!(state, again, "{name}");
        std::mem::forget(first);
    }
}

#[test]
fn garbage_is_refused_before_the_plug_in_sees_it() {
    let mut opened = of_vst3("ZamComp");
    let before = opened.plugin.values();
    for garbage in [&b""[..], b"nonsense of some length, which is not a state at all"] {
        let refused = opened.plugin.restore(garbage).unwrap_err();
        assert!(refused.contains("none that a VST3 plug-in saved"), "{refused}");
    }
    assert_eq!(opened.plugin.values(), before);
    std::mem::forget(opened);
}
