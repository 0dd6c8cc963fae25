//! One signal of a render on its way into its files: the range cut out, hashed, trimmed, exported.

use wavemill_core::graph::{Plan, SignalKey};
use wavemill_core::job::CancelToken;
use wavemill_media::audio::WriteError;

use crate::export::{ExportError, ExportSpec, Exporter};
use crate::finished;
use crate::hash::MixHasher;
use crate::request::{Bounced, Range};
use crate::store::Store;
use crate::stretch::Stretch;
use crate::trim::SilenceTrim;

/// A signal being recorded. Dropped before it is finished, it leaves nothing behind.
pub(crate) struct Recording {
    export: Exporter,
    trim: SilenceTrim,
    /// `None` where the file holds the signal as it is: the digest of one is that of the other.
    hasher: Option<MixHasher>,
    range: Stretch,
    frames: u64,
}

impl Recording {
    /// Records `range` of a signal whose first frame to come is stream frame `first`.
    pub(crate) fn create(
        spec: &ExportSpec,
        plan: &Plan,
        range: &Range,
        first: u64,
    ) -> Result<Self, WriteError> {
        let trims = range.keep < range.stream - range.skip;
        let as_it_is = spec.keeps_samples(plan.rate) && !trims;
        Ok(Self {
            export: Exporter::create(spec, plan.rate, plan.seed)?,
            trim: SilenceTrim::new(range.keep),
            hasher: (!as_it_is).then(MixHasher::default),
            range: Stretch::new(range, first),
            frames: 0,
        })
    }

    /// Takes the next frames of the signal, `[frame][2]`.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        let samples = self.range.cut(samples);
        self.frames += (samples.len() / 2) as u64;
        // Before the trim, which is part of the export: a signal's identity does not depend on it.
        if let Some(hasher) = &mut self.hasher {
            hasher.update(samples);
        }
        self.trim.push(samples, &mut |samples| self.export.push(samples))
    }

    /// Completes the files; `keep` gets them too.
    pub(crate) fn finish(
        self,
        cancel: &CancelToken,
        keep: Option<(&Store, &SignalKey)>,
    ) -> Result<Bounced, ExportError> {
        let exported = self.export.finish_showing(cancel, &mut |number, bytes, file| {
            if let Some((store, key)) = keep {
                finished::keep_file(store, key, number, bytes, file);
            }
        })?;
        let of_file = || exported.files.first().map_or([0; 32], |file| file.pcm_sha256);
        let mix_sha256 = self.hasher.map_or_else(of_file, MixHasher::finish);
        Ok(Bounced {
            exported,
            mix_sha256,
            taps_sha256: Vec::new(),
            mix_frames: self.frames,
            warnings: Vec::new(),
            cpu_seconds: 0.0,
            served: false,
        })
    }
}
