//! Positions by name: what a person calls a place in a session, as a sample.

use super::{Session, TimeValue};
use crate::time::{
    PositionError, Samples, SignatureMapError, TempoMap, TempoMapError, parse_position,
};

/// Most names listed in a message.
const MAX_CHOICES: usize = 12;

/// Which end of a section a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeEdge {
    /// Its start, for the start of a range.
    Start,
    /// Its end, for the end of a range.
    End,
}

/// Why a text means no position of a session.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NamedPositionError {
    /// Neither a position nor a name.
    #[error("{error}; or a marker or section: {choices}")]
    Unknown {
        /// What is wrong with it as a position.
        error: PositionError,
        /// The names there are.
        choices: String,
    },
    /// A position, but none of this session's timeline.
    #[error("'{text}' is no position of this session: {error}")]
    NotThere {
        /// The position.
        text: String,
        /// Why.
        error: PositionError,
    },
    /// The name of several markers or sections.
    #[error("'{name}' is the name of {count} markers or sections: use an id: {choices}")]
    Ambiguous {
        /// The name.
        name: String,
        /// How many have it.
        count: usize,
        /// Their ids.
        choices: String,
    },
    /// The session's tempo points make no map.
    #[error("tempo: {0}")]
    Tempo(#[from] TempoMapError),
    /// The session's signatures make no map.
    #[error("signatures: {0}")]
    Signatures(#[from] SignatureMapError),
}

impl Session {
    /// The sample that `text` means: the id or name of a marker or section, or a position as
    /// [`parse_position`] reads it. Ids come before names, and both before positions.
    pub fn position(&self, text: &str, edge: RangeEdge) -> Result<Samples, NamedPositionError> {
        let tempo = self.tempo_map()?;
        let places = self.places();
        if let Some(place) = places.iter().find(|place| place.id == text) {
            return Ok(place.sample(edge, &tempo));
        }
        let named: Vec<&Place<'_>> = places.iter().filter(|place| place.name == text).collect();
        match named.as_slice() {
            [] => {
                let signatures = self.signature_map()?;
                let position =
                    parse_position(text).and_then(|spec| spec.to_samples(&tempo, &signatures));
                position.map_err(|error| {
                    if error.is_of_form() {
                        return NamedPositionError::NotThere { text: shortened(text), error };
                    }
                    let choices = choices(places.iter().map(|place| place.id));
                    NamedPositionError::Unknown { error, choices }
                })
            }
            [place] => Ok(place.sample(edge, &tempo)),
            several => Err(NamedPositionError::Ambiguous {
                name: text.to_owned(),
                count: several.len(),
                choices: choices(several.iter().map(|place| place.id)),
            }),
        }
    }

    fn places(&self) -> Vec<Place<'_>> {
        let markers = self.markers.iter().map(|marker| Place {
            id: marker.id.as_str(),
            name: &marker.name,
            start: marker.at,
            end: marker.at,
        });
        let sections = self.sections.iter().map(|section| Place {
            id: section.id.as_str(),
            name: &section.name,
            start: TimeValue::Ticks(section.start),
            end: TimeValue::Ticks(section.start + section.length),
        });
        markers.chain(sections).collect()
    }
}

struct Place<'a> {
    id: &'a str,
    name: &'a str,
    start: TimeValue,
    end: TimeValue,
}

impl Place<'_> {
    fn sample(&self, edge: RangeEdge, tempo: &TempoMap) -> Samples {
        tempo.resolve(match edge {
            RangeEdge::Start => self.start,
            RangeEdge::End => self.end,
        })
    }
}

/// As much of what was typed as a message needs.
fn shortened(text: &str) -> String {
    text.trim().chars().take(40).collect()
}

fn choices<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.collect();
    match ids.len() {
        0 => "this session has none".to_owned(),
        n if n > MAX_CHOICES => {
            format!("{} and {} more", ids[..MAX_CHOICES].join(", "), n - MAX_CHOICES)
        }
        _ => ids.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Marker, MarkerId, Section, SectionId};
    use crate::time::{SampleRate, Ticks};

    fn session() -> Session {
        let mut session = Session::new("x", SampleRate::new(48_000).unwrap());
        session.markers = [("drop", "The drop", 96_000), ("m2", "Verse", 10)]
            .map(|(id, name, at)| Marker {
                id: MarkerId::new(id).unwrap(),
                name: name.to_owned(),
                at: TimeValue::Samples(Samples(at)),
            })
            .to_vec();
        session.sections = [("verse", 0, 61_440), ("chorus", 61_440, 122_880)]
            .map(|(id, start, length)| Section {
                id: SectionId::new(id).unwrap(),
                name: "Verse".to_owned(),
                start: Ticks(start),
                length: Ticks(length),
            })
            .to_vec();
        session
    }

    #[test]
    fn ids_names_and_positions_are_found() {
        let session = session();
        let at = |text, edge| session.position(text, edge).unwrap().0;
        assert_eq!(at("drop", RangeEdge::End), 96_000);
        assert_eq!(at("The drop", RangeEdge::Start), 96_000);
        // 61,440 ticks are four quarters, two seconds at 120 bpm.
        assert_eq!(at("chorus", RangeEdge::Start), 96_000);
        assert_eq!(at("chorus", RangeEdge::End), 3 * 96_000);
        assert_eq!(at("1.5s", RangeEdge::Start), 72_000);
        assert_eq!(at("2|1|0", RangeEdge::End), 96_000);
    }

    #[test]
    fn names_of_several_places_are_refused_with_their_ids() {
        let message = session().position("Verse", RangeEdge::Start).unwrap_err().to_string();
        assert_eq!(
            message,
            "'Verse' is the name of 3 markers or sections: use an id: m2, verse, chorus"
        );
    }

    #[test]
    fn other_texts_are_refused_with_all_choices() {
        let message = session().position("bridge", RangeEdge::Start).unwrap_err().to_string();
        assert!(message.contains("'bridge' is no position"), "{message}");
        assert!(message.ends_with("a marker or section: drop, m2, verse, chorus"), "{message}");
        let none = Session::new("x", SampleRate::new(48_000).unwrap());
        let message = none.position("bridge", RangeEdge::End).unwrap_err().to_string();
        assert!(message.ends_with("this session has none"), "{message}");
    }
}
