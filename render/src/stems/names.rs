//! The files of stems: names from a pattern, no two the same.

use std::collections::BTreeMap;

use super::choice::StemTrack;
use crate::pattern::{Field, expand};

/// What the mix is called among its stems; its index is 0.
pub const MIX_NAME: &str = "mix";

/// Why stems cannot be named so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The pattern makes no sense.
    #[error("pattern {what}")]
    Pattern {
        /// What is wrong with it.
        what: String,
    },
    /// The pattern gives no name of a file.
    #[error("the pattern gives '{name}' for {stem}, which is no file's name: leave out slashes")]
    NotAName {
        /// The stem.
        stem: String,
        /// What it would be called.
        name: String,
    },
    /// Two stems in one file.
    #[error(
        "{first} and {second} would both be '{name}'; upper and lower case count as one: use {{index}} or {{track}} in the pattern"
    )]
    Collision {
        /// The earlier stem.
        first: String,
        /// The later one.
        second: String,
        /// The file's name.
        name: String,
    },
}

/// The names of the files of `stems`, numbered from 1, and of the mix where `mix` is set, last.
///
/// # Errors
/// See [`NameError`].
pub fn stem_names(
    pattern: &str,
    session: &str,
    stems: &[StemTrack],
    mix: bool,
    extension: &str,
) -> Result<Vec<String>, NameError> {
    let of_stems = stems.iter().enumerate();
    let mut named: Vec<(usize, &str, &str)> =
        of_stems.map(|(index, stem)| (index + 1, stem.id.as_str(), stem.name.as_str())).collect();
    named.extend(mix.then_some((0, MIX_NAME, MIX_NAME)));
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut names = Vec::with_capacity(named.len());
    for (index, id, called) in named {
        let called = file_safe(called);
        let fields = [
            ("index", Field::Number(index)),
            ("track", Field::Text(id)),
            ("name", Field::Text(&called)),
            ("session", Field::Text(session)),
            ("ext", Field::Text(extension)),
        ];
        let name = expand(pattern, &fields).map_err(|what| NameError::Pattern { what })?;
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
            return Err(NameError::NotAName { stem: id.to_owned(), name });
        }
        if let Some(first) = taken.insert(name.to_lowercase(), id) {
            let (first, second) = (first.to_owned(), id.to_owned());
            return Err(NameError::Collision { first, second, name });
        }
        names.push(name);
    }
    Ok(names)
}

/// `name` without what some file system cannot have in a name.
fn file_safe(name: &str) -> String {
    let unsafe_anywhere = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let safe: String = name.chars().map(|c| if unsafe_anywhere(c) { '_' } else { c }).collect();
    safe.trim_matches([' ', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use wavemill_core::graph::TapSource;

    use super::*;

    fn stem(id: &str, name: &str) -> StemTrack {
        StemTrack { source: TapSource::Master, id: id.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn stems_are_numbered_and_the_mix_is_number_0() {
        let stems = [stem("kick", "Kick"), stem("lead", "Lead: A/B?")];
        let names = stem_names("{index:02}-{track}.{ext}", "song", &stems, true, "wav").unwrap();
        assert_eq!(names, ["01-kick.wav", "02-lead.wav", "00-mix.wav"]);
        let names = stem_names("{session} {name}.{ext}", "song", &stems, false, "flac").unwrap();
        assert_eq!(names, ["song Kick.flac", "song Lead_ A_B_.flac"]);
    }

    #[test]
    fn two_stems_in_one_file_are_refused() {
        let stems = [stem("a", "Lead"), stem("b", "lead")];
        let error = stem_names("{name}.wav", "song", &stems, false, "wav").unwrap_err();
        let name = "lead.wav".to_owned();
        assert_eq!(error, NameError::Collision { first: "a".into(), second: "b".into(), name });
        let mix = stem_names("{track}.wav", "song", &[stem("mix", "")], true, "wav");
        assert!(matches!(mix, Err(NameError::Collision { .. })));
    }

    #[test]
    fn patterns_that_give_no_names_are_refused() {
        let stems = [stem("a", "..")];
        for pattern in ["", "x/{track}", "..\\{track}", "{name}", ".{track}"] {
            let error = stem_names(pattern, "song", &stems, false, "wav");
            assert!(matches!(error, Err(NameError::NotAName { .. })), "{pattern}: {error:?}");
        }
        let error = stem_names("{kind}", "song", &stems, false, "wav").unwrap_err().to_string();
        assert!(error.contains("{kind}") && error.contains("{track}"), "{error}");
    }
}
