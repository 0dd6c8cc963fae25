//! What the transport says, as the object that LV2 has for it.

use super::urid::{Urid, map};
use wavemill_plugins::run::Transport;

/// Writes positions, and knows which one was written last.
pub struct Position {
    uris: Uris,
    /// Tempo and signature.
    told: Option<[f64; 3]>,
    body: Vec<u8>,
}

struct Uris {
    object: Urid,
    long: Urid,
    int: Urid,
    float: Urid,
    double: Urid,
    position: Urid,
    frame: Urid,
    speed: Urid,
    tempo: Urid,
    beat: Urid,
    bar: Urid,
    bar_beat: Urid,
    beats_a_bar: Urid,
    beat_unit: Urid,
}

impl Position {
    /// Nothing was written yet.
    pub fn new() -> Self {
        let uris = Uris {
            object: map(c"http://lv2plug.in/ns/ext/atom#Object"),
            long: map(c"http://lv2plug.in/ns/ext/atom#Long"),
            int: map(c"http://lv2plug.in/ns/ext/atom#Int"),
            float: map(c"http://lv2plug.in/ns/ext/atom#Float"),
            double: map(c"http://lv2plug.in/ns/ext/atom#Double"),
            position: map(c"http://lv2plug.in/ns/ext/time#Position"),
            frame: map(c"http://lv2plug.in/ns/ext/time#frame"),
            speed: map(c"http://lv2plug.in/ns/ext/time#speed"),
            tempo: map(c"http://lv2plug.in/ns/ext/time#beatsPerMinute"),
            beat: map(c"http://lv2plug.in/ns/ext/time#beat"),
            bar: map(c"http://lv2plug.in/ns/ext/time#bar"),
            bar_beat: map(c"http://lv2plug.in/ns/ext/time#barBeat"),
            beats_a_bar: map(c"http://lv2plug.in/ns/ext/time#beatsPerBar"),
            beat_unit: map(c"http://lv2plug.in/ns/ext/time#beatUnit"),
        };
        Self { uris, told: None, body: Vec::with_capacity(512) }
    }

    /// The atom that tells of the block that starts at `frame`: its type and its body. `None` where
    /// a plug-in knows all of it since the last time, as time goes on at the same tempo in the same bars.
    pub fn at(&mut self, frame: i64, transport: Transport) -> Option<(Urid, &[u8])> {
        let Transport { quarters, tempo_bpm, bar_quarters, bar, numerator, denominator } =
            transport;
        let told = Some([tempo_bpm, numerator, denominator]);
        if std::mem::replace(&mut self.told, told) == told {
            return None;
        }
        // Beats are those of the signature.
        let [beat, bar_beat] =
            [quarters, quarters - bar_quarters].map(|quarters| quarters * denominator / 4.0);
        let Uris { long, int, float, double, .. } = self.uris;
        self.body.clear();
        // No URI of its own, and what it is.
        self.body.extend_from_slice(&0_u32.to_ne_bytes());
        self.body.extend_from_slice(&self.uris.position.to_ne_bytes());
        self.put(self.uris.frame, long, &frame.to_ne_bytes());
        self.put(self.uris.speed, float, &1_f32.to_ne_bytes());
        self.put(self.uris.tempo, float, &narrow(tempo_bpm).to_ne_bytes());
        self.put(self.uris.beat, double, &beat.to_ne_bytes());
        self.put(self.uris.bar, long, &whole(bar).to_ne_bytes());
        self.put(self.uris.bar_beat, float, &narrow(bar_beat).to_ne_bytes());
        self.put(self.uris.beats_a_bar, float, &narrow(numerator).to_ne_bytes());
        self.put(self.uris.beat_unit, int, &narrow_whole(denominator).to_ne_bytes());
        Some((self.uris.object, &self.body))
    }

    fn put(&mut self, key: Urid, kind: Urid, value: &[u8]) {
        let size = u32::try_from(value.len()).unwrap_or(0);
        for number in [key, 0, size, kind] {
            self.body.extend_from_slice(&number.to_ne_bytes());
        }
        self.body.extend_from_slice(value);
        self.body.resize(self.body.len().next_multiple_of(8), 0);
    }
}

fn narrow(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "the format has 32 bits for it")]
    let value = value as f32;
    value
}

fn narrow_whole(value: f64) -> i32 {
    i32::try_from(whole(value)).unwrap_or(4)
}

fn whole(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "what is too large becomes the largest")]
    let value = value as i64;
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a property before its value: key, context, and the value's size and type.
    const PROPERTY_BYTES: usize = 16;

    /// The value under `key`, eight bytes of it.
    fn value(body: &[u8], key: Urid) -> (u32, u32, [u8; 8]) {
        let number =
            |bytes: &[u8], at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        let mut rest = &body[8..];
        while number(rest, 0) != key {
            let size = number(rest, 8) as usize;
            rest = &rest[PROPERTY_BYTES + size.next_multiple_of(8)..];
        }
        let bytes = rest[PROPERTY_BYTES..PROPERTY_BYTES + 8].try_into().unwrap();
        (number(rest, 8), number(rest, 12), bytes)
    }

    #[test]
    fn the_position_is_told_where_the_tempo_changes() {
        let mut position = Position::new();
        // The third bar of three quarters.
        let at = |quarters, tempo_bpm| Transport {
            quarters,
            tempo_bpm,
            bar_quarters: 6.0,
            bar: 2.0,
            numerator: 3.0,
            denominator: 4.0,
        };
        let (kind, body) = position.at(48_000, at(7.5, 90.0)).unwrap();
        assert_eq!(kind, map(c"http://lv2plug.in/ns/ext/atom#Object"));
        assert!(body.len().is_multiple_of(8));
        let (body, uris) = (body.to_vec(), Position::new().uris);
        assert_eq!(value(&body, uris.frame), (8, uris.long, 48_000_i64.to_ne_bytes()));
        assert_eq!(value(&body, uris.beat), (8, uris.double, 7.5_f64.to_ne_bytes()));
        assert_eq!(value(&body, uris.bar), (8, uris.long, 2_i64.to_ne_bytes()));
        let float = |value: f32| {
            let mut bytes = [0; 8];
            bytes[..4].copy_from_slice(&value.to_ne_bytes());
            (4, uris.float, bytes)
        };
        assert_eq!(value(&body, uris.bar_beat), float(1.5));
        assert_eq!(value(&body, uris.tempo), float(90.0));
        assert_eq!(value(&body, uris.speed), float(1.0));
        assert_eq!(value(&body, uris.beats_a_bar), float(3.0));
        assert_eq!(position.at(48_100, at(7.6, 90.0)), None);
        assert!(position.at(48_200, at(7.7, 91.0)).is_some());
        let common = Transport { numerator: 4.0, ..at(7.8, 91.0) };
        assert!(position.at(48_300, common).is_some());
    }
}
