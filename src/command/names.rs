//! New ids: readable, derived from a name, and the same whenever the same command is repeated.

use super::CommandError;
use crate::session::IdError;

/// Longest id made from a name, in bytes, so that a number still fits behind it.
const MAX_STEM_BYTES: usize = 48;

/// The id a new thing gets: the one `given`, refused where it is taken, or one made from `name`.
///
/// `given` holds the id afterwards: a command recorded with it makes the same thing again.
pub(super) fn resolve<T>(
    given: &mut Option<T>,
    (list, kind): (&str, &'static str),
    name: &str,
    taken: impl Fn(&str) -> bool,
) -> Result<T, CommandError>
where
    T: Clone + std::fmt::Display + TryFrom<String, Error = IdError>,
{
    let id = match given.take() {
        Some(id) if taken(&id.to_string()) => {
            let id = id.to_string();
            return Err(CommandError::Exists { path: format!("{list}/{id}"), kind, id });
        }
        Some(id) => id,
        None => fresh(list, kind, name, taken)?,
    };
    *given = Some(id.clone());
    Ok(id)
}

/// A free id made from `name`: `kick`, `kick-2`, `kick-3`, ...
pub(super) fn fresh<T>(
    list: &str,
    kind: &'static str,
    name: &str,
    taken: impl Fn(&str) -> bool,
) -> Result<T, CommandError>
where
    T: TryFrom<String, Error = IdError>,
{
    let whole = slug(name, kind);
    let mut id = whole.clone();
    let mut number = 2_u64;
    while taken(&id) {
        id = format!("{}-{number}", stem(&whole));
        number += 1;
    }
    T::try_from(id).map_err(|error| CommandError::refused(list, error.to_string(), "give an id"))
}

/// `text` in the characters of an id; `kind` where nothing is left of it.
fn slug(text: &str, kind: &str) -> String {
    let mut slug = String::new();
    for character in text.chars().chain(" ".chars()) {
        let lower = character.to_ascii_lowercase();
        if lower.is_ascii_lowercase() || lower.is_ascii_digit() {
            if slug.len() < MAX_STEM_BYTES {
                slug.push(lower);
            }
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        return kind.to_ascii_lowercase().replace(' ', "-");
    }
    slug.to_owned()
}

/// `id` without a number at its end, so that a copy of `kick-2` is `kick-3` and not `kick-2-2`.
fn stem(id: &str) -> &str {
    match id.rsplit_once('-') {
        Some((stem, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            stem
        }
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::TrackId;

    fn made(name: &str, taken: &[&str]) -> String {
        fresh::<TrackId>("tracks", "track", name, |id| taken.contains(&id)).unwrap().to_string()
    }

    #[test]
    fn ids_come_from_names() {
        assert_eq!(made("Kick", &[]), "kick");
        assert_eq!(made("  Lead Vocal (double)! ", &[]), "lead-vocal-double");
        assert_eq!(made("Glückslied", &[]), "gl-ckslied");
        assert_eq!(made("!?", &[]), "track");
        assert_eq!(made(&"x".repeat(300), &[]).len(), MAX_STEM_BYTES);
    }

    #[test]
    fn taken_ids_get_the_next_free_number() {
        assert_eq!(made("Kick", &["kick"]), "kick-2");
        assert_eq!(made("Kick", &["kick", "kick-2"]), "kick-3");
        assert_eq!(made("kick-2", &["kick", "kick-2"]), "kick-3");
        assert_eq!(made("take 1", &["take-1"]), "take-2");
    }

    #[test]
    fn a_given_id_is_kept_or_refused() {
        let mut given = Some(TrackId::new("snare").unwrap());
        let id = resolve(&mut given, ("tracks", "track"), "Kick", |_| false).unwrap();
        assert_eq!((id.as_str(), given), ("snare", Some(TrackId::new("snare").unwrap())));
        let mut given = Some(TrackId::new("snare").unwrap());
        let error = resolve(&mut given, ("tracks", "track"), "Kick", |_| true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tracks/snare: there is a track 'snare' already: choose another id, or leave it out"
        );
    }
}
