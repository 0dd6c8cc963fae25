//! The lists of records of a SoundFont: headers, bags, generators and modulators, in bounds.

use std::ops::Range;

use super::{SoundFontError, riff};

/// A list of records of `SIZE` bytes, the one that ends it included.
#[derive(Clone, Copy)]
pub(super) struct Records<'a, const SIZE: usize> {
    chunk: &'static str,
    records: &'a [[u8; SIZE]],
}

impl<'a, const SIZE: usize> Records<'a, SIZE> {
    /// The list in the chunk `chunk` of `pdta`.
    pub(super) fn find(pdta: &'a [u8], chunk: &'static str) -> Result<Self, SoundFontError> {
        let id = chunk.as_bytes().first_chunk().ok_or(SoundFontError::Missing { chunk })?;
        let bytes = riff::find(pdta, id)?.ok_or(SoundFontError::Missing { chunk })?;
        let (records, rest) = bytes.as_chunks::<SIZE>();
        if records.is_empty() || !rest.is_empty() {
            return Err(SoundFontError::Records { chunk, size: bytes.len(), record: SIZE });
        }
        Ok(Self { chunk, records })
    }

    /// All records but the one that ends the list.
    pub(super) fn entries(&self) -> &'a [[u8; SIZE]] {
        self.records.split_last().map_or(&[], |(_, entries)| entries)
    }

    /// The little-endian number at byte `at` of record `record`; 0 where there is none.
    pub(super) fn number(&self, record: usize, at: usize) -> u16 {
        self.records.get(record).map_or(0, |record| number(record, at))
    }

    /// What record `record` has of a list of `count` records, by the numbers at byte `at` of it and
    /// of the record after it.
    pub(super) fn range(
        &self,
        record: usize,
        at: usize,
        count: usize,
    ) -> Result<Range<usize>, SoundFontError> {
        let from = usize::from(self.number(record, at));
        let to = usize::from(self.number(record + 1, at));
        let refuse = |record, index, from| SoundFontError::Index {
            chunk: self.chunk,
            record,
            index,
            from,
            to: count,
        };
        if from > count {
            return Err(refuse(record, from, 0));
        }
        if to < from || to > count {
            return Err(refuse(record + 1, to, from));
        }
        Ok(from..to)
    }
}

/// The little-endian number at byte `at` of a record; 0 where it has none.
pub(super) fn number(record: &[u8], at: usize) -> u16 {
    let bytes = record.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// The little-endian number of four bytes at byte `at` of a record.
pub(super) fn long_number(record: &[u8], at: usize) -> u32 {
    let bytes = record.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The lists that say what presets or instruments are made of: two levels of the same form.
pub(super) struct Level<'a, const HEADER: usize> {
    /// Headers.
    pub(super) headers: Records<'a, HEADER>,
    /// Byte of a header at which the index of its first bag stands.
    pub(super) first_bag_at: usize,
    /// Bags: where the generators and modulators of each zone start.
    pub(super) bags: Records<'a, 4>,
    /// Modulators.
    pub(super) modulators: Records<'a, 10>,
    /// Generators.
    pub(super) generators: Records<'a, 4>,
}

impl<'a, const HEADER: usize> Level<'a, HEADER> {
    /// Finds the lists in the chunks `names` of `pdta`: headers, bags, modulators, generators.
    pub(super) fn find(
        pdta: &'a [u8],
        names: [&'static str; 4],
        first_bag_at: usize,
    ) -> Result<Self, SoundFontError> {
        let [headers, bags, modulators, generators] = names;
        Ok(Self {
            headers: Records::find(pdta, headers)?,
            first_bag_at,
            bags: Records::find(pdta, bags)?,
            modulators: Records::find(pdta, modulators)?,
            generators: Records::find(pdta, generators)?,
        })
    }

    /// The bags of header `header`.
    pub(super) fn bags_of(&self, header: usize) -> Result<Range<usize>, SoundFontError> {
        self.headers.range(header, self.first_bag_at, self.bags.entries().len())
    }

    /// The generators of bag `bag`.
    pub(super) fn generators_of(&self, bag: usize) -> Result<&'a [[u8; 4]], SoundFontError> {
        let all = self.generators.entries();
        Ok(&all[self.bags.range(bag, 0, all.len())?])
    }

    /// The modulators of bag `bag`.
    pub(super) fn modulators_of(&self, bag: usize) -> Result<&'a [[u8; 10]], SoundFontError> {
        let all = self.modulators.entries();
        Ok(&all[self.bags.range(bag, 2, all.len())?])
    }
}
