//! A stream on the disk for as long as its length or level is not known: written once, read again.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::pending_file::{Nameless, PendingFile, WriteError};
use crate::files;

/// Samples that go to the system at a time.
const PIECE_SAMPLES: usize = 65_536;

/// Samples in a file that has no name and is gone however the process ends. Memory holds a piece.
#[derive(Debug)]
pub struct Spool {
    file: Nameless,
    /// Samples that have not been written, then those last read.
    piece: Vec<f32>,
    bytes: Vec<u8>,
    samples: u64,
}

impl Spool {
    /// An empty spool beside the file that `target` will be, which is where there must be room.
    ///
    /// # Errors
    /// Where nothing can be written there; see [`WriteError`].
    pub fn create(target: &Path) -> Result<Self, WriteError> {
        // Whether the target may be replaced is for its own writer to judge.
        let file = PendingFile::create(target, true)?.into_nameless();
        Ok(Self { file, piece: Vec::new(), bytes: Vec::new(), samples: 0 })
    }

    /// Appends samples.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn push(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        self.piece.extend_from_slice(samples);
        self.samples += samples.len() as u64;
        if self.piece.len() >= PIECE_SAMPLES { self.flush() } else { Ok(()) }
    }

    /// Samples in it.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Reads `count` samples from the `first` on and hands them to `take` piece by piece.
    ///
    /// # Errors
    /// Those of `take`, and see [`WriteError`].
    pub fn read<E: From<WriteError>>(
        &mut self,
        first: u64,
        count: u64,
        take: &mut dyn FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.flush()?;
        self.file.on_file(|file| file.seek(SeekFrom::Start(4 * first)).map(drop))?;
        let mut left = count.min(self.samples.saturating_sub(first));
        while left > 0 {
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE_SAMPLES);
            left -= now as u64;
            self.bytes.resize(4 * now, 0);
            let bytes = &mut self.bytes;
            self.file.on_file(|file| file.read_exact(bytes))?;
            self.piece.clear();
            let samples = self.bytes.as_chunks::<4>().0.iter();
            self.piece.extend(samples.map(|bytes| f32::from_le_bytes(*bytes)));
            take(&self.piece)?;
        }
        // So that more can be appended.
        self.piece.clear();
        Ok(self.file.on_file(|file| file.seek(SeekFrom::End(0)).map(drop))?)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.bytes.clear();
        self.bytes.extend(self.piece.iter().flat_map(|sample| sample.to_le_bytes()));
        self.piece.clear();
        let bytes = &self.bytes;
        self.file.on_file(|file| files::write_all(file, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_is_read_again_from_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(&folder.path().join("a.wav")).unwrap();
        let samples: Vec<f32> = (0..200_003_u32).map(|n| n as f32).collect();
        for piece in samples[..150_000].chunks(777) {
            spool.push(piece).unwrap();
        }
        let read = |spool: &mut Spool, first: usize, count: usize| {
            let mut out = Vec::new();
            let read: Result<(), WriteError> =
                spool.read(first as u64, count as u64, &mut |piece| {
                    out.extend_from_slice(piece);
                    Ok(())
                });
            read.unwrap();
            out
        };
        assert_eq!(read(&mut spool, 0, 150_000), samples[..150_000]);
        spool.push(&samples[150_000..]).unwrap();
        assert_eq!(spool.samples(), 200_003);
        for (first, count) in [(0, 200_003), (5, 10), (65_535, 65_537), (200_000, 1_000)] {
            let end = (first + count).min(samples.len());
            assert_eq!(read(&mut spool, first, count), samples[first..end]);
        }
    }

    /// Nothing is there for a killed process to leave, and nothing of another's is taken away.
    #[cfg(unix)]
    #[test]
    fn a_spool_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        let mut spool = Spool::create(&target).unwrap();
        spool.push(&[1.0; 100_000]).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let pending = PendingFile::create(&target, false).unwrap();
        drop(spool);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        pending.commit().unwrap();
    }
}
