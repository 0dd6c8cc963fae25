//! Audio files in and out: codecs behind one registry, identities, rate conversion, writing.

mod codec;
mod error;
mod files;
pub mod flac;
mod heard;
mod identity;
mod index;
mod indexed;
mod input_file;
pub mod noise_shaping;
mod overlap;
mod pending_file;
mod quantise;
pub mod resample;
mod sampled_instruments;
mod smpl;
mod sound_fonts;
mod spool;
mod stoppable;
pub mod wav;
mod write_files;
mod written;

pub use codec::{Codec, CodecRegistry, OpenedAudio, PROBE_BYTES};
pub use error::OpenError;
pub use files::{AudioFileInfo, AudioFiles};
pub use heard::HeardFiles;
pub use identity::identity_of;
pub use index::{AudioIndex, AudioRecord};
pub use input_file::FileStamp;
pub(crate) use pending_file::PendingFile;
pub use pending_file::{WriteError, write_whole};
pub use quantise::{Dither, Quantiser};
pub use sound_fonts::{MAX_SOUND_FONT_BYTES, SoundFontFileError, read_sound_font};
pub use spool::Spool;
pub use write_files::{WritePiece, write_files};
pub use written::{CompleteAudio, WriteOptions, WrittenAudio};
