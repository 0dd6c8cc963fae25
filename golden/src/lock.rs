//! The version lock: which version of a processor, decoder or core stage gave which digest.
//!
//! A digest that changes under an old version is a mistake: either the change of bits was none
//! that anyone wanted, or the version was not raised.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The lock file's content: an entry for each golden.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionLock(pub BTreeMap<String, LockedVersion>);

/// The version of a processor, decoder or stage and the digest of a golden of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedVersion {
    /// The version of what it is the golden of.
    pub version: u32,
    /// `mix_sha256` of the golden.
    pub digest: String,
}

/// How a golden disagrees with the lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// It is not in the lock.
    #[error(
        "'{0}' is not in the version lock: add it with `cargo run -p wavemill-golden -- bless`"
    )]
    New(String),
    /// Its bits changed and its version did not.
    #[error(
        "the bits of '{name}' changed under version {version}: if that was meant, raise its version \
         and bless its golden in the same commit, with the reason"
    )]
    SameVersion {
        /// The golden.
        name: String,
        /// The version it was rendered with.
        version: u32,
    },
    /// Its version changed and the lock did not.
    #[error(
        "'{name}' has version {version} and the lock has {locked}: bless its golden with \
         `cargo run -p wavemill-golden -- bless`"
    )]
    OtherVersion {
        /// The golden.
        name: String,
        /// The version it was rendered with.
        version: u32,
        /// The version in the lock.
        locked: u32,
    },
}

impl VersionLock {
    /// Checks one golden against the lock.
    ///
    /// # Errors
    /// Where they disagree.
    pub fn check(&self, name: &str, current: &LockedVersion) -> Result<(), LockError> {
        let name = name.to_owned();
        match self.0.get(&name) {
            None => Err(LockError::New(name)),
            Some(locked) if locked == current => Ok(()),
            Some(locked) if locked.version == current.version => {
                Err(LockError::SameVersion { name, version: current.version })
            }
            Some(locked) => Err(LockError::OtherVersion {
                name,
                version: current.version,
                locked: locked.version,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(version: u32, digest: &str) -> LockedVersion {
        LockedVersion { version, digest: digest.to_owned() }
    }

    #[test]
    fn a_change_of_bits_needs_a_new_version() {
        let lock = VersionLock(BTreeMap::from([("gain".to_owned(), locked(1, "aa"))]));
        assert_eq!(lock.check("gain", &locked(1, "aa")), Ok(()));
        let same = LockError::SameVersion { name: "gain".to_owned(), version: 1 };
        assert_eq!(lock.check("gain", &locked(1, "bb")), Err(same));
        let other = LockError::OtherVersion { name: "gain".to_owned(), version: 2, locked: 1 };
        assert_eq!(lock.check("gain", &locked(2, "bb")), Err(other.clone()));
        assert_eq!(lock.check("gain", &locked(2, "aa")), Err(other));
        assert_eq!(lock.check("pan", &locked(1, "aa")), Err(LockError::New("pan".to_owned())));
    }
}
