//! How a request for frames lies over a source that ends somewhere.

/// How a request for frames lies over a source: silence, frames of the source, silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// Frames of silence before.
    pub(crate) before: usize,
    /// Frames inside the source.
    pub(crate) inside: usize,
    /// The first frame of the source, if any is inside.
    pub(crate) first: u64,
}

impl Overlap {
    /// A request of `frames` frames at `position` over a source of `length` frames.
    pub(crate) fn of(position: i64, frames: usize, length: u64) -> Self {
        let before = if position < 0 {
            usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX).min(frames)
        } else {
            0
        };
        let first = u64::try_from(position).unwrap_or(0);
        let left = length.saturating_sub(first);
        let inside = usize::try_from(left).unwrap_or(usize::MAX).min(frames - before);
        Self { before, inside, first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(position: i64, frames: usize, length: u64) -> (usize, usize, u64) {
        let overlap = Overlap::of(position, frames, length);
        (overlap.before, overlap.inside, overlap.first)
    }

    #[test]
    fn requests_before_over_and_after_the_source() {
        assert_eq!(of(0, 4, 10), (0, 4, 0));
        assert_eq!(of(-3, 4, 10), (3, 1, 0));
        assert_eq!(of(-30, 4, 10), (4, 0, 0));
        assert_eq!(of(8, 4, 10), (0, 2, 8));
        assert_eq!(of(-1, 4, 2), (1, 2, 0));
        assert_eq!(of(10, 4, 10).1, 0);
        assert_eq!(of(i64::MAX, 4, 10).1, 0);
        assert_eq!(of(i64::MIN, 4, u64::MAX), (4, 0, 0));
    }
}
