//! Why a text is no instrument that can be played.

/// Why a text is no instrument that can be played, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct SfzError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: SfzErrorKind,
}

/// What is wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SfzErrorKind {
    /// Bytes that are no text.
    #[error("it is no text in UTF-8: name an SFZ file, or save it as UTF-8 with a text editor")]
    NotText,
    /// More than memory should have to hold.
    #[error("it comes to more than {limit} {what}: leave some out")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// No region in the whole text.
    #[error("it has no <region>, so there is nothing to play: choose another file")]
    NoRegions,
    /// A comment or a header without its end.
    #[error("'{start}' is never closed by '{end}': close it")]
    Unclosed {
        /// How it starts.
        start: &'static str,
        /// How it should end.
        end: &'static str,
    },
    /// Other files are not read.
    #[error("#include is not read: put the text of that file in its place")]
    Include,
    /// A directive that is none, or a definition without a name or a value.
    #[error("'{0}' is no directive: write #define $NAME value")]
    Directive(String),
    /// Text that is neither a header nor an opcode.
    #[error("'{0}' is no opcode: write name=value, and // before a comment")]
    NotAnOpcode(String),
    /// An opcode before every header.
    #[error("the opcode '{0}' stands before every header: put a <global> before it")]
    NoHeader(String),
    /// A value that is no number, none of the words there are, or out of range.
    #[error("{opcode}={value}: it takes {takes}")]
    Value {
        /// The opcode.
        opcode: String,
        /// What was given.
        value: String,
        /// What it takes.
        takes: String,
    },
    /// A region without a sample.
    #[error("this region has no sample: add sample=, or leave the region out")]
    NoSample,
    /// A waveform that players make themselves.
    #[error("sample={0}: generators are not played: name a file")]
    Generator(String),
    /// A sample's name that is no relative path.
    #[error("sample={0}: name it relative to the folder of the SFZ file")]
    AbsoluteSample(String),
    /// A range whose start is above its end.
    #[error("{low} {from} is above {high} {to}, so that nothing plays this region: exchange them")]
    Range {
        /// The opcode of the start.
        low: &'static str,
        /// What it is.
        from: String,
        /// The opcode of the end.
        high: &'static str,
        /// What it is.
        to: String,
    },
    /// A place in a sample that is not there.
    #[error("{opcode}={value} lies outside of '{sample}', which has {frames} frames: correct it")]
    OutsideSample {
        /// The opcode.
        opcode: &'static str,
        /// What it is.
        value: u64,
        /// The sample's name in the text.
        sample: String,
        /// Its length.
        frames: u64,
    },
    /// A sample that cannot be read.
    #[error("its sample {0}")]
    Sample(String),
}

impl SfzErrorKind {
    /// The error at a line.
    pub(super) fn at(self, line: usize) -> SfzError {
        SfzError { line, kind: self }
    }
}
