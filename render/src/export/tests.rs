//! Exports of known streams: what is in the files follows from a formula.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wavemill_core::job::CancelToken;
use wavemill_core::math::{TAU, db_to_gain, gain_to_db, sin};
use wavemill_core::session::FadeCurve;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::FlacEncoding;
use wavemill_media::audio::wav::WavEncoding;
use wavemill_media::audio::{CodecRegistry, WriteError};

use super::*;
use crate::measure::Meter;

const RATE_HZ: u32 = 48_000;
const FLOAT: FileFormat = FileFormat::Wav(WavEncoding::Float32);

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

/// An export of `stereo` as `change` makes it; what it gave, and the samples of each file.
fn export(
    stereo: &[f32],
    format: FileFormat,
    change: impl FnOnce(&mut ExportSpec),
) -> (Exported, Vec<Vec<f32>>) {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = ExportSpec::plain(&named(&folder, format), format);
    change(&mut spec);
    let mut exporter = Exporter::create(&spec, rate(RATE_HZ), 1).unwrap();
    for piece in stereo.chunks(2 * 1_001) {
        exporter.push(piece).unwrap();
    }
    let exported = exporter.finish(&CancelToken::default()).unwrap();
    let paths: Vec<PathBuf> = exported.files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(paths, spec.paths());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), paths.len());
    let samples = paths.iter().map(|path| read(path)).collect();
    (exported, samples)
}

fn named(folder: &TempDir, format: FileFormat) -> PathBuf {
    folder.path().join(match format {
        FileFormat::Wav(_) => "a.wav",
        FileFormat::Flac(_) => "a.flac",
    })
}

fn read(path: &Path) -> Vec<f32> {
    let source = CodecRegistry::builtin().open(path).unwrap().source;
    let mut out = vec![9.0; usize::try_from(source.frames()).unwrap() * source.channels()];
    source.reader(SimdLevel::detect()).unwrap().read(0, &mut out).unwrap();
    out
}

/// A sine of 997 Hz, left at `level_db`, right 3 dB lower.
#[allow(clippy::cast_possible_truncation)]
fn tone(level_db: f64, frames: u32) -> Vec<f32> {
    let sample = |n: u32, level: f64| {
        (db_to_gain(level) * sin(TAU * (f64::from(n) * 997.0 / 48_000.0).fract())) as f32
    };
    (0..frames).flat_map(|n| [sample(n, level_db), sample(n, level_db - 3.0)]).collect()
}

fn peak_db(samples: &[f32]) -> f64 {
    gain_to_db(f64::from(samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()))))
}

/// As the other meter reads it.
fn measured(samples: &[f32], hz: u32) -> crate::measure::Loudness {
    let mut meter = Meter::new(rate(hz));
    meter.push(samples);
    meter.finish()
}

#[track_caller]
fn assert_near(value: Option<f64>, wanted: f64, tolerance: f64) {
    assert!(value.is_some_and(|value| (value - wanted).abs() <= tolerance), "{value:?}");
}

#[test]
fn a_plain_export_is_the_stream() {
    let stream = tone(-6.0, 10_000);
    let (exported, files) = export(&stream, FLOAT, |_| {});
    assert_eq!(files, [stream]);
    assert_eq!((exported.facts.frames, exported.facts.channels), (10_000, 2));
    assert_eq!(exported.facts.normalised, None);
}

/// The samples of FLAC and WAV are the same whatever is done on the way.
#[test]
fn flac_has_the_samples_of_wav() {
    let stream = tone(-6.0, 10_000);
    for dither in [ExportDither::None, ExportDither::Triangular, ExportDither::Shaped] {
        for (wav, flac) in [
            (WavEncoding::Signed16, FlacEncoding::Signed16),
            (WavEncoding::Signed24, FlacEncoding::Signed24),
        ] {
            let change = |spec: &mut ExportSpec| {
                spec.dither = dither;
                spec.rate = Some(rate(44_100));
                spec.normalise = Some(Normalise::Peak(-2.0));
            };
            let (wav, wav_files) = export(&stream, FileFormat::Wav(wav), change);
            let (flac, flac_files) = export(&stream, FileFormat::Flac(flac), change);
            assert_eq!(wav.files[0].pcm_sha256, flac.files[0].pcm_sha256, "{dither:?}");
            assert_eq!(wav_files, flac_files, "{dither:?}");
        }
    }
}

#[test]
fn peaks_are_brought_to_the_level() {
    let stream = tone(-20.0, 30_000);
    let (exported, files) = export(&stream, FLOAT, |spec| {
        spec.normalise = Some(Normalise::Peak(-3.0));
    });
    assert!((peak_db(&files[0]) + 3.0).abs() < 1e-5);
    let normalised = exported.facts.normalised.unwrap();
    assert!((normalised.gain_db - (-3.0 - peak_db(&stream))).abs() < 1e-6, "{normalised:?}");
    assert_eq!(normalised.limited_by, Limit::Target);
    assert_near(normalised.peak_dbfs, -3.0, 1e-9);
}

/// A quarter of the rate at 45 degrees: its samples lie 3 dB below its peak.
#[test]
#[allow(clippy::cast_possible_truncation)]
fn true_peaks_are_brought_to_the_level() {
    let sample = |n: u32| {
        // Without an edge, which would have a peak of its own.
        let rise = f64::from(n.min(47_999 - n).min(4_800)) / 4_800.0;
        (0.1 * rise * sin(TAU * (f64::from(n) * 0.25 + 0.125).fract())) as f32
    };
    let stream: Vec<f32> = (0..48_000).flat_map(|n| [sample(n), 0.0]).collect();
    let (exported, files) = export(&stream, FLOAT, |spec| {
        spec.normalise = Some(Normalise::TruePeak(-1.0));
    });
    assert_near(measured(&files[0], RATE_HZ).true_peak_dbtp, -1.0, 0.1);
    assert!((peak_db(&files[0]) + 1.0 + 20.0 * std::f64::consts::LOG10_2 / 2.0).abs() < 0.05);
    assert_near(exported.facts.normalised.unwrap().true_peak_dbtp, -1.0, 1e-9);
}

/// The loudness asked for, unless the ceiling is in the way; also of what is converted, faded and
/// mixed before, for it is the file that is measured.
#[test]
fn loudness_is_brought_to_the_level_under_the_ceiling() {
    let mut stream = tone(-30.0, 5 * RATE_HZ);
    // A peak high above the rest.
    stream[2 * 48_000] = 0.9;
    let quiet = Normalise::Loudness { lufs: -33.0, ceiling_dbtp: -1.0 };
    let loud = Normalise::Loudness { lufs: -14.0, ceiling_dbtp: -1.0 };
    for hz in [48_000, 44_100, 96_000] {
        let change = |target| {
            move |spec: &mut ExportSpec| {
                spec.normalise = Some(target);
                spec.rate = Some(rate(hz));
                spec.fades = Fades { out_seconds: 3.0, ..Fades::NONE };
            }
        };
        let (exported, files) = export(&stream, FLOAT, change(quiet));
        assert_near(measured(&files[0], hz).integrated_lufs, -33.0, 0.01);
        let normalised = exported.facts.normalised.unwrap();
        assert_eq!(normalised.limited_by, Limit::Target);
        assert_near(normalised.integrated_lufs, -33.0, 1e-6);
        let (exported, files) = export(&stream, FLOAT, change(loud));
        let read = measured(&files[0], hz);
        assert_near(read.true_peak_dbtp, -1.0, 0.2);
        assert!(read.integrated_lufs.unwrap() < -20.0);
        let normalised = exported.facts.normalised.unwrap();
        assert_eq!(normalised.limited_by, Limit::Ceiling);
        assert_near(normalised.integrated_lufs, read.integrated_lufs.unwrap(), 0.01);
    }
    // The master's own figures are of the stream as it came.
    let (exported, _) = export(&stream, FLOAT, |spec| {
        spec.normalise = Some(loud);
        spec.measure = true;
    });
    let wanted = measured(&stream, RATE_HZ).integrated_lufs.unwrap();
    assert_near(exported.facts.loudness.unwrap().integrated_lufs, wanted, 1e-9);
}

#[test]
fn nothing_is_not_normalised() {
    let short = tone(-30.0, 1_000);
    let loudness = Normalise::Loudness { lufs: -14.0, ceiling_dbtp: -1.0 };
    for (stream, target) in [
        (vec![0.0; 2 * 48_000], Normalise::Peak(-1.0)),
        (vec![0.0; 2 * 48_000], Normalise::TruePeak(-1.0)),
        (vec![0.0; 2 * 48_000], loudness),
        (Vec::new(), loudness),
        (short, loudness),
    ] {
        let (exported, files) = export(&stream, FLOAT, |spec| spec.normalise = Some(target));
        let normalised = exported.facts.normalised.unwrap();
        assert_eq!((normalised.limited_by, normalised.gain_db), (Limit::Nothing, 0.0));
        assert_eq!(files, [stream]);
    }
}

/// What fades out and what fades in along the other's mirror make the whole.
#[test]
fn fades_cancel() {
    let stream = tone(-6.0, 48_000);
    let faded = |in_seconds, out_seconds| {
        let fades = Fades { in_seconds, out_seconds, curve: FadeCurve::Linear };
        export(&stream, FLOAT, |spec| spec.fades = fades).1.remove(0)
    };
    let (rising, falling) = (faded(1.0, 0.0), faded(0.0, 1.0));
    assert_eq!(rising.len(), stream.len());
    for ((rising, falling), whole) in rising.iter().zip(&falling).zip(&stream) {
        assert!((rising + falling - whole).abs() < 1e-7);
    }
}

#[test]
#[allow(clippy::cast_possible_truncation)]
fn fades_follow_their_curve_up_to_the_files_end() {
    // At the file's rate of 24 kHz: 100 frames in, 50 out, of 1,000.
    let curves = [FadeCurve::Linear, FadeCurve::EqualPower, FadeCurve::Slow, FadeCurve::Smooth];
    for curve in curves {
        let fades = Fades { in_seconds: 100.0 / 48_000.0, out_seconds: 50.0 / 48_000.0, curve };
        let (_, files) = export(&[0.5; 2_000], FLOAT, |spec| spec.fades = fades);
        for (n, frame) in files[0].chunks_exact(2).enumerate() {
            let at = n as f64 + 0.5;
            let level = match n {
                0..100 => curve.value(at / 100.0),
                950.. => curve.value((1_000.0 - at) / 50.0),
                _ => 1.0,
            };
            assert_eq!(frame, [(0.5 * level) as f32; 2], "{curve:?}, frame {n}");
        }
    }
}

#[test]
fn silence_is_trimmed_where_asked() {
    let mut stream = vec![1e-4; 2 * 100_000];
    stream[2 * 30_000 + 1] = 0.01;
    stream[2 * 69_999] = -0.01;
    let trimmed = |start, end, threshold_db| {
        let trim = Some(TrimSilence { start, end, threshold_db });
        export(&stream, FLOAT, |spec| spec.trim = trim).1.remove(0)
    };
    assert_eq!(trimmed(true, false, -60.0), stream[2 * 30_000..]);
    assert_eq!(trimmed(false, true, -60.0), stream[..2 * 70_000]);
    assert_eq!(trimmed(true, true, -60.0), stream[2 * 30_000..2 * 70_000]);
    assert_eq!(trimmed(true, true, -90.0), stream);
    // All of it is silent: nothing to trim to.
    assert_eq!(trimmed(true, true, -30.0), stream);
}

/// The fade out ends where the file does, after what was trimmed.
#[test]
fn fades_lie_inside_of_what_is_trimmed() {
    let mut stream = vec![0.0; 2 * 1_000];
    stream[2 * 200..2 * 600].fill(0.5);
    let (_, files) = export(&stream, FLOAT, |spec| {
        spec.trim = Some(TrimSilence { start: true, end: true, threshold_db: -60.0 });
        let seconds = 400.0 / 48_000.0;
        spec.fades = Fades { in_seconds: 0.0, out_seconds: seconds, curve: FadeCurve::Linear };
    });
    assert_eq!(files[0].len(), 2 * 400);
    for (n, frame) in (0_u16..).zip(files[0].chunks_exact(2)) {
        let wanted = 0.5 * (1.0 - (f32::from(n) + 0.5) / 400.0);
        assert!((frame[0] - wanted).abs() < 1e-6, "{n}: {frame:?}");
    }
}

#[test]
fn mono_is_the_mean_and_opposites_cancel() {
    let stream = tone(-6.0, 10_000);
    let mono = |stream: &[f32]| {
        let (exported, mut files) =
            export(stream, FLOAT, |spec| spec.channels = ExportChannels::Mono);
        assert_eq!((exported.facts.channels, exported.facts.frames), (1, stream.len() as u64 / 2));
        files.remove(0)
    };
    let wanted: Vec<f32> = stream.chunks_exact(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    assert_eq!(mono(&stream), wanted);
    let opposite: Vec<f32> = stream.chunks_exact(2).flat_map(|pair| [pair[0], -pair[0]]).collect();
    assert!(mono(&opposite).iter().all(|sample| *sample == 0.0));
}

#[test]
fn split_files_have_a_channel_each() {
    let stream = tone(-6.0, 10_000);
    let side = |side: usize| stream.iter().skip(side).step_by(2).copied().collect::<Vec<f32>>();
    let split = |spec: &mut ExportSpec| spec.channels = ExportChannels::Split;
    let (exported, files) = export(&stream, FLOAT, split);
    assert_eq!(files, [side(0), side(1)]);
    assert_eq!((exported.facts.channels, exported.facts.frames), (1, 10_000));
    // The noise of the two is not the same.
    let sixteen = FileFormat::Flac(FlacEncoding::Signed16);
    let (_, files) = export(&[0.0; 20_000], sixteen, split);
    assert_ne!(files[0], files[1]);
}

#[test]
fn pieces_change_nothing() {
    let stream = tone(-6.0, 20_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flac");
    let spec = ExportSpec {
        overwrite: true,
        rate: Some(rate(44_100)),
        dither: ExportDither::Shaped,
        fades: Fades { in_seconds: 0.1, out_seconds: 0.2, curve: FadeCurve::Smooth },
        trim: Some(TrimSilence { start: true, end: true, threshold_db: -20.0 }),
        normalise: Some(Normalise::Loudness { lufs: -20.0, ceiling_dbtp: -1.0 }),
        ..ExportSpec::plain(&path, FileFormat::Flac(FlacEncoding::Signed16))
    };
    let bytes = |frames: usize| {
        let mut exporter = Exporter::create(&spec, rate(RATE_HZ), 1).unwrap();
        for piece in stream.chunks(2 * frames) {
            exporter.push(piece).unwrap();
        }
        exporter.finish(&CancelToken::default()).unwrap();
        std::fs::read(&path).unwrap()
    };
    let whole = bytes(20_000);
    for frames in [1, 7, 4_096] {
        assert!(bytes(frames) == whole, "pieces of {frames}");
    }
}

/// Whatever is asked for: dropped, cancelled or refused, nothing is left and nothing is harmed.
#[test]
fn what_does_not_end_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let right = folder.path().join("a.R.wav");
    let spec = ExportSpec {
        channels: ExportChannels::Split,
        normalise: Some(Normalise::Peak(-1.0)),
        ..ExportSpec::plain(&path, FLOAT)
    };
    let begin = || {
        let mut exporter = Exporter::create(&spec, rate(RATE_HZ), 1).unwrap();
        exporter.push(&tone(-6.0, 200_000)).unwrap();
        exporter
    };
    let count = || std::fs::read_dir(folder.path()).unwrap().count();
    drop(begin());
    assert_eq!(count(), 0);
    let cancel = CancelToken::default();
    cancel.cancel();
    assert!(matches!(begin().finish(&cancel), Err(ExportError::Cancelled)));
    assert_eq!(count(), 0);
    // One of two names is taken: before it begins, or while it is written.
    std::fs::write(&right, "mine").unwrap();
    let refused = Exporter::create(&spec, rate(RATE_HZ), 1).err().unwrap();
    assert_eq!(refused, WriteError::Exists { path: right.clone() });
    std::fs::remove_file(&right).unwrap();
    let begun = begin();
    std::fs::write(&right, "mine").unwrap();
    assert!(begun.finish(&CancelToken::default()).is_err());
    assert_eq!((count(), std::fs::read(&right).unwrap()), (1, b"mine".to_vec()));
}
