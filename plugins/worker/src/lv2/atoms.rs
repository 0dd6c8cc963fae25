//! The numbers of URIDs inside of values: they mean something in one process only, so a value that
//! is kept has others, of a table that is kept with it.

use super::urid::{Urid, map};

/// How deep values lie in values.
const MAX_DEPTH: u32 = 64;

/// A number in place of another, and what the one of the two is that this process knows.
pub struct Renumbered {
    pub new: u32,
    pub known: Urid,
}

/// The types of values that have numbers in them.
pub struct Renumberer {
    urid: Urid,
    objects: [Urid; 3],
    property: Urid,
    tuple: Urid,
    vector: Urid,
    sequence: Urid,
    literal: Urid,
}

impl Renumberer {
    /// Knows them.
    pub fn new() -> Self {
        Self {
            urid: map(c"http://lv2plug.in/ns/ext/atom#URID"),
            objects: [
                c"http://lv2plug.in/ns/ext/atom#Object",
                c"http://lv2plug.in/ns/ext/atom#Blank",
                c"http://lv2plug.in/ns/ext/atom#Resource",
            ]
            .map(map),
            property: map(c"http://lv2plug.in/ns/ext/atom#Property"),
            tuple: map(c"http://lv2plug.in/ns/ext/atom#Tuple"),
            vector: map(c"http://lv2plug.in/ns/ext/atom#Vector"),
            sequence: map(c"http://lv2plug.in/ns/ext/atom#Sequence"),
            literal: map(c"http://lv2plug.in/ns/ext/atom#Literal"),
        }
    }

    /// Replaces every number in `body`, a value of type `kind`, by what `with` says; `None` where
    /// that is nothing, or where the value is not what its type says. 0 stays: it is no number.
    pub fn value(
        &self,
        kind: Urid,
        body: &mut [u8],
        with: &mut dyn FnMut(u32) -> Option<Renumbered>,
    ) -> Option<()> {
        self.within(MAX_DEPTH, kind, body, with)
    }

    fn within(
        &self,
        depth: u32,
        kind: Urid,
        body: &mut [u8],
        with: &mut dyn FnMut(u32) -> Option<Renumbered>,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if kind == self.urid {
            replace(body, 0, with)?;
        } else if self.objects.contains(&kind) {
            replace(body, 0, with)?;
            replace(body, 4, with)?;
            each(body, 8, |rest| self.property(depth, rest, with))?;
        } else if kind == self.property {
            self.property(depth, body, with)?;
        } else if kind == self.tuple {
            each(body, 0, |rest| self.atom(depth, rest, 0, with))?;
        } else if kind == self.vector {
            let child = replace(body, 4, with)?;
            if child == self.urid {
                each(body, 8, |rest| replace(rest, 0, with).map(|_| 4))?;
            }
        } else if kind == self.sequence {
            replace(body, 0, with)?;
            each(body, 8, |rest| self.atom(depth, rest, 8, with))?;
        } else if kind == self.literal {
            replace(body, 0, with)?;
            replace(body, 4, with)?;
        }
        Some(())
    }

    /// A key, a context and a value at the start of `bytes`: how many bytes all of it takes.
    fn property(
        &self,
        depth: u32,
        bytes: &mut [u8],
        with: &mut dyn FnMut(u32) -> Option<Renumbered>,
    ) -> Option<usize> {
        replace(bytes, 0, with)?;
        replace(bytes, 4, with)?;
        self.atom(depth, bytes, 8, with)
    }

    /// A size, a type and a value at `at`: where what is behind it begins.
    fn atom(
        &self,
        depth: u32,
        bytes: &mut [u8],
        at: usize,
        with: &mut dyn FnMut(u32) -> Option<Renumbered>,
    ) -> Option<usize> {
        let size: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        let kind = replace(bytes, at + 4, with)?;
        let end = (at + 8).checked_add(u32::from_ne_bytes(size) as usize)?;
        self.within(depth, kind, bytes.get_mut(at + 8..end)?, with)?;
        Some(end.next_multiple_of(8))
    }
}

/// Calls `with` for what lies at the start of the rest of `body` from `from` on, over and over;
/// it gives the bytes that it took.
fn each(
    body: &mut [u8],
    from: usize,
    mut with: impl FnMut(&mut [u8]) -> Option<usize>,
) -> Option<()> {
    let mut rest = body.get_mut(from..)?;
    while !rest.is_empty() {
        let taken = with(rest)?.min(rest.len());
        rest = &mut rest[taken..];
    }
    Some(())
}

/// Replaces the number at `at`, and gives the one that this process knows.
fn replace(
    bytes: &mut [u8],
    at: usize,
    with: &mut dyn FnMut(u32) -> Option<Renumbered>,
) -> Option<Urid> {
    let place = bytes.get_mut(at..at + 4)?;
    let number = u32::from_ne_bytes((&*place).try_into().ok()?);
    if number == 0 {
        return Some(0);
    }
    let Renumbered { new, known } = with(number)?;
    place.copy_from_slice(&new.to_ne_bytes());
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    /// Adds a thousand to every number.
    fn add(number: u32) -> Option<Renumbered> {
        Some(Renumbered { new: number + 1_000, known: number })
    }

    #[test]
    fn every_number_of_a_value_is_replaced_and_nothing_else() {
        let all = Renumberer::new();
        let int = map(c"http://lv2plug.in/ns/ext/atom#Int");
        let (urid, vector, object) = (all.urid, all.vector, all.objects[0]);
        // An object of type 7: key 8 is a tuple of the number 5 and the URID 9; key 10 is a vector
        // of the URIDs 11 and 12.
        let inside = [4, int, 5, 0, 4, urid, 9, 0];
        let mut value = words(
            &[&[0, 7, 8, 0, 32, all.tuple][..], &inside, &[10, 0, 16, vector, 4, urid, 11, 12]]
                .concat(),
        );
        assert!(all.value(object, &mut value, &mut add).is_some());
        let more = |number: u32| number + 1_000;
        let inside = [4, more(int), 5, 0, 4, more(urid), more(9), 0];
        let wanted = words(
            &[
                &[0, more(7), more(8), 0, 32, more(all.tuple)][..],
                &inside,
                &[more(10), 0, 16, more(vector), 4, more(urid), more(11), more(12)],
            ]
            .concat(),
        );
        assert_eq!(value, wanted);
        // A plain number is no URID.
        let mut plain = words(&[42]);
        assert!(all.value(int, &mut plain, &mut add).is_some());
        assert_eq!(plain, words(&[42]));
    }

    #[test]
    fn what_is_not_what_its_type_says_is_refused() {
        let all = Renumberer::new();
        for (kind, body) in [
            (all.urid, &[][..]),
            (all.objects[0], &[0, 7, 8, 0, 99, 1][..]),
            (all.tuple, &[u32::MAX, 1]),
            (all.vector, &[4]),
        ] {
            assert!(all.value(kind, &mut words(body), &mut add).is_none(), "{body:?}");
        }
        // A tuple in a tuple, and so on.
        let mut deep = Vec::new();
        for level in 0..100 {
            deep.extend([(99 - level) * 8, all.tuple]);
        }
        assert!(all.value(all.tuple, &mut words(&deep), &mut add).is_none());
        assert!(all.value(all.tuple, &mut words(&deep[2 * 60..]), &mut add).is_some());
    }
}
