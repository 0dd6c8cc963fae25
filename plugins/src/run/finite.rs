//! Samples that are no numbers: a filter that ever heard one would give none any more.

/// Silences what is no number, or infinite; how many samples that is.
pub fn silence_non_finite(samples: &mut [f32]) -> u64 {
    // As wide as a sample is, so that the compiler counts several at a time.
    let bad: u32 = samples.iter().map(|sample| u32::from(!sample.is_finite())).sum();
    if bad > 0 {
        for sample in samples.iter_mut().filter(|sample| !sample.is_finite()) {
            *sample = 0.0;
        }
    }
    bad.into()
}
