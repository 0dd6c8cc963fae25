//! Instruments for tests: texts with samples in memory, and regions written as text.

use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::audio::{AudioLibrary, MemoryLibrary, MemorySource, SampleMarks};
use crate::time::SampleRate;

/// A sample called `name` of one channel at 48 kHz.
pub(crate) fn mono<'a>(name: &'a str, frames: &[f32]) -> (&'a str, MemorySource) {
    (name, MemorySource::new(frames, 1, SampleRate::new(48_000).unwrap()))
}

/// A library with the file `kit/kit.sfz` and samples in its folder.
pub(crate) fn library(text: &str, samples: &[(&str, MemorySource)]) -> MemoryLibrary {
    let mut library = MemoryLibrary::default();
    library.insert_sfz("kit/kit.sfz", text);
    for (name, source) in samples {
        library.insert(format!("kit/{name}"), source.clone());
    }
    library
}

/// The instrument of a text and its samples.
pub(crate) fn sampled(text: &str, samples: &[(&str, MemorySource)]) -> Arc<SampledInstrument> {
    library(text, samples).sampled_instrument("kit/kit.sfz").unwrap()
}

/// Regions of all kinds, over all keys.
pub(crate) const BUSY: &str = "\
<global> ampeg_release=0.02 bend_up=300
<group> sample=wave.wav pitch_keycenter=60
<region> hikey=50 loop_mode=loop_continuous loop_start=100 loop_end=499 ampeg_attack=0.003
ampeg_hold=0.002 ampeg_decay=0.05 ampeg_sustain=40 pan=-30
<region> lokey=51 hikey=70 loop_mode=loop_sustain loop_start=40 loop_end=139 tune=-17 output=0
<region> lokey=71 hikey=90 group=1 off_by=1 loop_mode=one_shot
<region> lokey=91 off_by=1 off_mode=normal group=1 ampeg_release=0.01
<region> lorand=0 hirand=0.5 volume=-9 delay=0.004 transpose=5
<group> sample=stereo.wav key=60 lokey=0 hikey=127 seq_length=2 volume=-6
<region> seq_position=1 offset=30 amp_veltrack=-50
<region> seq_position=2 end=600 loop_mode=no_loop output=3 cutoff=500 resonance=12 fil_veltrack=2400
<region> trigger=release rt_decay=3 volume=-20 off_mode=time off_time=0.002 off_by=1
<region> trigger=release rt_dead=on sw_previous=55 volume=-12 end=300
<group> sample=marked.wav sw_lokey=30 sw_hikey=45 sw_default=35 volume=-15 pitch_keycenter=sample
<region> sw_last=35 <region> sw_last=30 loop_mode=loop_sustain tune=20 cutoff=900 fil_type=hpf_1p <region> sw_down=40 pan=60
";

/// [`BUSY`] with its samples.
pub(crate) fn busy() -> MemoryLibrary {
    let wave = |n: u16| {
        let x = f32::from(n) * (1.0 / 50.0);
        (x - x.floor() - 0.5) * 0.5
    };
    let first: Vec<f32> = (0..700).map(wave).collect();
    let second: Vec<f32> = (0..1_600).map(|n| wave(n * 7 % 450) * 0.6).collect();
    let rate = SampleRate::new(44_100).unwrap();
    let marks = SampleMarks { looped: Some((200, 649)), pitch: Some((58, 1 << 29)) };
    let samples = [
        mono("wave.wav", &first),
        ("stereo.wav", MemorySource::new(&second, 2, rate)),
        ("marked.wav", MemorySource::new(&first, 1, rate).with_marks(marks)),
    ];
    library(BUSY, &samples)
}

/// A text that says what a region is, all of it.
pub(crate) fn written(region: &Region, samples: &[String]) -> String {
    let mut text = String::from("<region>");
    let mut put = |opcode: &str, value: &dyn std::fmt::Display| {
        write!(text, " {opcode}={value}").unwrap();
    };
    match region.sample {
        Some(sample) => put("sample", &samples[sample]),
        None => put("sample", &"*silence"),
    }
    put("lokey", &region.keys.0);
    put("hikey", &region.keys.1);
    put("lovel", &region.velocities.0);
    put("hivel", &region.velocities.1);
    put("lochan", &region.channels.0);
    put("hichan", &region.channels.1);
    put("lorand", &region.random.0);
    put("hirand", &region.random.1);
    put("seq_length", &region.seq_length);
    put("seq_position", &region.seq_position);
    let triggers = ["attack", "release", "release_key", "first", "legato"];
    put("trigger", &triggers[region.trigger as usize]);
    put("group", &region.group);
    put("off_by", &region.off_by);
    match region.off_mode {
        OffMode::Fast => put("off_mode", &"fast"),
        OffMode::Normal => put("off_mode", &"normal"),
        OffMode::Time(seconds) => {
            put("off_mode", &"time");
            put("off_time", &seconds);
        }
    }
    let switches = &region.switches;
    let keys = [
        ("sw_lokey", switches.range.map(|range| range.0)),
        ("sw_hikey", switches.range.map(|range| range.1)),
        ("sw_last", switches.last),
        ("sw_default", switches.default),
        ("sw_down", switches.down),
        ("sw_up", switches.up),
        ("sw_previous", switches.previous),
    ];
    for (opcode, key) in keys {
        if let Some(key) = key {
            put(opcode, &key);
        }
    }
    put("pitch_keycenter", &region.pitch_keycenter);
    if region.has_pitch_of_sample {
        put("pitch_keycenter", &"sample");
    }
    put("pitch_keytrack", &region.pitch_keytrack_cents);
    put("tune", &region.tune_cents);
    put("bend_up", &region.bend_up_cents);
    put("bend_down", &region.bend_down_cents);
    put("volume", &region.volume_db);
    put("amplitude", &(region.amplitude * 100.0));
    put("pan", &(region.pan * 100.0));
    put("amp_veltrack", &(region.amp_veltrack * 100.0));
    if let Some(hz) = region.cutoff_hz {
        put("cutoff", &hz);
    }
    let kinds = ["lpf_1p", "hpf_1p", "lpf_2p", "hpf_2p", "bpf_2p", "brf_2p"];
    if let Some(kind) = region.fil_type {
        put("fil_type", &kinds[kind as usize]);
    }
    put("resonance", &region.resonance_db);
    put("fil_veltrack", &region.fil_veltrack_cents);
    put("fil_keytrack", &region.fil_keytrack_cents);
    put("fil_keycenter", &region.fil_keycenter);
    put("rt_decay", &region.rt_decay_db);
    put("rt_dead", &if region.rt_dead { "on" } else { "off" });
    put("offset", &region.offset);
    if let Some(end) = region.end {
        put("end", &end);
    }
    let modes = ["no_loop", "one_shot", "loop_continuous", "loop_sustain"];
    if let Some(mode) = region.loop_mode {
        put("loop_mode", &modes[mode as usize]);
    }
    if let Some(start) = region.loop_start {
        put("loop_start", &start);
    }
    if let Some(end) = region.loop_end {
        put("loop_end", &end);
    }
    put("delay", &region.delay_seconds);
    let envelope = &region.envelope;
    put("ampeg_delay", &envelope.delay_seconds);
    put("ampeg_attack", &envelope.attack_seconds);
    put("ampeg_hold", &envelope.hold_seconds);
    put("ampeg_decay", &envelope.decay_seconds);
    put("ampeg_sustain", &(envelope.sustain * 100.0));
    put("ampeg_release", &envelope.release_seconds);
    put("output", &region.output);
    text
}
