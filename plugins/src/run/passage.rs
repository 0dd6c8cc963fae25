//! What a plug-in of a chain gave, by channel: a batch, and before it what is kept of the one before.

use std::ops::Range;

/// Frames of a track by channel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Planes<'a> {
    /// Of one.
    Mono(&'a [f32]),
    /// Left and right, equally many.
    Stereo(&'a [f32], &'a [f32]),
}

/// Places for frames of a track by channel.
#[derive(Debug)]
pub(super) enum PlanesMut<'a> {
    /// Of one.
    Mono(&'a mut [f32]),
    /// Left and right, equally many.
    Stereo(&'a mut [f32], &'a mut [f32]),
}

/// Frames on their way from one plug-in to the next, or back to the track. A batch of them begins with
/// those that are kept, which nobody has had yet.
pub(super) struct Passage {
    /// The only channel, or the left one: `kept` frames and a batch more.
    left: Vec<f32>,
    right: Option<Vec<f32>>,
    kept: usize,
}

impl Passage {
    /// Silence in one channel or two.
    pub(super) fn new(channels: usize, kept: usize, batch: usize) -> Self {
        let silence = vec![0.0; kept + batch];
        Self { right: (channels > 1).then(|| silence.clone()), left: silence, kept }
    }

    /// Silence again.
    pub(super) fn clear(&mut self) {
        self.left.fill(0.0);
        self.right.iter_mut().for_each(|right| right.fill(0.0));
    }

    /// Forgets what others have had, and gives the places for the next batch but for its first `skipped`
    /// frames, which stay as silent as all was before.
    pub(super) fn next_batch(&mut self, skipped: usize) -> PlanesMut<'_> {
        let left = next(&mut self.left, self.kept, skipped);
        match &mut self.right {
            None => PlanesMut::Mono(left),
            Some(right) => PlanesMut::Stereo(left, next(right, self.kept, skipped)),
        }
    }

    /// Frames of the batch, by channel.
    pub(super) fn planes(&self, frames: Range<usize>) -> Planes<'_> {
        let left = &self.left[frames.clone()];
        match &self.right {
            None => Planes::Mono(left),
            Some(right) => Planes::Stereo(left, &right[frames]),
        }
    }
}

fn next(channel: &mut [f32], kept: usize, skipped: usize) -> &mut [f32] {
    channel.copy_within(channel.len() - kept.., 0);
    &mut channel[kept + skipped..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_follow_each_other_with_what_is_kept_in_front() {
        for channels in [1, 2] {
            let mut passage = Passage::new(channels, 3, 5);
            let mut put = |first: i16, skipped| {
                let count = |plane: &mut [f32], sign: f32| {
                    for (sample, frame) in plane.iter_mut().zip(first..) {
                        *sample = f32::from(frame) * sign;
                    }
                };
                match passage.next_batch(skipped) {
                    PlanesMut::Mono(only) => count(only, 1.0),
                    PlanesMut::Stereo(left, right) => {
                        count(left, 1.0);
                        count(right, -1.0);
                    }
                }
                match (channels, passage.planes(0..5)) {
                    (1, Planes::Mono(only)) => only.to_vec(),
                    (2, Planes::Stereo(left, right)) => {
                        assert!(left.iter().zip(right).all(|(left, right)| left == &-right));
                        left.to_vec()
                    }
                    _ => panic!("a track of {channels}"),
                }
            };
            assert_eq!(put(1, 2), [0.0, 0.0, 0.0, 0.0, 0.0]);
            assert_eq!(put(4, 0), [1.0, 2.0, 3.0, 4.0, 5.0]);
            assert_eq!(put(9, 0), [6.0, 7.0, 8.0, 9.0, 10.0]);
            passage.clear();
            assert!(matches!(
                passage.planes(0..8),
                Planes::Mono([0.0, ..]) | Planes::Stereo([0.0, ..], _)
            ));
        }
    }
}
