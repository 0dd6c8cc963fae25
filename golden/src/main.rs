//! `cargo run -p wavemill-golden -- bless | matrix FOLDER`: keeps this repository's goldens.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wavemill_golden::{bless, matrix_case};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["bless"] => bless_goldens(),
        ["matrix", folder] => write_matrix(Path::new(folder)),
        _ => Err("usage: wavemill-golden bless | matrix FOLDER".to_owned()),
    };
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bless_goldens() -> Result<String, String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let scratch = std::env::temp_dir().join(format!("wavemill-golden-{}", std::process::id()));
    let in_ci = std::env::var_os("CI").is_some();
    let blessed = bless(&folder, &scratch, in_ci).map_err(|error| error.to_string());
    // The scratch folder is in the system's temporary one; a leftover harms nobody.
    let _ = std::fs::remove_dir_all(&scratch);
    blessed.map(|count| format!("{count} goldens blessed in {}", folder.display()))
}

/// Writes the matrix session twice: `session`, and `reordered` with its tracks in another order.
fn write_matrix(folder: &Path) -> Result<String, String> {
    for (name, reordered) in [("session", false), ("reordered", true)] {
        let case = matrix_case(reordered).map_err(|error| error.to_string())?;
        case.write(&folder.join(name)).map_err(|error| error.to_string())?;
    }
    Ok(format!("the matrix sessions lie in {}", folder.display()))
}
