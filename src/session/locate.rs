//! Paths inside a document for people: ids in place of array indexes, where the elements have one.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_path_to_error::{Path, Segment};

/// `path` with the ids of the elements it leads through: `tracks/bass/clips/verse`.
///
/// The document is read once more, keeping nothing but the ids on the way; an element without one
/// before the error keeps its index, as all do in a document that cannot be read.
pub(super) fn readable_path(document: &[u8], path: &Path) -> String {
    let segments: Vec<&Segment> = path.iter().collect();
    let mut texts: Vec<String> =
        path.iter().map(|segment| text(segment).unwrap_or_default()).collect();
    let walk = Walk { segments: &segments, ids: &mut texts, is_element: false };
    // Its errors are those already being reported.
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_slice(document));
    texts.retain(|text| !text.is_empty());
    texts.join("/")
}

fn text(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    }
}

/// Follows `segments` down the document. `ids` are the texts of all segments of which the last
/// `segments.len()` are still ahead; where `is_element`, the one before them is an index to be
/// replaced.
struct Walk<'a> {
    segments: &'a [&'a Segment],
    ids: &'a mut Vec<String>,
    is_element: bool,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.segments.is_empty() && !self.is_element {
            return IgnoredAny::deserialize(deserializer).map(|_| ());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array on the way to the error")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let here = self.ids.len() - self.segments.len();
        let wanted = match self.segments.first() {
            Some(Segment::Map { key }) => Some(key),
            // An enum is an object with its variant as the key.
            Some(Segment::Enum { variant }) => Some(variant),
            _ => None,
        };
        while let Some(key) = map.next_key::<String>()? {
            if self.is_element && key == "id" && wanted.is_none_or(|wanted| wanted != "id") {
                self.ids[here - 1] = map.next_value()?;
            } else if wanted.is_some_and(|wanted| *wanted == key) {
                let segments = &self.segments[1..];
                map.next_value_seed(Walk { segments, ids: self.ids, is_element: false })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some(Segment::Seq { index }) = self.segments.first() else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        for _ in 0..*index {
            seq.next_element::<IgnoredAny>()?;
        }
        let segments = &self.segments[1..];
        seq.next_element_seed(Walk { segments, ids: self.ids, is_element: true })?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
