//! The FLAC encoder (RFC 9639): blocks of integers become frames, in fixed order, so that the same
//! samples are the same bytes everywhere.

mod bits;
mod check;
mod frame;
mod linear;
mod residual;
mod subframe;

pub(super) use frame::{BLOCK_FRAMES, FrameEncoder};
