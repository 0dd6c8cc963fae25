//! Conversion of the sample rate with one fixed kernel: the same bits whatever the chunk or CPU.
//!
//! A polyphase windowed sinc (Kaiser), linear phase, no delay: an impulse at frame k of the
//! input lies centred at k * out / in of the output. Coefficients, samples and sums are f64, the
//! sum of a frame has one fixed order, and the result is rounded once to f32. Output frame n is a
//! function of n and the input alone.
//!
//! Figures, for rates a and b and the lower Nyquist frequency f = min(a, b) / 2 (tests hold them):
//! - up to 0.907 f (20 kHz for 44.1 kHz) the response is within 0.001 dB of flat;
//! - from f on everything is at least 140 dB down: no images, no aliases;
//! - between the two it falls through its transition band, without aliases.
//!
//! Non-finite input samples spoil the frames within the kernel's reach of them.

mod converter;
mod engine;
mod kernel;
mod source;

#[cfg(test)]
mod tests;

pub use converter::{RateConverter, convert};
pub use kernel::Kernel;
pub use source::{Resampled, VERSION};
