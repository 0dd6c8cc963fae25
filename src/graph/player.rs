//! What an audio clip plays, in samples: the description that a clip player runs.

use std::sync::Arc;

use crate::audio::FrameSource;
use crate::session::FadeCurve;

/// An audio clip with everything resolved to samples at the session's rate.
#[derive(Clone)]
pub struct PlannedClip {
    /// The clip's path in the session.
    pub id: String,
    /// The audio.
    pub source: Arc<dyn FrameSource>,
    /// The audio by content.
    pub identity: [u8; 32],
    /// First sample on the timeline.
    pub start: i64,
    /// One past the last sample on the timeline.
    pub end: i64,
    /// First frame of the part it plays.
    pub offset: i64,
    /// Length of the repeated part, where it loops.
    pub loop_length: Option<i64>,
    /// Plays the part backwards.
    pub reverse: bool,
    /// Linear gain.
    pub gain: f64,
    /// Fade at the start: length in samples and course.
    pub fade_in: (i64, FadeCurve),
    /// Fade at the end: length in samples and course.
    pub fade_out: (i64, FadeCurve),
}

impl std::fmt::Debug for PlannedClip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}..{} from {}", self.id, self.start, self.end, self.offset)
    }
}

impl PartialEq for PlannedClip {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.identity == other.identity
            && (self.start, self.end, self.offset) == (other.start, other.end, other.offset)
            && (self.loop_length, self.reverse) == (other.loop_length, other.reverse)
            && self.gain == other.gain
            && (self.fade_in, self.fade_out) == (other.fade_in, other.fade_out)
    }
}

impl PlannedClip {
    /// The level at `position` samples from the clip's start, fades included.
    pub fn level(&self, position: i64) -> f64 {
        let (fade_in, in_curve) = self.fade_in;
        let (fade_out, out_curve) = self.fade_out;
        let mut level = self.gain;
        if position < fade_in {
            level *= in_curve.value((position as f64 + 0.5) / fade_in as f64);
        }
        let left = self.end - self.start - position;
        if left <= fade_out {
            level *= out_curve.value((left as f64 - 0.5) / fade_out as f64);
        }
        level
    }

    /// True where the level between the two positions is the plain gain.
    pub fn is_steady(&self, from: i64, to: i64) -> bool {
        from >= self.fade_in.0 && to <= self.end - self.start - self.fade_out.0
    }
}

impl FadeCurve {
    /// The level at `x` in 0..=1 of a fade in; a fade out runs it backwards.
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::EqualPower => crate::math::sin_pi(0.5 * x),
            Self::Slow => x * x,
            Self::Fast => 1.0 - (1.0 - x) * (1.0 - x),
            Self::Smooth => x * x * (3.0 - 2.0 * x),
        }
    }
}
