//! What a metering processor has measured on one channel.

/// Peak and power of a channel since the last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    /// Largest magnitude of a sample.
    pub peak: f64,
    /// Sum of the squares of all samples, added one after the other in node time.
    pub sum_of_squares: f64,
    /// Frames measured.
    pub frames: u64,
}

impl Meter {
    /// The mean of the squares; 0 before the first frame.
    pub fn mean_square(&self) -> f64 {
        if self.frames == 0 { 0.0 } else { self.sum_of_squares / self.frames as f64 }
    }

    /// The root of the mean of the squares; 0 before the first frame.
    pub fn rms(&self) -> f64 {
        self.mean_square().sqrt()
    }
}
