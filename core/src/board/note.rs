//! Signed notes (C2SP signed-note): a text, an empty line, signature lines; and the keys
//! that sign them.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use base64ct::{Base64, Encoding};

use super::lines::{Lines, base64};
use crate::hash::sha256;
use crate::ids::hex;
use crate::signature::VerifyingKey;

/// Most signature lines in a note that is read: a bound on the work, far above the
/// witnesses of any election.
pub const SIGNATURES: usize = 64;

/// A key's short name within a note; not a cryptographic commitment to it.
pub type KeyId = [u8; 4];

/// Whether a text can name a key: not empty, no white space, no `+`, no control character.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// What a key signs, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The text itself, with Ed25519: a log.
    Log,
    /// The text and a time, with Ed25519: a witness (C2SP tlog-cosignature, v1).
    Witness,
}

impl KeyKind {
    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Log, Self::Witness].into_iter().find(|kind| kind.to_byte() == byte)
    }
}

/// A public key with the name under which it signs. Its text form is the "vkey"
/// `<name>+<key id>+<key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
}

impl NoteKey {
    /// The key of that name.
    ///
    /// # Errors
    /// [`KeyError::Name`] if the name cannot stand in a note.
    pub fn new(name: &str, kind: KeyKind, key: VerifyingKey) -> Result<Self, KeyError> {
        if is_key_name(name) { Ok(Self { name: name.to_owned(), kind, key }) } else { Err(KeyError::Name) }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key alone.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// First bytes of `SHA-256(name || 0x0A || kind || key)`.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let [a, b, c, d, ..] = sha256(&[self.name.as_bytes(), &[b'\n', self.kind.to_byte()], &self.key.to_bytes()]);
        [a, b, c, d]
    }

    /// Whether a line claims to be by this key.
    #[must_use]
    pub fn signed(&self, line: &SignatureLine) -> bool {
        line.name == self.name && line.key_id == self.id()
    }

    /// A line by this key.
    pub(super) fn line(&self, signature: Vec<u8>) -> SignatureLine {
        SignatureLine { name: self.name.clone(), key_id: self.id(), signature }
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [[self.kind.to_byte()].as_slice(), &self.key.to_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), Base64::encode_string(&key))
    }
}

impl FromStr for NoteKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // Base64 may contain a `+`; a name may not.
        let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
        let bytes = base64(key).ok_or(KeyError::Form)?;
        let (kind, key) = bytes.split_first().ok_or(KeyError::Form)?;
        let kind = KeyKind::from_byte(*kind).ok_or(KeyError::Kind(*kind))?;
        let key = <&[u8; 32]>::try_from(key).ok().and_then(VerifyingKey::from_bytes).ok_or(KeyError::Key)?;
        let read = Self::new(name, kind, key)?;
        if hex(&read.id()) == id { Ok(read) } else { Err(KeyError::Id) }
    }
}

/// A text that is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Not `<name>+<key id>+<base64>`.
    Form,
    /// The name is empty, or contains white space, a control character or `+`.
    Name,
    /// A kind of key that this system does not use.
    Kind(u8),
    /// Not a public key.
    Key,
    /// The key id is not that of this name and key.
    Id,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("not of the form <name>+<key id>+<base64>"),
            Self::Name => f.write_str("the name is empty or contains white space or +"),
            Self::Kind(kind) => write!(f, "unknown kind of key {kind:#04x}"),
            Self::Key => f.write_str("not a valid public key"),
            Self::Id => f.write_str("the key id does not belong to this name and key"),
        }
    }
}

impl core::error::Error for KeyError {}

/// One signature of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Who claims to have signed.
    pub name: String,
    /// With which key.
    pub key_id: KeyId,
    /// The signature, in the form of that key's kind.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = base64(signature)?;
        let (key_id, signature) = bytes.split_first_chunk()?;
        let whole = is_key_name(name) && !signature.is_empty();
        whole.then(|| Self { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
    }
}

/// The line without its line feed, as a witness sends it.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), &self.signature].concat();
        write!(f, "— {} {}", self.name, Base64::encode_string(&bytes))
    }
}

impl FromStr for SignatureLine {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        Self::parse(line).ok_or(NoteError::Signature { line: 0 })
    }
}

/// A text and the signatures below it, of which none is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// What is wrong with the form of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteError {
    /// Not UTF-8.
    Utf8,
    /// A control character other than the line feed.
    Control,
    /// No empty line between text and signatures.
    Separator,
    /// The text is empty, or no signature follows it, or the last line is not closed.
    Incomplete,
    /// More than [`SIGNATURES`] signature lines.
    TooMany,
    /// A signature line of another form.
    Signature {
        /// Which, from 0.
        line: usize,
    },
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("the note is not UTF-8"),
            Self::Control => f.write_str("the note contains a control character"),
            Self::Separator => f.write_str("no empty line between text and signatures"),
            Self::Incomplete => f.write_str("the note has no text, no signature, or no final line feed"),
            Self::TooMany => write!(f, "more than {SIGNATURES} signatures"),
            Self::Signature { line } => write!(f, "signature line {line} is malformed"),
        }
    }
}

impl core::error::Error for NoteError {}

impl Note {
    /// The text must be of lines, each closed by a line feed.
    pub(super) fn new(text: String, signatures: Vec<SignatureLine>) -> Self {
        Self { text, signatures }
    }

    /// Reads a note. `parse(note).to_string()` is the note again.
    ///
    /// # Errors
    /// [`NoteError`] unless it has exactly the form of one.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = core::str::from_utf8(bytes).map_err(|_| NoteError::Utf8)?;
        if note.contains(|c: char| c.is_control() && c != '\n') {
            return Err(NoteError::Control);
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Separator)?;
        if text.is_empty() || signatures.is_empty() || !signatures.ends_with('\n') {
            return Err(NoteError::Incomplete);
        }
        if Lines::new(signatures).nth(SIGNATURES).is_some() {
            return Err(NoteError::TooMany);
        }
        let read = |(line, text)| SignatureLine::parse(text).ok_or(NoteError::Signature { line });
        let signatures = Lines::new(signatures).enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned() + "\n", signatures })
    }

    /// What was signed, final line feed included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a signature at a place; at the end if there are fewer.
    pub(super) fn insert(&mut self, at: usize, line: SignatureLine) {
        self.signatures.insert(at.min(self.signatures.len()), line);
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    #[test]
    fn vkeys() {
        let key: NoteKey = SAMPLE.parse().unwrap();
        assert_eq!((key.name(), key.kind()), ("example.com/log/testdata", KeyKind::Log));
        assert_eq!(key.id(), [0x33, 0xd7, 0xb4, 0x96]);
        assert_eq!(key.to_string(), SAMPLE);
        let witness = NoteKey::new("w", KeyKind::Witness, *key.key()).unwrap();
        assert_eq!(witness.to_string().parse(), Ok(witness.clone()));
        assert_ne!(witness.id(), NoteKey::new("w", KeyKind::Log, *key.key()).unwrap().id());
    }

    #[test]
    fn refuses_bad_vkeys() {
        let refused = |text: String| text.parse::<NoteKey>().unwrap_err();
        assert_eq!(refused(SAMPLE.replace("33d7", "33D7")), KeyError::Id);
        assert_eq!(refused(SAMPLE.replace("33d7", "33d8")), KeyError::Id);
        assert_eq!(refused(SAMPLE.replace("testdata", "testdat")), KeyError::Id);
        assert_eq!(refused(SAMPLE.replace("example", "exam ple")), KeyError::Name);
        assert_eq!(refused(SAMPLE.replace("example.com/log/testdata", "")), KeyError::Name);
        assert_eq!(refused(SAMPLE.replace("+A", "+B")), KeyError::Kind(5));
        assert_eq!(refused(SAMPLE.replace("kkSx", "")), KeyError::Key);
        assert_eq!(refused(SAMPLE.replace("kkSx", "kkS")), KeyError::Form);
        assert_eq!(refused("name".into()), KeyError::Form);
        assert_eq!(refused("name+00000000".into()), KeyError::Form);
        assert_eq!(refused("name+00000000+".into()), KeyError::Form);
    }

    #[test]
    fn key_names() {
        assert!(is_key_name("example.com/log/ñ"));
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{2028}b", "a\0"] {
            assert!(!is_key_name(name), "{name:?}");
        }
    }

    #[test]
    fn notes_round_trip() {
        for text in ["text\n\n— name AAAAAAA=\n", "a\n\nb\n\n\n— n AAAAAAA=\n— m BBBBBBBB\n"] {
            assert_eq!(Note::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        let note = Note::parse("a\n\nb\n\n— n AAAAAAA=\n".as_bytes()).unwrap();
        assert_eq!(note.text(), "a\n\nb\n");
        assert_eq!(note.signatures()[0].signature, [0]);
    }

    #[test]
    fn refuses_other_forms() {
        let refused = |text: &str| Note::parse(text.as_bytes()).unwrap_err();
        assert_eq!(Note::parse(b"t\xff\n\n").unwrap_err(), NoteError::Utf8);
        assert_eq!(refused("t\r\n\n— n AAAAAAA=\n"), NoteError::Control);
        assert_eq!(refused("t\n— n AAAAAAA=\n"), NoteError::Separator);
        assert_eq!(refused(""), NoteError::Separator);
        assert_eq!(refused("\n\n— n AAAAAAA=\n"), NoteError::Incomplete);
        assert_eq!(refused("t\n\n"), NoteError::Incomplete);
        assert_eq!(refused("t\n\n— n AAAAAAA="), NoteError::Incomplete);
        for line in [
            "- n AAAAAAA=",
            "—n AAAAAAA=",
            "— n  AAAAAAA=",
            "— n AAAAAAA",
            "— n AAAAAAB=",
            "— n AAAAAA==",
            "— AAAAAAA=",
            "— a+b AAAAAAA=",
            "—  AAAAAAA=",
            "— n AAAAAAA= ",
            " — n AAAAAAA=",
        ] {
            assert_eq!(refused(&format!("t\n\n— n AAAAAAA=\n{line}\n")), NoteError::Signature { line: 1 }, "{line}");
        }
        let lines = |n| format!("t\n\n{}", "— n AAAAAAA=\n".repeat(n));
        assert!(Note::parse(lines(SIGNATURES).as_bytes()).is_ok());
        assert_eq!(refused(&lines(SIGNATURES + 1)), NoteError::TooMany);
    }

    proptest! {
        #[test]
        fn what_parses_writes_the_same(text in "[ab\n ]{0,4}\n\n(— [ab]{1,2} [ABw/+=]{0,9}\n){0,3}") {
            if let Ok(note) = Note::parse(text.as_bytes()) {
                prop_assert_eq!(note.to_string(), text);
            }
        }
    }
}
