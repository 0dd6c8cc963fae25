//! The bytes of an object: a header with the payload's length and digest, then the payload.
//!
//! `WMOBJ001`, the payload's length as little-endian u64, its BLAKE3 digest (32 bytes), the payload.

use std::io::{ErrorKind, Read};

const MAGIC: &[u8; 8] = b"WMOBJ001";

/// Bytes handed on at a time: they stay in the cache while they are hashed and written.
const PIECE_BYTES: usize = 256 * 1024;

/// Bytes before the payload.
pub(super) const HEADER_BYTES: usize = 48;

/// The header of `payload`.
pub(super) fn header(payload: &[u8]) -> [u8; HEADER_BYTES] {
    header_of(payload.len() as u64, &blake3::hash(payload))
}

fn header_of(length: u64, digest: &blake3::Hash) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&length.to_le_bytes());
    header[16..].copy_from_slice(digest.as_bytes());
    header
}

/// Hands an object's payload to `to`, piece by piece; true where it was whole and undamaged, which
/// is known at its end only. Fails where `to` does.
pub(super) fn copy<E>(
    file: &mut impl Read,
    to: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<bool, E> {
    let mut head = [0; HEADER_BYTES];
    if file.read_exact(&mut head).is_err() {
        return Ok(false);
    }
    let mut hasher = blake3::Hasher::new();
    let mut length = 0_u64;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Ok(false),
        };
        hasher.update(&piece[..count]);
        length += count as u64;
        to(&piece[..count])?;
    }
    Ok(head == header_of(length, &hasher.finalize()))
}

/// Reads an object from its start: its payload, where it is whole and undamaged.
pub(super) fn read(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = [0; HEADER_BYTES];
    file.read_exact(&mut head).ok()?;
    let mut payload = Vec::new();
    file.read_to_end(&mut payload).ok()?;
    (head == header(&payload)).then_some(payload)
}
