//! Audio as the core sees it: the traits by which a clip asks for frames at a position.

mod frames;

pub use frames::{AudioLibrary, AudioLibraryError, FrameError, FrameReader, FrameSource};
