//! FLAC files (RFC 9639): decoded by symphonia, integers only, so the same samples everywhere; and
//! written.

mod decoder;
mod encode;
mod source;
mod stream;
mod writer;

#[cfg(test)]
pub(crate) mod test_files;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod writer_tests;

pub use source::FlacSource;
pub use writer::{ENCODER_VERSION, FlacEncoding, FlacSpec, FlacWriter};
