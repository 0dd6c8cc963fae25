//! The part of a finished file's name in the store that is about its export.

use sha2::{Digest, Sha256};
use wavemill_core::session::FadeCurve;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::{ENCODER_VERSION, FlacEncoding};
use wavemill_media::audio::wav::WavEncoding;
use wavemill_media::audio::{noise_shaping, resample};

use super::spec::{
    ExportChannels, ExportDither, ExportSpec, Fades, FileFormat, Normalise, TrimSilence,
};

/// Raised whenever the steps of an export give other bytes on purpose.
pub const EXPORT_VERSION: u32 = 2;

/// Names the steps of an export.
const NAME: &[u8] = b"wavemill export\0";

impl ExportSpec {
    /// Adds all that the bytes of the files and the report depend on, apart from the stream itself
    /// and where the files lie. Every option has its place, and numbers are their bits.
    pub(crate) fn add_to_key(&self, digest: &mut Sha256, stream_rate: SampleRate, seed: u64) {
        digest.update(NAME);
        let versions = [EXPORT_VERSION, resample::VERSION, noise_shaping::VERSION, ENCODER_VERSION];
        let rates = [stream_rate, self.file_rate(stream_rate)].map(SampleRate::hz);
        for number in versions.into_iter().chain(rates) {
            digest.update(number.to_le_bytes());
        }
        digest.update(seed.to_le_bytes());
        digest.update(format_code(self.format));
        digest.update([dither_code(self.dither), channels_code(self.channels)]);
        let Fades { in_seconds, out_seconds, curve } = self.fades;
        digest.update([curve_code(curve)]);
        add_numbers(digest, [in_seconds, out_seconds]);
        match self.trim {
            None => digest.update([0]),
            Some(TrimSilence { start, end, threshold_db }) => {
                digest.update([1, u8::from(start), u8::from(end)]);
                add_numbers(digest, [threshold_db]);
            }
        }
        match self.normalise {
            None => digest.update([0]),
            Some(Normalise::Peak(dbfs)) => add_level(digest, 1, [dbfs, 0.0]),
            Some(Normalise::TruePeak(dbtp)) => add_level(digest, 2, [dbtp, 0.0]),
            Some(Normalise::Loudness { lufs, ceiling_dbtp }) => {
                add_level(digest, 3, [lufs, ceiling_dbtp]);
            }
        }
        digest.update([u8::from(self.measure)]);
    }
}

fn add_level(digest: &mut Sha256, code: u8, numbers: [f64; 2]) {
    digest.update([code]);
    add_numbers(digest, numbers);
}

fn add_numbers<const N: usize>(digest: &mut Sha256, numbers: [f64; N]) {
    for number in numbers {
        // -0 is 0.
        digest.update((number + 0.0).to_bits().to_le_bytes());
    }
}

/// A number for the container and one for the samples in it, never given to another.
fn format_code(format: FileFormat) -> [u8; 2] {
    match format {
        FileFormat::Wav(WavEncoding::Signed16) => [0, 0],
        FileFormat::Wav(WavEncoding::Signed24) => [0, 1],
        FileFormat::Wav(WavEncoding::Signed32) => [0, 2],
        FileFormat::Wav(WavEncoding::Float32) => [0, 3],
        FileFormat::Flac(FlacEncoding::Signed16) => [1, 0],
        FileFormat::Flac(FlacEncoding::Signed24) => [1, 1],
    }
}

fn dither_code(dither: ExportDither) -> u8 {
    match dither {
        ExportDither::None => 0,
        ExportDither::Triangular => 1,
        ExportDither::Shaped => 2,
    }
}

fn channels_code(channels: ExportChannels) -> u8 {
    match channels {
        ExportChannels::Stereo => 0,
        ExportChannels::Mono => 1,
        ExportChannels::Split => 2,
    }
}

fn curve_code(curve: FadeCurve) -> u8 {
    match curve {
        FadeCurve::Linear => 0,
        FadeCurve::EqualPower => 1,
        FadeCurve::Slow => 2,
        FadeCurve::Fast => 3,
        FadeCurve::Smooth => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn key(spec: &ExportSpec) -> [u8; 32] {
        let mut digest = Sha256::new();
        spec.add_to_key(&mut digest, SampleRate::new(48_000).unwrap(), 7);
        digest.finalize().into()
    }

    #[test]
    fn every_option_is_in_the_key_and_the_place_is_not() {
        let plain = ExportSpec::plain(Path::new("a.wav"), FileFormat::Wav(WavEncoding::Signed24));
        let elsewhere = ExportSpec { path: "b.wav".into(), overwrite: true, ..plain.clone() };
        assert_eq!(key(&plain), key(&elsewhere));
        let same_rate = ExportSpec { rate: SampleRate::new(48_000).ok(), ..plain.clone() };
        assert_eq!(key(&plain), key(&same_rate));
        let trim = |start, end, threshold_db| Some(TrimSilence { start, end, threshold_db });
        let fades = |in_seconds, out_seconds| Fades { in_seconds, out_seconds, ..Fades::NONE };
        let smooth = Fades { curve: FadeCurve::Smooth, ..fades(1.0, 0.0) };
        let loudness = |lufs, ceiling_dbtp| Some(Normalise::Loudness { lufs, ceiling_dbtp });
        let with = |change: &dyn Fn(&mut ExportSpec)| {
            let mut spec = plain.clone();
            change(&mut spec);
            spec
        };
        let all = [
            plain.clone(),
            with(&|s| s.format = FileFormat::Flac(FlacEncoding::Signed24)),
            with(&|s| s.format = FileFormat::Wav(WavEncoding::Signed16)),
            with(&|s| s.rate = SampleRate::new(44_100).ok()),
            with(&|s| s.dither = ExportDither::None),
            with(&|s| s.dither = ExportDither::Shaped),
            with(&|s| s.channels = ExportChannels::Mono),
            with(&|s| s.channels = ExportChannels::Split),
            with(&|s| s.trim = trim(true, false, -60.0)),
            with(&|s| s.trim = trim(false, true, -60.0)),
            with(&|s| s.trim = trim(true, true, -60.0)),
            with(&|s| s.trim = trim(true, true, -61.0)),
            with(&|s| s.fades = fades(1.0, 0.0)),
            with(&|s| s.fades = fades(0.0, 1.0)),
            with(&|s| s.fades = smooth),
            with(&|s| s.normalise = Some(Normalise::Peak(-1.0))),
            with(&|s| s.normalise = Some(Normalise::TruePeak(-1.0))),
            with(&|s| s.normalise = loudness(-14.0, -1.0)),
            with(&|s| s.normalise = loudness(-14.0, -2.0)),
            with(&|s| s.normalise = loudness(-16.0, -1.0)),
            with(&|s| s.measure = true),
        ];
        let keys: BTreeSet<_> = all.iter().map(key).collect();
        assert_eq!(keys.len(), all.len());
    }
}
