//! FLAC files (RFC 9639), decoded by symphonia: integers only, so the same samples everywhere.

mod decoder;
mod source;
mod stream;

#[cfg(test)]
pub(crate) mod encoder;
#[cfg(test)]
mod tests;

pub use source::FlacSource;
