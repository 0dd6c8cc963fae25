//! Audio files in and out: codecs behind one registry, identities, rate conversion, writing.

mod error;
mod identity;
mod input_file;
mod overlap;
pub mod wav;

pub use error::OpenError;
pub use identity::identity_of;
pub use input_file::FileStamp;
