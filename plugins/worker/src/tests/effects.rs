//! Effects: what they give, and how late they are.

use super::fixtures::Bundles;
use super::host::{BLOCK, Host, impulse, noise};
use crate::run::Opened;

/// Opens the plug-in of these names in VST3 and in LV2.
fn both(bundles: &Bundles, vst3: &str, lv2: &str) -> [Opened; 2] {
    [bundles.vst3(vst3), bundles.lv2(lv2)]
}

/// How late an impulse is heard on both sides.
fn measured_latency(host: &mut Host) -> u32 {
    let (heard, _) = host.run(20 * BLOCK, impulse, &[]);
    let place = |channel: &Vec<f32>| channel.iter().position(|sample| *sample == 1.0).unwrap();
    let places: Vec<usize> = heard.iter().map(place).collect();
    assert_eq!(places[0], places[1]);
    u32::try_from(places[0]).unwrap() - 1_000
}

#[test]
fn a_gain_follows_its_parameter() {
    let bundles = Bundles::new();
    for opened in both(&bundles, "Gain", "gain") {
        let mut host = Host::new(opened);
        assert_eq!(host.latency_frames, 0);
        let set = host.set(2 * BLOCK, "Amount", 0.25);
        let (heard, _) = host.run(4 * BLOCK, noise, &[set]);
        for (channel, heard) in heard.iter().enumerate() {
            for (frame, sample) in (0..).zip(heard) {
                let factor = if frame < 2 * BLOCK { 1.0 } else { 0.5 };
                assert_eq!(*sample, noise(channel, frame) * factor, "{channel} {frame}");
            }
        }
    }
}

#[test]
fn what_is_set_before_activation_counts_for_the_latency() {
    let bundles = Bundles::new();
    for (vst3, lv2, cases) in [
        ("Late", "delay", [(None, 64), (Some(0.75), 96), (Some(0.0), 0)]),
        ("Jump", "jump", [(None, 0), (Some(0.75), 64), (Some(0.5), 0)]),
    ] {
        for (value, latency) in cases {
            for opened in both(&bundles, vst3, lv2) {
                let values: Vec<(u32, f64)> = value.map(|value| (0, value)).into_iter().collect();
                let mut host = Host::with(opened, &values);
                assert_eq!(host.latency_frames, latency, "{vst3} {value:?}");
                if let Some(value) = value {
                    assert_eq!(host.main.values(), [value]);
                }
                assert_eq!(measured_latency(&mut host), latency, "{vst3} {value:?}");
            }
        }
    }
}

#[test]
fn one_that_lies_is_not_as_late_as_it_says() {
    let bundles = Bundles::new();
    for opened in both(&bundles, "Liar", "liar") {
        let mut host = Host::new(opened);
        assert_eq!((host.latency_frames, measured_latency(&mut host)), (64, 0));
    }
}
