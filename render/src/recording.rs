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
    hasher: MixHasher,
    /// The file holds the signal as it is: what is digested of one is of the other as well.
    as_it_is: bool,
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
        let as_it_is = spec.keeps_samples(plan.rate);
        Ok(Self {
            export: Exporter::create_with(spec, plan.rate, plan.seed, !as_it_is)?,
            trim: SilenceTrim::new(range.keep),
            hasher: MixHasher::default(),
            as_it_is,
            range: Stretch::new(range, first),
            frames: 0,
        })
    }

    /// Takes the next frames of the signal, `[frame][2]`.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        let samples = self.range.cut(samples);
        self.frames += (samples.len() / 2) as u64;
        let Self { export, hasher, as_it_is, .. } = self;
        // Before the trim, which is part of the export: a signal's identity does not depend on it.
        if !*as_it_is {
            hasher.update(samples);
        }
        self.trim.push(samples, &mut |samples| {
            if *as_it_is {
                hasher.update(samples);
            }
            export.push(samples)
        })
    }

    /// Completes the files; `keep` gets them too.
    pub(crate) fn finish(
        mut self,
        cancel: &CancelToken,
        keep: Option<(&Store, &SignalKey)>,
    ) -> Result<Bounced, ExportError> {
        let mut exported = self.export.finish_showing(cancel, &mut |number, bytes, file| {
            if let Some((store, key)) = keep {
                finished::keep_file(store, key, number, bytes, file);
            }
        })?;
        if self.as_it_is {
            let of_file = self.hasher.clone().finish();
            exported.files.iter_mut().for_each(|file| file.pcm_sha256 = of_file);
            // The signal ends in what the trim left out.
            self.hasher.update(self.trim.held());
        }
        Ok(Bounced {
            exported,
            mix_sha256: self.hasher.finish(),
            taps_sha256: Vec::new(),
            mix_frames: self.frames,
            warnings: Vec::new(),
            cpu_seconds: 0.0,
            served: false,
        })
    }
}
