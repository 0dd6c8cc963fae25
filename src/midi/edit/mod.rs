//! Edits of notes as pure functions: lists of notes in, lists of notes out.
//!
//! Notes are at ticks from their content's start and in order of (at, key). What is edited comes in
//! that order; what goes out need not be, for whoever puts it back sorts it.

mod quantise;
mod shape;
mod spread;
mod transpose;

pub use quantise::{Quantise, QuantiseWhat, quantise};
pub use shape::{
    ScaleTime, crop, join_notes, legato, reverse, scale_time, split_in_parts, split_notes,
};
pub use spread::{Humanise, VelocityChange, change_velocity, humanise};
pub use transpose::{ScaleKind, TransposeError, transpose, transpose_in_scale};
