//! Which tracks get a stem: kinds of tracks, or tracks by their ids.

use wavemill_core::graph::TapSource;
use wavemill_core::session::{OutputTarget, Session, Track, TrackKind};

/// Says whether a kind takes a track.
type Takes = fn(&Track) -> bool;

/// The words that stand for kinds of tracks, and what each takes.
const KINDS: [(&str, Takes); 5] = [
    ("master-inputs", |track| track.output == OutputTarget::Master),
    ("tracks", |track| matches!(track.kind, TrackKind::Audio | TrackKind::Instrument)),
    ("groups", |track| track.kind == TrackKind::Group),
    ("returns", |track| track.kind == TrackKind::Return),
    ("all", |_| true),
];

/// The word for the master's own strip.
const MASTER: &str = "master";

/// A track that gets a stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StemTrack {
    /// Which.
    pub source: TapSource,
    /// Its id; `master` for the master.
    pub id: String,
    /// Its name; its id where it has none.
    pub name: String,
}

/// Why there are no such stems.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// Neither a kind nor an id.
    #[error(
        "there is no track '{word}': name tracks by their ids ({ids}), or master-inputs, tracks, groups, returns, all or master"
    )]
    Unknown {
        /// What was asked for.
        word: String,
        /// The ids there are.
        ids: String,
    },
    /// Nothing to render.
    #[error("the session has none of '{words}': there is nothing to render")]
    Nothing {
        /// What was asked for.
        words: String,
    },
}

/// The tracks that `words`, separated by commas, name: in the session's order, each once, the master
/// last. A track whose id is the word for a kind is reached by that kind only.
///
/// # Errors
/// Where a word names nothing, or all of them together name no track.
pub fn choose(session: &Session, words: &str) -> Result<Vec<StemTrack>, ChoiceError> {
    let mut chosen = vec![false; session.tracks.len()];
    let mut master = false;
    for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        if let Some((_, takes)) = KINDS.iter().find(|(kind, _)| *kind == word) {
            for (chosen, track) in chosen.iter_mut().zip(&session.tracks) {
                *chosen |= takes(track);
            }
        } else if let Some(at) = session.tracks.iter().position(|t| t.id.as_str() == word) {
            chosen[at] = true;
        } else if word == MASTER {
            master = true;
        } else {
            let ids: Vec<&str> = session.tracks.iter().map(|track| track.id.as_str()).collect();
            return Err(ChoiceError::Unknown { word: word.to_owned(), ids: ids.join(", ") });
        }
    }
    let tracks = session.tracks.iter().zip(chosen).filter(|(_, chosen)| *chosen);
    let mut stems: Vec<StemTrack> = tracks.map(|(track, _)| of_track(track)).collect();
    stems.extend(master.then(|| StemTrack {
        source: TapSource::Master,
        id: MASTER.to_owned(),
        name: MASTER.to_owned(),
    }));
    if stems.is_empty() {
        return Err(ChoiceError::Nothing { words: words.to_owned() });
    }
    Ok(stems)
}

fn of_track(track: &Track) -> StemTrack {
    let id = track.id.as_str().to_owned();
    let name = if track.name.is_empty() { id.clone() } else { track.name.clone() };
    StemTrack { source: TapSource::Track(track.id.clone()), id, name }
}

#[cfg(test)]
mod tests {
    use wavemill_core::session::TrackId;
    use wavemill_core::time::SampleRate;

    use super::*;

    fn session() -> Session {
        let mut session = Session::new("song", SampleRate::new(48_000).unwrap());
        let mut add = |id: &str, kind, output: Option<OutputTarget>| {
            let mut track = Track::new(TrackId::new(id).unwrap(), "", kind);
            track.output = output.unwrap_or(OutputTarget::Master);
            session.tracks.push(track);
        };
        let drums = OutputTarget::Group(TrackId::new("drums").unwrap());
        add("kick", TrackKind::Audio, Some(drums));
        add("lead", TrackKind::Instrument, None);
        add("drums", TrackKind::Group, None);
        add("verb", TrackKind::Return, None);
        session
    }

    fn ids(words: &str) -> Vec<String> {
        choose(&session(), words).unwrap().into_iter().map(|stem| stem.id).collect()
    }

    #[test]
    fn words_take_kinds_and_ids_in_the_sessions_order() {
        assert_eq!(ids("master-inputs"), ["lead", "drums", "verb"]);
        assert_eq!(ids("tracks"), ["kick", "lead"]);
        assert_eq!(ids("returns, groups"), ["drums", "verb"]);
        assert_eq!(ids("all"), ["kick", "lead", "drums", "verb"]);
        assert_eq!(ids("verb,kick,kick"), ["kick", "verb"]);
        assert_eq!(ids("master,lead"), ["lead", "master"]);
    }

    #[test]
    fn what_names_nothing_is_refused() {
        let unknown = choose(&session(), "kick,snare").unwrap_err().to_string();
        assert!(unknown.contains("'snare'") && unknown.contains("kick, lead"), "{unknown}");
        let nothing = choose(&Session::new("song", SampleRate::new(48_000).unwrap()), "groups")
            .unwrap_err()
            .to_string();
        assert!(nothing.contains("'groups'"), "{nothing}");
    }
}
