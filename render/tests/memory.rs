//! Memory does not grow with the length of what is rendered. A test of its own process: the peak
//! that the system counts is that of all threads.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Tests fail by panicking.

#[allow(dead_code)] // Shared with the other tests of this crate.
#[path = "offline/support.rs"]
mod support;

use support::{RATE_HZ, Song, insert};
use wavemill_core::session::ClipContent;
use wavemill_core::session::TimeValue;
use wavemill_core::time::Samples;

/// The most memory this process ever held, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Four tracks that loop a second of noise for so long, each with a chain that holds state.
fn song(seconds: u32) -> Song {
    let mut song = Song::new();
    let noise: Vec<f32> = (0..RATE_HZ).map(noise).collect();
    for id in ["a", "b", "c", "d"] {
        let chain = vec![insert("dc-block", &[]), insert("limiter", &[("lookahead_ms", 10.0)])];
        song.play(id, &noise, chain);
        let clip = song.session.tracks.last_mut().unwrap().clips.last_mut().unwrap();
        clip.length = TimeValue::Samples(Samples(i64::from(seconds * RATE_HZ)));
        if let ClipContent::Audio(audio) = &mut clip.content {
            audio.loop_length = Some(Samples(i64::from(RATE_HZ)));
        }
    }
    song
}

/// A number in -0.2 to 0.2 from `n`.
#[allow(clippy::cast_possible_truncation)] // Samples are f32.
fn noise(n: u32) -> f32 {
    (f64::from(n.wrapping_mul(2_654_435_761) >> 8) / 41_943_040.0 - 0.2) as f32
}

#[test]
fn a_long_bounce_takes_no_more_memory_than_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut peaks = Vec::new();
    for seconds in [5, 60] {
        let song = song(seconds);
        let frames = bounce_to(&song, &folder.path().join(format!("{seconds}.wav")));
        assert_eq!(frames, u64::from(seconds * RATE_HZ));
        peaks.push(peak_kib());
    }
    // Held in memory, the long one's 2.88 million stereo frames would take 22,500 KiB.
    let grown = peaks[1] - peaks[0];
    assert!(grown < 6_144, "another minute took {grown} KiB more: {peaks:?}");
}

/// Bounces to 16 bits, measured, without reading the file again; the frames written.
fn bounce_to(song: &Song, output: &std::path::Path) -> u64 {
    use wavemill_core::job::{CancelToken, NoProgress};
    let request = wavemill_render::BounceRequest {
        export: wavemill_render::export::ExportSpec {
            measure: true,
            ..wavemill_render::export::ExportSpec::plain(
                output,
                wavemill_render::export::FileFormat::Wav(
                    wavemill_media::audio::wav::WavEncoding::Signed16,
                ),
            )
        },
        from: Samples::ZERO,
        to: None,
        tail: wavemill_render::Tail::None,
        render: wavemill_render::RenderConfig {
            jobs: 3,
            block: 512,
            level: wavemill_core::simd::SimdLevel::detect(),
        },
        digest_chunks: false,
    };
    let done = wavemill_render::bounce(
        &song.plan(),
        &request,
        None,
        None,
        &NoProgress,
        &CancelToken::default(),
    );
    done.unwrap_or_else(|error| panic!("{error}")).exported.facts.frames
}
