//! What must know a file's length or level before its first frame: trimming, fades, normalising.
//!
//! The stream is kept in a spool and read once or twice from there. A fade in alone needs none of
//! that.

use wavemill_core::job::CancelToken;
use wavemill_core::math::db_to_gain;
use wavemill_core::session::FadeCurve;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::{Spool, WriteError};

use super::exporter::ExportError;
use super::level::LevelMeter;
use super::normalise::Normalised;
use super::spec::{ExportSpec, TrimSilence};
use super::writer::Files;

/// Fades in frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameFades {
    fade_in: u64,
    fade_out: u64,
    curve: FadeCurve,
}

impl FrameFades {
    pub(super) fn new(spec: &ExportSpec, rate: SampleRate) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Saturates.
        let frames = |seconds: f64| (seconds * rate.hz_f64()).round() as u64;
        Self {
            fade_in: frames(spec.fades.in_seconds),
            fade_out: frames(spec.fades.out_seconds),
            curve: spec.fades.curve,
        }
    }

    /// Whether `frame` lies in the fade in.
    pub(super) fn fades_in_at(&self, frame: u64) -> bool {
        frame < self.fade_in
    }

    /// Draws the fades on interleaved frames, the first of which is frame `first`, of a file that
    /// ends at frame `end` (where that is known). Levels are those at the middle of a frame, as
    /// with clips.
    pub(super) fn draw(&self, samples: &mut [f32], channels: usize, first: u64, end: Option<u64>) {
        let from_end = |frame: u64| end.map_or(u64::MAX, |end| end - frame);
        for (frame, samples) in (first..).zip(samples.chunks_exact_mut(channels)) {
            let left = from_end(frame);
            if frame >= self.fade_in && left > self.fade_out {
                continue;
            }
            let mut level = 1.0;
            if frame < self.fade_in {
                level *= self.curve.value((frame as f64 + 0.5) / self.fade_in as f64);
            }
            if left <= self.fade_out {
                level *= self.curve.value((left as f64 - 0.5) / self.fade_out as f64);
            }
            scale(samples, level);
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
fn scale(samples: &mut [f32], factor: f64) {
    for sample in samples {
        *sample = (f64::from(*sample) * factor) as f32;
    }
}

/// A stream waiting for its length and level to be known.
pub(super) struct Passes {
    spool: Spool,
    channels: usize,
    rate: SampleRate,
    trim: Option<TrimSilence>,
    threshold: f32,
    /// First and last frame above the threshold.
    loud: Option<(u64, u64)>,
    fades: FrameFades,
    spec: ExportSpec,
}

impl Passes {
    pub(super) fn create(
        spec: &ExportSpec,
        rate: SampleRate,
        channels: usize,
    ) -> Result<Self, WriteError> {
        let paths = spec.paths();
        let beside = paths.first().unwrap_or(&spec.path);
        #[allow(clippy::cast_possible_truncation)]
        let threshold = |trim: TrimSilence| db_to_gain(trim.threshold_db) as f32;
        Ok(Self {
            spool: Spool::create(beside)?,
            channels,
            rate,
            trim: spec.trim,
            threshold: spec.trim.map_or(0.0, threshold),
            loud: None,
            fades: FrameFades::new(spec, rate),
            spec: spec.clone(),
        })
    }

    /// Takes the next interleaved frames at the file's rate.
    pub(super) fn push(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        if self.trim.is_some() {
            let first = self.frames();
            let loud = |frame: &[f32]| frame.iter().any(|x| x.is_nan() || x.abs() > self.threshold);
            let mut frames = samples.chunks_exact(self.channels);
            let last = frames.clone().rposition(loud);
            if let (Some(from), Some(last)) = (frames.position(loud), last) {
                let from = self.loud.map_or(first + from as u64, |(from, _)| from);
                self.loud = Some((from, first + last as u64));
            }
        }
        self.spool.push(samples)
    }

    fn frames(&self) -> u64 {
        self.spool.samples() / self.channels as u64
    }

    /// Writes what the file gets; tells what was done to its level.
    pub(super) fn finish(
        mut self,
        files: &mut Files,
        cancel: &CancelToken,
    ) -> Result<Option<Normalised>, ExportError> {
        let mut normalised = None;
        if let Some(target) = self.spec.normalise {
            let mut meter = LevelMeter::new(self.rate, self.channels);
            self.read(cancel, &mut |samples| {
                meter.push(samples);
                Ok(())
            })?;
            normalised = Some(Normalised::new(target, &meter.finish()));
        }
        let gain = normalised.as_ref().map_or(1.0, Normalised::gain);
        self.read(cancel, &mut |samples| {
            if gain != 1.0 {
                scale(samples, gain);
            }
            files.write(samples)
        })?;
        Ok(normalised)
    }

    /// Hands the trimmed and faded frames to `take`.
    fn read(
        &mut self,
        cancel: &CancelToken,
        take: &mut dyn FnMut(&mut [f32]) -> Result<(), WriteError>,
    ) -> Result<(), ExportError> {
        let (from, to) = self.part();
        let (channels, fades) = (self.channels, self.fades);
        let (mut piece, mut frame) = (Vec::new(), 0);
        let samples = channels as u64;
        self.spool.read(from * samples, (to - from) * samples, &mut |samples| {
            if cancel.is_cancelled() {
                return Err(ExportError::Cancelled);
            }
            piece.clear();
            piece.extend_from_slice(samples);
            fades.draw(&mut piece, channels, frame, Some(to - from));
            frame += (samples.len() / channels) as u64;
            Ok(take(&mut piece)?)
        })
    }

    /// The frames that are not trimmed.
    fn part(&self) -> (u64, u64) {
        let whole = (0, self.frames());
        let (Some(trim), Some((first, last))) = (self.trim, self.loud) else { return whole };
        (if trim.start { first } else { whole.0 }, if trim.end { last + 1 } else { whole.1 })
    }
}
