//! A live run equals its script replayed offline, whatever the device's buffers.
#![allow(clippy::expect_used)] // Tests, helpers included, fail by panicking.

use std::sync::Arc;

use wavemill_core::audio::{MemoryLibrary, MemorySource};
use wavemill_core::dsp::BuiltIns;
use wavemill_core::execute::SegmentConfig;
use wavemill_core::graph::{CompileConfig, Plan, compile};
use wavemill_core::math::random::Random;
use wavemill_core::midi::Chase;
use wavemill_core::session::Session;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples};
use wavemill_realtime::{VirtualDriver, replay};

const FRAMES: usize = 12_000;
const CONFIG: SegmentConfig =
    SegmentConfig { max_frames: 128, level: SimdLevel::SCALAR, chains: false };

/// Two tracks with state in every kind of node, as text; `volume_db` is that of the second.
fn plan(volume_db: f64) -> Arc<Plan> {
    let text = format!(
        r#"{{"format":"wavemill-session","version":1,"name":"live","sample_rate":48000,"tracks":[
        {{"id":"a","name":"a","kind":"audio","inserts":[
            {{"id":"eq","processor":"equaliser","parameters":{{"band1.type":"bell","band1.gain_db":9.0}}}},
            {{"id":"comp","processor":"compressor","parameters":{{"lookahead_ms":3.0}}}}],
          "sends":[{{"id":"echo","to":"echo"}}],
          "clips":[{{"id":"c","content":{{"audio":{{"file":"noise"}}}},"start":{{"samples":0}},"length":{{"samples":12000}}}}]}},
        {{"id":"b","name":"b","kind":"audio","volume_db":{volume_db},
          "clips":[{{"id":"d","content":{{"audio":{{"file":"noise"}}}},"start":{{"samples":500}},"length":{{"samples":9000}}}}]}},
        {{"id":"keys","name":"keys","kind":"instrument","inserts":[{{"id":"tone","processor":"tone"}}],
          "clips":[{{"id":"e","content":{{"midi":{{"notes":[{{"at":0,"length":7000,"key":60}}]}}}},"start":{{"ticks":0}},"length":{{"ticks":9000}}}}]}},
        {{"id":"echo","name":"echo","kind":"return","inserts":[
            {{"id":"delay","processor":"delay","parameters":{{"time_ms":31.0,"mix":1.0}}}}]}}]}}"#
    );
    let session = Session::from_json(text.as_bytes()).expect("the session is well written");
    let rate = SampleRate::new(48_000).expect("a rate");
    let random = Random::new(5, 5);
    let noise: Vec<f32> = (0..24_000).map(|position| 0.4 * random.bipolar_f32(position)).collect();
    let mut audio = MemoryLibrary::default();
    audio.insert("noise", MemorySource::new(&noise, 2, rate));
    let config = CompileConfig { audio: &audio, processors: &BuiltIns };
    Arc::new(compile(&session, &config).expect("it compiles"))
}

/// Device buffers of `size` frames, or random ones where it is 0, with swaps and a locate on the
/// way; what came out, and what the script gives offline.
fn live_and_offline(size: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let random = Random::new(seed, 0);
    let mut driver = VirtualDriver::new(plan(0.0), CONFIG).expect("starts");
    let mut out = vec![0.0; 2 * FRAMES];
    let mut rest = out.as_mut_slice();
    for buffer in 0.. {
        let drawn = 1 + usize::try_from(random.bits(buffer) % 1_500).expect("small");
        let frames = if size == 0 { drawn } else { size };
        let (now, later) = rest.split_at_mut((2 * frames).min(rest.len()));
        match buffer {
            3 => driver.swap(plan(-6.0)).expect("prepares"),
            5 => driver.locate(Samples(2_222), Chase::ControllersAndNotes),
            7 => driver.swap(plan(-3.0)).expect("prepares"),
            _ => {}
        }
        driver.callback(now).expect("runs");
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    let offline = replay(plan(0.0), driver.script(), FRAMES, CONFIG).expect("replays");
    (out, offline)
}

#[test]
fn device_buffers_of_any_size_equal_the_offline_executor() {
    for size in [16, 64, 100, 127, 1_024] {
        let (live, offline) = live_and_offline(size, 0);
        assert!(live.iter().any(|sample| sample.abs() > 0.1), "it sounds");
        assert_eq!(live, offline, "device buffers of {size}");
    }
    for seed in 1..6 {
        let (live, offline) = live_and_offline(0, seed);
        assert_eq!(live, offline, "random device buffers, seed {seed}");
    }
}

#[test]
fn a_swap_is_heard_and_keeps_what_rings() {
    let (with_swaps, _) = live_and_offline(100, 0);
    let mut driver = VirtualDriver::new(plan(0.0), CONFIG).expect("starts");
    let mut without = vec![0.0; 2 * FRAMES];
    driver.callback(&mut without).expect("runs");
    // Until the first swap, at the start of the fourth buffer, both are the same.
    assert_eq!(with_swaps[..600], without[..600]);
    assert_ne!(with_swaps[600..3_000], without[600..3_000]);
}
