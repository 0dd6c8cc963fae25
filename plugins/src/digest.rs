//! Bytes in hexadecimal digits: digests, and what is named by them.

/// Two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The digits of the first twenty bytes, which are enough to name a file by.
pub(crate) fn short_hex(digest: &[u8]) -> String {
    hex(digest.get(..20).unwrap_or(digest))
}
