//! Text that plug-ins give: up to its first zero, without what a terminal would obey.

/// Longest text that is kept, in characters.
const MAX_CHARACTERS: usize = 4_096;

/// What people can read of `bytes`, on one line.
pub fn clean(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(MAX_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn text_is_one_line_and_harmless() {
        assert_eq!(clean(b"  Gain\tOne\0rest"), "Gain One");
        assert_eq!(clean("Gr\u{fc}n \u{1b}[31mred\r\n".as_bytes()), "Gr\u{fc}n [31mred");
        assert_eq!(clean(&[0xff, b'a']), "\u{fffd}a");
        assert_eq!(clean(&[b'x'; 10_000]).len(), 4_096);
        assert_eq!(clean(b""), "");
    }
}
