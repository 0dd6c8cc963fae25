//! Reading a record: of this version, whole, and with no field that is not known.

use serde::Deserialize;

use super::{BounceRecord, FORMAT, VERSION};

/// Longest record that is read: 512 MiB, a day of ten traced tracks.
pub const MAX_RECORD_BYTES: u64 = 512 << 20;

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
pub enum ReadRecordError {
    /// It is not JSON, lacks a field, or has one that is not known.
    #[error("this is no manifest of a bounce: {0}; make it with 'wavemill bounce --manifest'")]
    Malformed(#[from] serde_json::Error),
    /// It is of another kind.
    #[error(
        "this is no manifest of a bounce: its format is '{found}' and not '{FORMAT}'; make it with \
         'wavemill bounce --manifest'"
    )]
    Format {
        /// What it calls itself.
        found: String,
    },
    /// It is of another version.
    #[error(
        "this manifest has version {found}, and this Wavemill reads version {VERSION}: make it anew, \
         or compare it with the Wavemill that made it"
    )]
    Version {
        /// Its version.
        found: u32,
    },
}

/// What tells of the rest.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

impl BounceRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// See [`ReadRecordError`].
    pub fn from_json(text: &str) -> Result<Self, ReadRecordError> {
        let header: Header = serde_json::from_str(text)?;
        if header.format != FORMAT {
            return Err(ReadRecordError::Format { found: header.format });
        }
        if header.version != VERSION {
            return Err(ReadRecordError::Version { found: header.version });
        }
        Ok(serde_json::from_str(text)?)
    }
}
