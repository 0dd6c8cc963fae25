//! What effects give of sound.

use crate::tests::host::{BLOCK, Host, RATE_HZ, impulse, noise};

const AMP: &str = "http://plugin.org.uk/swh-plugins/amp";

#[test]
fn an_amplifier_multiplies() {
    let Some(mut host) = Host::lv2("lv2/amp-swh.lv2", AMP) else { return };
    let gain = host.set(0, "gain", 20.0);
    let (heard, _) = host.run(1_000, noise, &[gain]);
    for (frame, sample) in (0..).zip(&heard[0]) {
        assert_eq!(*sample, noise(0, frame) * 10.0, "{frame}");
    }
}

#[test]
fn parameters_hold_from_the_next_start_of_a_block() {
    let Some(mut host) = Host::lv2("lv2/amp-swh.lv2", AMP) else { return };
    // At a block's first frame, inside of one, twice inside of one, and at its last frame.
    let moves = [
        (BLOCK, 20.0),
        (2 * BLOCK + 1, 40.0),
        (4 * BLOCK + 5, 60.0),
        (4 * BLOCK + 9, 0.0),
        (6 * BLOCK - 1, 20.0),
        (6 * BLOCK, 40.0),
    ];
    let moves = moves.map(|(frame, gain)| host.set(frame, "gain", gain));
    let (heard, _) = host.run(7 * BLOCK, |_, _| 0.25, &moves);
    let gains = [1.0, 10.0, 10.0, 100.0, 100.0, 1.0, 100.0];
    for (block, gain) in heard[0].chunks(BLOCK as usize).zip(gains) {
        assert!(block.iter().all(|sample| *sample == 0.25 * gain), "{gain}: {}", block[0]);
    }
    assert_eq!(host.main.values(), [40.0]);
}

#[test]
fn a_compressor_is_the_same_as_in_another_format() {
    let Some(mut lv2) = Host::lv2("lv2/ZamComp.lv2", "urn:zamaudio:ZamComp") else { return };
    let Some(mut clap) = Host::clap("clap/ZamComp.clap") else { return };
    same(&mut lv2, &mut clap, &[("Threshold", -30.0), ("Ratio", 8.0), ("Makeup", 6.0)]);
}

#[test]
fn a_delay_is_the_same_as_in_another_format() {
    let Some(mut lv2) = Host::lv2("lv2/ZamDelay.lv2", "urn:zamaudio:ZamDelay") else { return };
    let Some(mut clap) = Host::clap("clap/ZamDelay.clap") else { return };
    same(&mut lv2, &mut clap, &[("Time", 33.3), ("Feedback", 0.5)]);
}

#[test]
fn a_delay_is_told_the_tempo() {
    let echo = |tempo_bpm: f64| {
        let mut host = Host::lv2("lv2/ZamDelay.lv2", "urn:zamaudio:ZamDelay")?;
        host.tempo_bpm = tempo_bpm;
        let set = [("sync", 1.0), ("drywet", 1.0)].map(|(name, value)| host.set(0, name, value));
        let (heard, _) = host.run(RATE_HZ, impulse, &set);
        Some(loudest(&heard[0]) - 1_000)
    };
    // An echo after a quarter note, and two samples of a filter.
    for (tempo_bpm, frames) in [(160.0, 18_000), (120.0, 24_000), (80.0, 36_000)] {
        let Some(late) = echo(tempo_bpm) else { return };
        assert_eq!(late, frames + 2, "{tempo_bpm}");
    }
}

/// Both give the same of noise, bit for bit.
fn same(a: &mut Host, b: &mut Host, set: &[(&str, f64)]) {
    let [heard, wanted] = [a, b].map(|host| {
        let set: Vec<_> = set.iter().map(|(name, value)| host.set(0, name, *value)).collect();
        host.run(2 * RATE_HZ, noise, &set).0
    });
    assert!(heard[0].iter().any(|sample| *sample != 0.0));
    assert_eq!(heard.len(), wanted.len());
    for (heard, wanted) in heard.iter().zip(&wanted) {
        let different = heard.iter().zip(wanted).position(|(a, b)| a.to_bits() != b.to_bits());
        assert_eq!(different, None);
    }
}

fn loudest(samples: &[f32]) -> usize {
    let loudest = samples.iter().enumerate().max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()));
    loudest.unwrap().0
}

#[test]
fn the_latency_that_a_limiter_says_is_the_one_it_has() {
    // One of them says it when it runs for no frames, one does not.
    latency("lv2/dpl.lv2", "http://gareus.org/oss/lv2/dpl#stereo");
    latency("lv2/lsp-plugins.lv2", "http://lsp-plug.in/plugins/lv2/limiter_stereo");
}

fn latency(bundle: &str, id: &str) {
    let Some(mut host) = Host::lv2(bundle, id) else { return };
    assert!(host.latency_frames > 0, "{id}");
    let (heard, _) = host.run(4_000, |channel, frame| 0.25 * impulse(channel, frame), &[]);
    for channel in heard {
        let late = loudest(&channel) - 1_000;
        assert_eq!(late, host.latency_frames as usize, "{id}");
        assert!((channel[1_000 + late] - 0.25).abs() < 0.001, "{id} {}", channel[1_000 + late]);
    }
}

#[test]
fn a_side_chain_is_a_bus_of_its_own() {
    let Some(mut host) = Host::lv2("lv2/ZamComp.lv2", "urn:zamaudio:ZamComp") else { return };
    let channels: Vec<(bool, u32)> =
        host.description.audio_inputs.iter().map(|bus| (bus.main, bus.channels)).collect();
    assert_eq!(channels, [(true, 1), (false, 1)]);
    let set = [("Sidechain", 1.0), ("Threshold", -40.0), ("Ratio", 20.0)];
    let set = set.map(|(name, value)| host.set(0, name, value));
    // What is loud in the side chain is what makes the other quieter.
    let tone = |_: usize, frame: u32| if frame % 100 < 50 { 0.01 } else { -0.01 };
    let side = |channel: usize, frame: u32| match channel {
        1 if frame >= RATE_HZ / 2 => 0.9,
        1 => 0.0,
        channel => tone(channel, frame),
    };
    let (heard, _) = host.run(RATE_HZ, side, &set);
    let loudness = |range: std::ops::Range<u32>| {
        heard[0][range.start as usize..range.end as usize]
            .iter()
            .fold(0.0_f32, |a, b| a.max(b.abs()))
    };
    let (before, after) = (loudness(RATE_HZ / 4..RATE_HZ / 2), loudness(RATE_HZ * 3 / 4..RATE_HZ));
    assert!(before > 0.009 && after < before / 4.0, "{before} {after}");
}
