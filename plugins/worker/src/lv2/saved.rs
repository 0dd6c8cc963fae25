//! The state of a plug-in as bytes: what it is of, the values of its ports, and the properties that
//! it saves, exactly.
//!
//! It is a format of our own, and not the Turtle text that other hosts write: that rounds numbers to
//! eight places, and a session has to give the same bits when it is opened again.

use std::collections::BTreeMap;
use std::ffi::CString;

use serde::{Deserialize, Serialize};

use super::atoms::{Renumbered, Renumberer};
use super::urid::{Urid, map, unmap};

/// What all of them begin with.
const MAGIC: &[u8] = b"WMLV2\n";

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// The plug-in's URI.
    plugin: String,
    /// The values of its control inputs, by symbol.
    pub ports: BTreeMap<String, f64>,
    /// What it saved itself.
    properties: Vec<Property>,
    /// The URIs that the properties' numbers stand for; the first one's is 1.
    uris: Vec<String>,
}

/// A property as it is kept: all numbers of URIs are those of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Property {
    key: u32,
    kind: u32,
    flags: u32,
    /// Two hexadecimal digits a byte.
    value: String,
}

/// A property as this process knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it is of.
    pub key: Urid,
    /// Its type.
    pub kind: Urid,
    /// What may be done with it.
    pub flags: u32,
    /// How many bytes of the words it has.
    pub bytes: usize,
    /// Its bytes, at an address that suits any type.
    pub words: Box<[u64]>,
}

impl Saved {
    /// The state of a plug-in with these values of its ports, and no properties yet.
    pub fn new(plugin: String, ports: BTreeMap<String, f64>) -> Self {
        Self { plugin, ports, properties: Vec::new(), uris: Vec::new() }
    }

    /// As bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let mut bytes = MAGIC.to_vec();
        serde_json::to_writer(&mut bytes, self).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// Of bytes that are a state of `plugin`.
    pub fn of_bytes(bytes: &[u8], plugin: &str) -> Result<Self, String> {
        let json = bytes.strip_prefix(MAGIC).ok_or("this is no state of an LV2 plug-in")?;
        let saved: Self = serde_json::from_slice(json)
            .map_err(|error| format!("this state of an LV2 plug-in is damaged: {error}"))?;
        if saved.plugin != plugin {
            return Err(format!("this is a state of '{}'", saved.plugin));
        }
        saved.values()?;
        Ok(saved)
    }

    /// Keeps `values`.
    pub fn keep(&mut self, values: &[Value]) -> Result<(), String> {
        let all = Renumberer::new();
        for value in values {
            let mut number = |number: Urid| {
                let new = self.number_of(number)?;
                Some(Renumbered { new, known: number })
            };
            let mut bytes = bytes_of(&value.words, value.bytes);
            let renumbered = all.value(value.kind, &mut bytes, &mut number);
            let (key, kind) = (number(value.key), number(value.kind));
            let (Some(()), Some(key), Some(kind)) = (renumbered, key, kind) else {
                let key = unmap(value.key).unwrap_or_default();
                return Err(format!(
                    "it saves '{}' in a form that cannot be kept",
                    key.to_string_lossy()
                ));
            };
            let (key, kind) = (key.new, kind.new);
            self.properties.push(Property { key, kind, flags: value.flags, value: hex(&bytes) });
        }
        Ok(())
    }

    /// The table's number of a URI, a new one where it has none.
    fn number_of(&mut self, number: Urid) -> Option<u32> {
        let uri = unmap(number)?.into_string().ok()?;
        let known = self.uris.iter().position(|known| *known == uri);
        let index = known.unwrap_or_else(|| {
            self.uris.push(uri);
            self.uris.len() - 1
        });
        u32::try_from(index + 1).ok()
    }

    /// What [`Self::keep`] got.
    pub fn values(&self) -> Result<Vec<Value>, String> {
        let all = Renumberer::new();
        let mut number = |number: u32| {
            let uri = self.uris.get((number as usize).checked_sub(1)?)?;
            let known = map(&CString::new(uri.as_str()).ok()?);
            Some(Renumbered { new: known, known })
        };
        let value = |property: &Property| {
            let (key, kind) = (number(property.key)?.known, number(property.kind)?.known);
            let mut bytes = of_hex(&property.value)?;
            all.value(kind, &mut bytes, &mut number)?;
            let (flags, count) = (property.flags, bytes.len());
            Some(Value { key, kind, flags, bytes: count, words: words_of(&bytes) })
        };
        let values: Option<Vec<Value>> = self.properties.iter().map(value).collect();
        values.ok_or_else(|| "this state of an LV2 plug-in is damaged".to_owned())
    }
}

/// Words that hold `bytes`, and zeros behind them.
pub fn words_of(bytes: &[u8]) -> Box<[u64]> {
    let word = |chunk: &[u8]| {
        let mut word = [0; size_of::<u64>()];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(word)
    };
    bytes.chunks(size_of::<u64>()).map(word).collect()
}

fn bytes_of(words: &[u64], count: usize) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).take(count).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from(b"0123456789abcdef"[usize::from(digit & 0xf)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(key: &std::ffi::CStr, kind: &std::ffi::CStr, bytes: &[u8]) -> Value {
        let (key, kind) = (map(key), map(kind));
        Value { key, kind, flags: 1, bytes: bytes.len(), words: words_of(bytes) }
    }

    fn saved() -> Saved {
        // Neither has an end in decimal places that anyone would write.
        let ports = [("gain".to_owned(), f64::from(1.0e-12_f32)), ("mix".to_owned(), 0.1)];
        Saved::new("urn:plugin".to_owned(), ports.into())
    }

    #[test]
    fn states_come_back_exactly() {
        let uri = map(c"urn:wavemill:some").to_ne_bytes();
        let values = [
            value(c"urn:a", c"http://lv2plug.in/ns/ext/atom#Float", &1.0e-12_f32.to_ne_bytes()),
            value(c"urn:b", c"http://lv2plug.in/ns/ext/atom#String", b"nine byte\0"),
            value(c"urn:c", c"http://lv2plug.in/ns/ext/atom#URID", &uri),
        ];
        let mut saved = saved();
        saved.keep(&values).unwrap();
        let bytes = saved.to_bytes().unwrap();
        // Numbers of this process are not in it.
        assert!(saved.uris.contains(&"urn:wavemill:some".to_owned()));
        let read = Saved::of_bytes(&bytes, "urn:plugin").unwrap();
        assert_eq!(read, saved);
        assert_eq!(read.values().unwrap(), values);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let of_nothing = Value { key: u32::MAX, ..value(c"urn:a", c"urn:b", b"x") };
        assert!(saved().keep(&[of_nothing]).is_err());
        let short = value(c"urn:c", c"http://lv2plug.in/ns/ext/atom#URID", &[1, 0]);
        assert!(saved().keep(&[short]).unwrap_err().contains("urn:c"));
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        let mut good = saved();
        good.keep(&[value(c"urn:a", c"urn:b", b"xyz")]).unwrap();
        let text = String::from_utf8(good.to_bytes().unwrap()).unwrap();
        let read = |text: &str| Saved::of_bytes(text.as_bytes(), "urn:plugin");
        assert!(read(&text).is_ok());
        assert!(read("").unwrap_err().contains("no state"));
        assert!(read(&text[..text.len() - 1]).unwrap_err().contains("damaged"));
        for (good, bad) in [
            ("\"key\":1", "\"key\":9"),
            ("\"key\":1", "\"key\":0"),
            ("78797a", "78797"),
            ("78797a", "7879 +"),
            ("78797a", "78797g"),
        ] {
            let bad = text.replace(good, bad);
            assert_ne!(bad, text);
            assert!(read(&bad).unwrap_err().contains("damaged"), "{bad}");
        }
        let other = Saved::of_bytes(text.as_bytes(), "urn:other").unwrap_err();
        assert!(other.contains("urn:plugin"));
    }
}
