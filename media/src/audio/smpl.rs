//! The `smpl` chunk: loop and pitch of a sample, read from bytes nobody vouches for.
//!
//! Format: "Multimedia Data Standards Update" of Microsoft, 1994: nine fields of 32 bits (the third is
//! the sample's period, the fourth its key, the fifth how much higher it is, the eighth how many
//! loops follow), then six fields a loop: its number, kind, first and last frame, a fraction of a
//! frame, and how often it is played, 0 for ever.

use wavemill_core::audio::SampleMarks;

const HEAD_BYTES: usize = 36;
const LOOP_BYTES: usize = 24;
const FORWARD: u32 = 0;

/// What a chunk says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Smpl {
    pub(super) marks: SampleMarks,
    /// What of it is not heard, in sentences.
    pub(super) warnings: Vec<String>,
}

/// Reads the content of a chunk of a file of so many frames.
pub(super) fn parse(chunk: &[u8], frames: u64) -> Smpl {
    let mut smpl = Smpl::default();
    let field = |number: usize| field_at(chunk, 4 * number);
    let (Some(key), Some(higher), Some(promised), true) =
        (field(3), field(4), field(7), chunk.len() >= HEAD_BYTES)
    else {
        let bytes = chunk.len();
        smpl.warn(format!("its 'smpl' chunk has only {bytes} bytes: its loop is not played"));
        return smpl;
    };
    smpl.marks.pitch = u8::try_from(key).ok().filter(|key| *key <= 127).map(|key| (key, higher));
    let loops = chunk[HEAD_BYTES..].chunks_exact(LOOP_BYTES);
    // Behind the loops there may be bytes of whoever wrote it.
    let there = loops.len();
    let promised = usize::try_from(promised).unwrap_or(usize::MAX);
    if promised > there {
        smpl.warn(format!("its 'smpl' chunk promises {promised} loops and has {there}"));
    }
    let is_forward = |bytes: &&[u8]| field_at(bytes, 4) == Some(FORWARD);
    let loops = loops.take(promised);
    let others = loops.len() - loops.clone().filter(is_forward).count();
    if others > 0 {
        smpl.warn(format!(
            "{others} loops of its 'smpl' chunk go backwards or to and fro: they are not played"
        ));
    }
    if let Some(first) = loops.clone().find(is_forward) {
        smpl.take_loop(first, frames);
    }
    smpl
}

impl Smpl {
    fn warn(&mut self, what: String) {
        self.warnings.push(what);
    }

    fn take_loop(&mut self, bytes: &[u8], frames: u64) {
        let fields = (field_at(bytes, 8), field_at(bytes, 12), field_at(bytes, 20));
        let (Some(start), Some(end), Some(times)) = fields else { return };
        if start > end || u64::from(end) >= frames {
            self.warn(format!(
                "the loop of its 'smpl' chunk from frame {start} to frame {end} does not lie in its \
                 {frames} frames: it is not played"
            ));
            return;
        }
        if times > 0 {
            self.warn(format!(
                "the loop of its 'smpl' chunk ends after {times} times, and is played on"
            ));
        }
        self.marks.looped = Some((start.into(), end.into()));
    }
}

fn field_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|field| u32::from_le_bytes(*field))
}

/// A chunk of such loops (kind, first and last frame, how often), and a key.
#[cfg(test)]
pub(super) fn chunk(key: u32, higher: u32, loops: &[[u32; 4]]) -> Vec<u8> {
    let count = u32::try_from(loops.len()).unwrap();
    let mut fields = vec![0, 0, 20_833, key, higher, 0, 0, count, 0];
    for [kind, start, end, times] in loops {
        fields.extend([0, *kind, *start, *end, 0, *times]);
    }
    fields.iter().flat_map(|field| field.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(chunk: &[u8]) -> (SampleMarks, String) {
        let smpl = parse(chunk, 100);
        (smpl.marks, smpl.warnings.join("; "))
    }

    #[test]
    fn the_first_forward_loop_counts() {
        let looped = |loops: &[[u32; 4]]| {
            let (marks, warnings) = told(&chunk(60, 0, loops));
            (marks.looped, warnings)
        };
        assert_eq!(looped(&[]), (None, String::new()));
        assert_eq!(looped(&[[0, 3, 99, 0]]), (Some((3, 99)), String::new()));
        assert_eq!(looped(&[[0, 7, 7, 0], [0, 1, 2, 0]]), (Some((7, 7)), String::new()));
        let (marked, warnings) = looped(&[[1, 3, 9, 0], [2, 3, 9, 0], [0, 4, 9, 2]]);
        assert_eq!(marked, Some((4, 9)));
        assert!(warnings.contains("2 loops of its 'smpl' chunk go backwards"), "{warnings}");
        assert!(warnings.contains("ends after 2 times"), "{warnings}");
        for [start, end] in [[9, 8], [3, 100], [u32::MAX, u32::MAX]] {
            let (marked, warnings) = looped(&[[0, start, end, 0], [0, 1, 2, 0]]);
            assert_eq!(marked, None);
            assert!(warnings.contains("does not lie in its 100 frames"), "{warnings}");
        }
    }

    #[test]
    fn pitches_are_keys_and_sizes_that_lie_are_told() {
        assert_eq!(told(&chunk(61, 1 << 31, &[])).0.pitch, Some((61, 1 << 31)));
        assert_eq!(told(&chunk(128, 0, &[])).0.pitch, None);
        let whole = chunk(60, 0, &[[0, 1, 2, 0], [0, 3, 4, 0]]);
        assert!(told(&whole[..35]).1.contains("has only 35 bytes"));
        let (marks, warnings) = told(&whole[..70]);
        assert_eq!(marks.looped, Some((1, 2)));
        assert_eq!(warnings, "its 'smpl' chunk promises 2 loops and has 1");
        let (marks, warnings) = told(&whole[..40]);
        assert_eq!(marks.looped, None);
        assert!(warnings.contains("promises 2 loops and has 0"), "{warnings}");
        // What follows the loops is somebody's own.
        let more = [&whole[..], &[9; 50]].concat();
        assert_eq!(parse(&more, 100), parse(&whole, 100));
    }

    proptest! {
        #[test]
        fn loops_lie_in_their_file(
            bytes in prop::collection::vec(0..4_u8, 0..200),
            frames in 0..0x300_0000_u64,
        ) {
            let smpl = parse(&bytes, frames);
            if let Some((start, end)) = smpl.marks.looped {
                prop_assert!(start <= end && end < frames);
            }
        }
    }
}
