//! Audio as the core sees it: the traits by which a clip asks for frames at a position.

mod frames;
mod marks;
mod memory;

pub use frames::{AudioLibrary, AudioLibraryError, FrameError, FrameReader, FrameSource};
pub use marks::SampleMarks;
pub use memory::{MemoryLibrary, MemorySource};
