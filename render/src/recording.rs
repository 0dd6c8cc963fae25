//! One signal of a render on its way into its files: the range cut out, hashed, trimmed, exported.

use wavemill_core::graph::{Plan, SignalKey};
use wavemill_core::job::CancelToken;
use wavemill_media::audio::WriteError;

use crate::export::{ExportError, ExportSpec, Exporter};
use crate::finished;
use crate::hash::{ChunkHasher, MixHasher};
use crate::request::{Bounced, Range};
use crate::store::Store;
use crate::trim::SilenceTrim;

/// A signal being recorded. Dropped before it is finished, it leaves nothing behind.
pub(crate) struct Recording {
    export: Exporter,
    trim: SilenceTrim,
    hasher: MixHasher,
    /// The file holds the signal as it is: what is digested of one is of the other as well.
    as_it_is: bool,
    /// Digests chunk by chunk, where asked for.
    chunks: Option<ChunkHasher>,
    /// Frames still to be dropped: they were rendered because they ring on into the range.
    skip: u64,
    /// Frames of the range still to come.
    left: u64,
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
            chunks: None,
            skip: range.skip - first,
            left: range.stream - range.skip,
            frames: 0,
        })
    }

    /// Digests the range chunk by chunk too.
    pub(crate) fn digest_chunks(&mut self) {
        self.chunks = Some(ChunkHasher::default());
    }

    /// Takes the next frames of the signal, `[frame][2]`.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        let frames = (samples.len() / 2) as u64;
        let dropped = self.skip.min(frames);
        self.skip -= dropped;
        let taken = self.left.min(frames - dropped);
        self.left -= taken;
        self.frames += taken;
        // Both are at most the length of the slice.
        let frames = |count: u64| usize::try_from(count).unwrap_or(samples.len() / 2);
        let samples = &samples[2 * frames(dropped)..2 * frames(dropped + taken)];
        if let Some(chunks) = &mut self.chunks {
            chunks.update(samples);
        }
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
            mix_chunks_sha256: self.chunks.map_or(Vec::new(), ChunkHasher::finish),
            mix_frames: self.frames,
            warnings: Vec::new(),
            cpu_seconds: 0.0,
            served: false,
        })
    }
}
