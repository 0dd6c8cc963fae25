//! What is bounced and how, and what comes of it.

use wavemill_core::graph::Plan;
use wavemill_core::time::{SampleRate, Samples};
use wavemill_media::audio::WriteError;

use crate::export::{ExportError, ExportSpec, Exported, Limit};
use crate::scheduler::{RenderConfig, RenderError, RenderWarning};

/// Longest tail that `auto` waits for.
const MAX_AUTO_TAIL_SECONDS: u32 = 60;

/// Longest tail in seconds: a day, far beyond any tail and far below any overflow.
pub const MAX_TAIL_SECONDS: f64 = 86_400.0;

/// How long a bounce goes on after the content has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tail {
    /// As long as the processors ring, 60 s at most, without the silence at its end.
    Auto,
    /// Not at all.
    None,
    /// This many samples.
    Samples(Samples),
}

impl Tail {
    /// So many seconds at `rate`; `None` outside of 0 to [`MAX_TAIL_SECONDS`].
    pub fn of_seconds(seconds: f64, rate: SampleRate) -> Option<Self> {
        #[allow(clippy::cast_possible_truncation)] // At most a day of samples.
        let samples = || (seconds * rate.hz_f64()).round() as i64;
        let allowed = (0.0..=MAX_TAIL_SECONDS).contains(&seconds);
        allowed.then(|| Self::Samples(Samples(samples())))
    }
}

/// What to bounce, and how.
#[derive(Clone, Debug)]
pub struct BounceRequest {
    /// What happens to the master's output on its way into a file.
    pub export: ExportSpec,
    /// First sample of the timeline.
    pub from: Samples,
    /// One past the last sample; `None` for the end of the content and the tail.
    pub to: Option<Samples>,
    /// The tail, where `to` is `None`.
    pub tail: Tail,
    /// How to render.
    pub render: RenderConfig,
    /// What the plan's taps hand out is digested chunk by chunk too. For that all of it has to be
    /// made: nothing is taken from the store, and what is made is kept there as ever.
    pub digest_chunks: bool,
}

/// What came of it; see [`crate::BounceReport`] for the meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounced {
    /// The file or files.
    pub exported: Exported,
    /// SHA-256 of the master's output.
    pub mix_sha256: [u8; 32],
    /// The same of each [`STORE_CHUNK_FRAMES`](wavemill_core::graph::STORE_CHUNK_FRAMES) frames of
    /// what each tap hands out over the range, its latency cut off; none of one that is silenced.
    /// Empty unless asked for.
    pub taps_sha256: Vec<Vec<[u8; 32]>>,
    /// Frames of the master's output: of the whole range, with the silence at its end that the
    /// file does not have.
    pub mix_frames: u64,
    /// What the listener should know of.
    pub warnings: Vec<RenderWarning>,
    /// Processor seconds of the render's own threads.
    pub cpu_seconds: f64,
    /// True where nothing was rendered: the finished file was in the store.
    pub served: bool,
}

impl Bounced {
    /// The warnings as sentences, those of the export too.
    pub fn sentences(&self) -> Vec<String> {
        let warnings = self.warnings.iter();
        let mut sentences: Vec<String> =
            warnings.map(|warning| format!("{}: {}", warning.path, warning.what)).collect();
        let facts = &self.exported.facts;
        let clipped = facts.clipped_samples;
        if clipped > 0 {
            let mend = match facts.normalised {
                Some(normalised) if normalised.limited_by != Limit::Nothing => {
                    "normalise to a lower level, such as -1"
                }
                _ => "lower master/volume_db, or write 32-bit float (32f)",
            };
            sentences.push(format!(
                "{clipped} samples of the mix are beyond full scale and were clipped: {mend}"
            ));
        }
        if facts.non_finite_samples > 0 {
            sentences.push(format!(
                "{} samples of the mix are not numbers and were written as silence: bypass the \
                 effects of the master one by one to find what makes them",
                facts.non_finite_samples
            ));
        }
        if facts.normalised.is_some_and(|normalised| normalised.limited_by == Limit::Nothing) {
            sentences.push(
                "there is nothing to normalise: the file is silent, or for a loudness shorter than \
                 0.4 s; its level is as it was"
                    .to_owned(),
            );
        }
        sentences
    }
}

/// Why a bounce gave no file.
#[derive(Debug, thiserror::Error)]
pub enum BounceError {
    /// There is nothing in the range.
    #[error(
        "nothing to bounce from sample {from} to {to}: choose an end after the start, or add clips"
    )]
    Empty {
        /// First sample.
        from: i64,
        /// One past the last.
        to: i64,
    },
    /// Rendering failed.
    #[error(transparent)]
    Render(#[from] RenderError<WriteError>),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<ExportError> for BounceError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Write(error) => Self::Write(error),
            ExportError::Cancelled => Self::Render(RenderError::Cancelled),
        }
    }
}

/// The range of a bounce in stream frames.
pub(crate) struct Range {
    /// Frames to render.
    pub(crate) stream: u64,
    /// Frames to drop at the start.
    pub(crate) skip: u64,
    /// Frames to keep even where they are silent.
    pub(crate) keep: u64,
}

impl Range {
    /// The range of the master's output that `request` asks for.
    pub(crate) fn new(plan: &Plan, request: &BounceRequest) -> Result<Self, BounceError> {
        let span = (request.from, request.to, request.tail);
        Self::of(plan, span, plan.latency, plan.tail)
    }

    /// The range (from, to, tail) of a signal of `plan` that is `latency` late and rings on for
    /// `tail`.
    pub(crate) fn of(
        plan: &Plan,
        (from, to, wanted): (Samples, Option<Samples>, Tail),
        latency: Samples,
        tail: Samples,
    ) -> Result<Self, BounceError> {
        let content_end = plan.content_end.0;
        let limit = i64::from(MAX_AUTO_TAIL_SECONDS) * i64::from(plan.rate.hz());
        let (end, keep_end) = match (to, wanted) {
            (Some(to), _) => (to.0, to.0),
            (None, Tail::Auto) => (content_end + tail.0.min(limit), content_end),
            (None, Tail::None) => (content_end, content_end),
            (None, Tail::Samples(tail)) => (content_end + tail.0, content_end + tail.0),
        };
        let from = from.0;
        let count = |from: i64, to: i64| u64::try_from(to - from).ok();
        match count(from, end) {
            Some(frames) if frames > 0 && from >= 0 => {
                let skip = count(0, from + latency.0).unwrap_or(0);
                let keep = count(from, keep_end).unwrap_or(0);
                Ok(Self { stream: skip + frames, skip, keep })
            }
            _ => Err(BounceError::Empty { from, to: end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::ExportFacts;

    #[test]
    fn samples_that_are_no_numbers_are_told() {
        let bounced = |non_finite_samples| Bounced {
            exported: Exported {
                files: Vec::new(),
                facts: ExportFacts {
                    frames: 5,
                    channels: 2,
                    sample_rate_hz: 48_000,
                    clipped_samples: 0,
                    non_finite_samples,
                    loudness: None,
                    normalised: None,
                },
            },
            mix_sha256: [0; 32],
            taps_sha256: Vec::new(),
            mix_frames: 0,
            warnings: Vec::new(),
            cpu_seconds: 0.0,
            served: false,
        };
        assert_eq!(bounced(0).sentences(), Vec::<String>::new());
        let told = bounced(3).sentences();
        assert!(told.len() == 1 && told[0].starts_with("3 samples"), "{told:?}");
    }
}
