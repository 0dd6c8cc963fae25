//! The bytes of an object: a header with the payload's length and digest, then the payload.
//!
//! `WMOBJ001`, the payload's length as little-endian u64, its BLAKE3 digest (32 bytes), the payload.

use std::io::Read;

const MAGIC: &[u8; 8] = b"WMOBJ001";

/// Bytes before the payload.
pub(super) const HEADER_BYTES: usize = 48;

/// The header of `payload`.
pub(super) fn header(payload: &[u8]) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    header[16..].copy_from_slice(blake3::hash(payload).as_bytes());
    header
}

/// Reads an object from its start: its payload, where it is whole and undamaged.
pub(super) fn read(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = [0; HEADER_BYTES];
    file.read_exact(&mut head).ok()?;
    let mut payload = Vec::new();
    file.read_to_end(&mut payload).ok()?;
    (head == header(&payload)).then_some(payload)
}
