//! Text that a command reads: from a file, or from standard input.

use std::io::Read;
use std::path::Path;

use crate::failure::Failure;

/// The text of the file at `path`, or of standard input where that is `-`; `what` it is, for
/// messages. More than `limit_bytes` are refused.
pub fn read(path: &Path, what: &str, limit_bytes: u64) -> Result<String, Failure> {
    let name = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::file_system(format!("{what} in '{name}' cannot be read: {error}"))
    };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    let mut bytes = Vec::new();
    input.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(Failure::invalid(format!(
            "{what} in '{name}' are longer than {limit_bytes} bytes: split them"
        )));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failure::invalid(format!("{what} in '{name}' are not UTF-8 text: save them as UTF-8"))
    })
}
