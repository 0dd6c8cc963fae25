//! The bytes of an object: a header with the payload's length and a digest, then the payload.
//!
//! `WMOBJ001`, the payload's length as little-endian u64, the BLAKE3 digest (32 bytes) of the kind's
//! name, the key and the payload, the payload. The name is in the digest so that a file in another's
//! place is found out.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use wavemill_core::graph::SignalKey;

use super::Kind;

const MAGIC: &[u8; 8] = b"WMOBJ001";

/// Bytes handed on at a time: they stay in the cache while they are hashed and written.
const PIECE_BYTES: usize = 256 * 1024;

/// Bytes before the payload.
pub(super) const HEADER_BYTES: usize = 48;

fn hasher(kind: Kind, key: &SignalKey) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.name().as_bytes()).update(&key.0);
    hasher
}

fn header(length: u64, hasher: &blake3::Hasher) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&length.to_le_bytes());
    header[16..].copy_from_slice(hasher.finalize().as_bytes());
    header
}

/// Writes an object.
pub(super) fn write(
    to: &mut impl Write,
    kind: Kind,
    key: &SignalKey,
    payload: &[u8],
) -> std::io::Result<()> {
    let mut hasher = hasher(kind, key);
    hasher.update(payload);
    to.write_all(&header(payload.len() as u64, &hasher))?;
    to.write_all(payload)
}

/// Writes an object whose payload is all that `from` gives; the payload's length.
pub(super) fn write_from(
    to: &mut (impl Write + Seek),
    kind: Kind,
    key: &SignalKey,
    from: &mut dyn Read,
) -> std::io::Result<u64> {
    to.write_all(&[0; HEADER_BYTES])?;
    let mut hasher = hasher(kind, key);
    let mut length = 0;
    pieces(from, &mut |piece| {
        hasher.update(piece);
        length += piece.len() as u64;
        to.write_all(piece)
    })??;
    to.seek(SeekFrom::Start(0))?;
    to.write_all(&header(length, &hasher))?;
    Ok(length)
}

/// Reads an object of `bytes` bytes from its start: its payload takes the place of what is in
/// `payload`. False where it is not whole, damaged or has another name.
pub(super) fn read(
    file: &mut impl Read,
    bytes: u64,
    (kind, key): (Kind, &SignalKey),
    payload: &mut Vec<u8>,
) -> bool {
    let mut head = [0; HEADER_BYTES];
    let length = bytes.checked_sub(HEADER_BYTES as u64).and_then(|rest| usize::try_from(rest).ok());
    let Some(length) = length else { return false };
    payload.resize(length, 0);
    if file.read_exact(&mut head).and_then(|()| file.read_exact(payload)).is_err() {
        return false;
    }
    let mut hasher = hasher(kind, key);
    hasher.update(payload);
    head == header(payload.len() as u64, &hasher)
}

/// Hands an object's payload to `to`, piece by piece; true where it was whole and undamaged, which
/// is known at its end only. Fails where `to` does.
pub(super) fn copy<E>(
    file: &mut impl Read,
    kind: Kind,
    key: &SignalKey,
    to: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<bool, E> {
    let mut head = [0; HEADER_BYTES];
    if file.read_exact(&mut head).is_err() {
        return Ok(false);
    }
    let mut hasher = hasher(kind, key);
    let mut length = 0;
    let read = pieces(file, &mut |piece| {
        hasher.update(piece);
        length += piece.len() as u64;
        to(piece)
    });
    match read {
        Ok(taken) => taken.map(|()| head == header(length, &hasher)),
        Err(_) => Ok(false),
    }
}

/// Reads to the end. The outer result is the reader's, the inner one that of `take`.
fn pieces<E>(
    from: &mut dyn Read,
    take: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> std::io::Result<Result<(), E>> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(Ok(())),
            Ok(count) => {
                if let Err(error) = take(&piece[..count]) {
                    return Ok(Err(error));
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
