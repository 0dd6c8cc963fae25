//! The chunks of a RIFF file, in bounds.

use super::SoundFontError;

/// Bytes of a chunk's id and size.
const HEAD: usize = 8;

/// The content of the RIFF form or the list `form` that `bytes`, the content of a chunk, holds.
pub(super) fn content<'a>(bytes: &'a [u8], form: &[u8; 4]) -> Option<&'a [u8]> {
    bytes.strip_prefix(form)
}

/// A chunk's id, its content, and what follows it.
type Chunk<'a> = ([u8; 4], &'a [u8], &'a [u8]);

/// The first chunk of `bytes`; `None` where there is none.
pub(super) fn chunk(bytes: &[u8]) -> Result<Option<Chunk<'_>>, SoundFontError> {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else { return Ok(None) };
    let [a, b, c, d, size @ ..] = *head;
    let id = [a, b, c, d];
    let size = u32::from_le_bytes(size);
    let length = usize::try_from(size).unwrap_or(usize::MAX);
    let Some((content, rest)) = rest.split_at_checked(length) else {
        let chunk = String::from_utf8_lossy(&id).into_owned();
        let (size, left) = (u64::from(size), rest.len() as u64);
        return Err(SoundFontError::Truncated { chunk, size, left });
    };
    let rest = if length % 2 == 1 { padded(rest) } else { rest };
    Ok(Some((id, content, rest)))
}

/// What follows a chunk of an odd size: chunks start at even bytes, behind a zero. Writers of SF3
/// files leave it out, and the next id follows at once.
fn padded(rest: &[u8]) -> &[u8] {
    let is_id = |bytes: &[u8; 4]| bytes.iter().all(u8::is_ascii_alphanumeric);
    if rest.first_chunk().is_some_and(is_id) { rest } else { rest.get(1..).unwrap_or_default() }
}

/// The content of the first chunk `id` among `chunks`.
pub(super) fn find<'a>(
    mut chunks: &'a [u8],
    id: &[u8; 4],
) -> Result<Option<&'a [u8]>, SoundFontError> {
    while let Some((found, content, rest)) = chunk(chunks)? {
        if found == *id {
            return Ok(Some(content));
        }
        chunks = rest;
    }
    Ok(None)
}

/// The content of the list `form` among `chunks`.
pub(super) fn find_list<'a>(
    mut chunks: &'a [u8],
    form: &[u8; 4],
) -> Result<Option<&'a [u8]>, SoundFontError> {
    while let Some((found, list, rest)) = chunk(chunks)? {
        if found == *b"LIST"
            && let Some(content) = content(list, form)
        {
            return Ok(Some(content));
        }
        chunks = rest;
    }
    Ok(None)
}
