//! Keeping a plug-in's output in its place in time where its latency changes while it runs.
//!
//! The engine waits for one number of frames from the start to the end of a render, the most that the
//! plug-in is ever late by. What it puts out sooner than that is held back here. The output of a
//! block that was `latency` frames late belongs that much earlier: laid end to end by where they
//! belong, what two blocks both have is that of the earlier one, and what none has is silent.

use wavemill_core::time::frame_count;

use super::region::Region;

/// The output channels of one instance. Times are node time.
#[derive(Clone, Debug)]
pub(super) struct Alignment {
    /// What each channel has not put out yet, in the order in which it belongs together.
    held: Vec<Vec<f32>>,
    /// Frames that the engine waits for.
    declared: u32,
    /// Where what belongs next is: of what is put out, and of what is laid end to end.
    next: Option<Next>,
    /// Output of one block.
    block: Vec<f32>,
    /// How late it was at first.
    first: Option<u32>,
    /// The first change: when, from where to where.
    change: Option<(i64, u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Next {
    put_out: i64,
    laid: i64,
}

/// A latency that is more than the engine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLate {
    /// How many frames it is.
    pub(super) frames: u32,
    /// When it begins.
    pub(super) at: i64,
}

impl Alignment {
    /// For the output channels that `region` has, of which the engine takes `declared` frames late.
    pub(super) fn new(region: &Region, declared: u32) -> Self {
        let shape = region.layout().shape();
        let room = declared as usize + region.layout().frames();
        Self {
            held: (0..shape.outputs).map(|_| Vec::with_capacity(room)).collect(),
            declared,
            next: None,
            block: vec![0.0; shape.block as usize],
            first: None,
            change: None,
        }
    }

    /// Puts the output of the batch in `region`, which begins at `time` and has `blocks` blocks, in its
    /// place.
    ///
    /// # Errors
    /// Where the plug-in was later than the engine waits for.
    pub(super) fn apply(
        &mut self,
        region: &Region,
        (time, blocks): (i64, u32),
    ) -> Result<(), TooLate> {
        let block = region.layout().shape().block;
        let mut is_constant = true;
        let starts = (time..).step_by(block as usize);
        for (index, at) in (0..blocks as usize).zip(starts.clone()) {
            let frames = region.latency(index);
            if frames > self.declared {
                return Err(TooLate { frames, at });
            }
            is_constant &= frames == self.declared;
            let first = *self.first.get_or_insert(frames);
            if frames != first {
                self.change.get_or_insert((at, first, frames));
            }
        }
        let begin = time - i64::from(self.declared);
        let mut next = *self.next.get_or_insert(Next { put_out: begin, laid: begin });
        next.put_out += i64::from(block) * i64::from(blocks);
        if is_constant && next.laid == begin {
            next.laid = next.put_out;
        } else {
            for (index, at) in (0..blocks as usize).zip(starts) {
                next.laid = self.lay(region, index, (at, next.laid));
            }
            self.put_out(region, blocks as usize * block as usize);
        }
        self.next = Some(next);
        Ok(())
    }

    /// Lays block `index`, which begins at `at`, behind what is there up to `laid`; where it ends.
    fn lay(&mut self, region: &Region, index: usize, (at, laid): (i64, i64)) -> i64 {
        let frames = self.block.len();
        let from = at - i64::from(region.latency(index));
        let (silence, known) = joined((from, laid), frames);
        for (channel, held) in self.held.iter_mut().enumerate() {
            region.get_output(channel, index * frames, &mut self.block);
            held.resize(held.len() + silence, 0.0);
            held.extend_from_slice(&self.block[known..]);
        }
        laid + frame_count(silence + frames - known)
    }

    /// Puts `frames` frames of what is held back into `region`.
    fn put_out(&mut self, region: &Region, frames: usize) {
        for (channel, held) in self.held.iter_mut().enumerate() {
            region.write_output(channel, 0, held.get(..frames).unwrap_or_default());
            held.drain(..frames.min(held.len()));
        }
    }

    /// The first change of the latency: when, and from how many frames to how many.
    pub(super) fn change(&self) -> Option<(i64, u32, u32)> {
        self.change
    }
}

/// How a block of `frames` frames that belongs at `from` is laid behind what there is up to `laid`: how
/// much silence comes before it, and how much of it is there already.
fn joined((from, laid): (i64, i64), frames: usize) -> (usize, usize) {
    let silence = usize::try_from(from - laid).unwrap_or(0);
    let known = usize::try_from(laid - from).unwrap_or(0).min(frames);
    (silence, known)
}

/// `samples`, a run from its start to its end in blocks of `block` frames, with each of which the
/// plug-in was as late as `latencies` say; all of them `declared` frames late, the most of those.
pub(crate) fn in_place(
    samples: &[f32],
    block: usize,
    latencies: &[u32],
    declared: u32,
) -> Vec<f32> {
    let mut laid = Vec::with_capacity(samples.len() + declared as usize);
    for ((index, block), latency) in samples.chunks(block).enumerate().zip(latencies) {
        let at = index * block.len() + (declared - latency.min(&declared)) as usize;
        let (silence, known) = joined((frame_count(at), frame_count(laid.len())), block.len());
        laid.resize(laid.len() + silence, 0.0);
        laid.extend_from_slice(&block[known..]);
    }
    laid
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Layout, Shape};
    use super::*;

    const BLOCK: usize = 8;
    const SHAPE: Shape = Shape { block: 8, blocks: 4, inputs: 0, outputs: 2, events: 0 };

    /// What comes out of `latencies`, one of each block, where frame `n` of the input is `n + 1`, and
    /// the plug-in forgets what it holds with `forgets` when its latency changes.
    fn aligned(latencies: &[u32], declared: u32, forgets: bool) -> Vec<f32> {
        let (_, region) = Region::create(Layout::new(SHAPE).unwrap()).unwrap();
        let mut alignment = Alignment::new(&region, declared);
        let mut out = Vec::new();
        let mut since = 0;
        for (batch, of_batch) in latencies.chunks(4).enumerate() {
            for (index, latency) in of_batch.iter().enumerate() {
                let block = batch * 4 + index;
                let start = block * BLOCK;
                if block > 0 && forgets && latencies[block - 1] != *latency {
                    since = start;
                }
                let sample = |frame: usize| match frame.checked_sub(*latency as usize) {
                    Some(heard) if heard >= since => heard as f32 + 1.0,
                    _ => 0.0,
                };
                let samples: Vec<f32> = (start..start + BLOCK).map(sample).collect();
                region.write_output(0, index * BLOCK, &samples);
                let turned: Vec<f32> = samples.iter().map(|sample| -sample).collect();
                region.write_output(1, index * BLOCK, &turned);
                region.set_latency(index, *latency);
            }
            let time = 96 + frame_count(batch * 4 * BLOCK);
            alignment.apply(&region, (time, 4)).unwrap();
            let (left, right) = (region.output(0, 0, 32), region.output(1, 0, 32));
            assert!(left.zip(right).all(|(left, right)| left == -right));
            out.extend(region.output(0, 0, 32));
        }
        out
    }

    /// The input, `declared` frames late, but for what `lost` says is silent.
    fn expected(frames: usize, declared: usize, lost: std::ops::Range<usize>) -> Vec<f32> {
        let sample = |frame: usize| match frame.checked_sub(declared) {
            Some(heard) if !lost.contains(&heard) => heard as f32 + 1.0,
            _ => 0.0,
        };
        (0..frames).map(sample).collect()
    }

    #[test]
    fn a_latency_that_never_changes_leaves_all_as_it_is() {
        assert_eq!(aligned(&[5; 8], 5, false), expected(64, 5, 0..0));
        assert_eq!(aligned(&[0; 8], 0, false), expected(64, 0, 0..0));
    }

    #[test]
    fn what_comes_too_early_is_held_back() {
        assert_eq!(aligned(&[5; 8], 40, false), expected(64, 40, 0..0));
    }

    #[test]
    fn a_latency_that_grows_is_not_heard() {
        let grows = [0, 0, 0, 20, 20, 20, 20, 20, 20, 20, 20, 20];
        assert_eq!(aligned(&grows, 20, false), expected(96, 20, 0..0));
        // Neither where it begins anew: what it had put out is known.
        assert_eq!(aligned(&grows, 20, true), expected(96, 20, 0..0));
    }

    #[test]
    fn a_latency_that_shrinks_leaves_a_gap_of_what_was_passed_over() {
        let shrinks = [12, 12, 12, 12, 12, 3, 3, 3, 3, 3, 3, 3];
        assert_eq!(aligned(&shrinks, 12, false), expected(96, 12, 28..37));
    }

    #[test]
    fn more_than_is_waited_for_is_refused_and_the_first_change_known() {
        let (_, region) = Region::create(Layout::new(SHAPE).unwrap()).unwrap();
        let mut alignment = Alignment::new(&region, 6);
        (0..4).for_each(|block| region.set_latency(block, 6));
        assert_eq!((alignment.apply(&region, (0, 4)), alignment.change()), (Ok(()), None));
        region.set_latency(2, 2);
        assert_eq!(alignment.apply(&region, (32, 4)), Ok(()));
        assert_eq!(alignment.change(), Some((48, 6, 2)));
        region.set_latency(1, 7);
        assert_eq!(alignment.apply(&region, (64, 4)), Err(TooLate { frames: 7, at: 72 }));
    }
}
