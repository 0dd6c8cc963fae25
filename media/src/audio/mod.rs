//! Audio files in and out: codecs behind one registry, identities, rate conversion, writing.

mod error;
mod identity;
mod input_file;
mod overlap;
mod pending_file;
mod quantise;
pub mod wav;

pub use error::OpenError;
pub use identity::identity_of;
pub use input_file::FileStamp;
pub use pending_file::WriteError;
pub use quantise::Quantiser;
