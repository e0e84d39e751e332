//! Receipts (`spec/board.md`): the text that a voter keeps, with the server's promise, and
//! the published list of all tracking codes. Neither says anything about a choice.

use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::code::{CodeError, format_code, parse_canonical_code};
use super::lines::{Lines, base64_array, decimal, hex_hash};
use crate::ids::{ElectionId, TrackingCode};
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};

const RECEIPT: &str = "escrutinio/receipt/v1";
const LIST: &str = "escrutinio/receipts/v1";
/// Label of the promise.
const PROMISE: &str = "promise";

/// What is wrong with a receipt or with the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not UTF-8.
    Utf8,
    /// A line is absent, not closed, or of another form.
    Line {
        /// Which, from 1.
        line: usize,
    },
    /// A tracking code is wrong.
    Code {
        /// On which line, from 1.
        line: usize,
        /// How.
        error: CodeError,
    },
    /// A code of the list is out of order, or repeated.
    Order {
        /// On which line, from 1.
        line: usize,
    },
    /// Text follows the last line.
    Trailing,
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("not UTF-8"),
            Self::Line { line } => write!(f, "line {line} is absent or malformed"),
            Self::Code { line, error } => write!(f, "line {line}: {error}"),
            Self::Order { line } => write!(f, "the code of line {line} is out of order or repeated"),
            Self::Trailing => f.write_str("text follows the last line"),
        }
    }
}

impl core::error::Error for ReceiptError {}

/// A receipt of another ballot, or whose promise is not the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPromised;

impl fmt::Display for NotPromised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the promise is not the server's for this ballot")
    }
}

impl core::error::Error for NotPromised {}

fn utf8(bytes: &[u8]) -> Result<&str, ReceiptError> {
    core::str::from_utf8(bytes).map_err(|_| ReceiptError::Utf8)
}

fn code(text: &str, line: usize) -> Result<TrackingCode, ReceiptError> {
    parse_canonical_code(text).map_err(|error| ReceiptError::Code { line, error })
}

/// What a voter keeps: the server promised that this code will stand on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which election.
    pub election: ElectionId,
    /// Which contest.
    pub contest: u32,
    /// The code of the ballot.
    pub code: TrackingCode,
    /// The server's signature.
    pub promise: Signature,
}

impl Receipt {
    /// Promises, as the server, to put a ballot on the board.
    #[must_use]
    pub fn promise(election: ElectionId, contest: u32, code: TrackingCode, server: &SigningKey) -> Self {
        let promise = server.sign(PROMISE, &[&election.0, &contest.to_le_bytes(), &code.0]);
        Self { election, contest, code, promise }
    }

    /// Verifies the promise.
    ///
    /// # Errors
    /// [`BadSignature`] if the server did not make it.
    pub fn verify(&self, server: &VerifyingKey) -> Result<(), BadSignature> {
        let data: [&[u8]; 3] = [&self.election.0, &self.contest.to_le_bytes(), &self.code.0];
        server.verify(PROMISE, &data, &self.promise)
    }

    /// Whether this is the server's promise for one ballot, and for no other.
    ///
    /// # Errors
    /// [`NotPromised`] otherwise.
    pub fn verify_for(
        &self,
        election: &ElectionId,
        (contest, code): (u32, &TrackingCode),
        server: &VerifyingKey,
    ) -> Result<(), NotPromised> {
        let same = self.election == *election && self.contest == contest && self.code == *code;
        if same && self.verify(server).is_ok() { Ok(()) } else { Err(NotPromised) }
    }

    /// Reads the text; `to_string` writes it.
    ///
    /// # Errors
    /// [`ReceiptError`] unless it has exactly the form of a receipt.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let mut lines = Lines::new(utf8(bytes)?);
        let mut field = |line, name| {
            let value = lines.next().and_then(|text| text.strip_prefix(name));
            value.ok_or(ReceiptError::Line { line })
        };
        let bad = |line| ReceiptError::Line { line };
        if !field(1, RECEIPT)?.is_empty() {
            return Err(bad(1));
        }
        let election = hex_hash(field(2, "election ")?).map(ElectionId).ok_or(bad(2))?;
        let contest = decimal(field(3, "contest ")?).and_then(|n| u32::try_from(n).ok()).ok_or(bad(3))?;
        let code = code(field(4, "code ")?, 4)?;
        let promise = base64_array(field(5, "promise ")?).map(Signature).ok_or(bad(5))?;
        if !lines.rest().is_empty() {
            return Err(ReceiptError::Trailing);
        }
        Ok(Self { election, contest, code, promise })
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{RECEIPT}\nelection {}\ncontest {}", self.election, self.contest)?;
        writeln!(f, "code {}\npromise {}", format_code(&self.code), Base64::encode_string(&self.promise.0))
    }
}

/// `receipts.txt`: the codes of all entries of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptList {
    election: ElectionId,
    codes: Vec<TrackingCode>,
}

impl ReceiptList {
    /// The list of an election's codes, which it sorts.
    ///
    /// # Errors
    /// [`ReceiptError::Order`] if a code stands twice, with the line where it would.
    pub fn new(election: ElectionId, mut codes: Vec<TrackingCode>) -> Result<Self, ReceiptError> {
        codes.sort_unstable();
        strictly_increasing(&codes)?;
        Ok(Self { election, codes })
    }

    /// Which election.
    #[must_use]
    pub fn election(&self) -> &ElectionId {
        &self.election
    }

    /// The codes, in their order.
    #[must_use]
    pub fn codes(&self) -> &[TrackingCode] {
        &self.codes
    }

    /// Whether a code is listed.
    #[must_use]
    pub fn contains(&self, code: &TrackingCode) -> bool {
        self.codes.binary_search(code).is_ok()
    }

    /// Reads the file; `to_string` writes it.
    ///
    /// # Errors
    /// [`ReceiptError`] unless it has exactly the form of the list.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let mut lines = Lines::new(utf8(bytes)?);
        if lines.next() != Some(LIST) {
            return Err(ReceiptError::Line { line: 1 });
        }
        let election = lines.next().and_then(hex_hash).map(ElectionId).ok_or(ReceiptError::Line { line: 2 })?;
        let codes = lines.by_ref().zip(3..).map(|(text, line)| code(text, line)).collect::<Result<Vec<_>, _>>()?;
        if !lines.rest().is_empty() {
            return Err(ReceiptError::Trailing);
        }
        strictly_increasing(&codes)?;
        Ok(Self { election, codes })
    }
}

/// Names the line of the first code that is not above the one before.
fn strictly_increasing(codes: &[TrackingCode]) -> Result<(), ReceiptError> {
    let pairs = codes.iter().zip(codes.iter().skip(1)).zip(4..);
    match pairs.into_iter().find(|((before, after), _)| before >= after) {
        Some((_, line)) => Err(ReceiptError::Order { line }),
        None => Ok(()),
    }
}

impl fmt::Display for ReceiptList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{LIST}\n{}", self.election)?;
        self.codes.iter().try_for_each(|code| writeln!(f, "{}", format_code(code)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::hash::sha256;
    use crate::secret::SecretBytes;

    const ELECTION: ElectionId = ElectionId([0x5a; 32]);

    fn server() -> SigningKey {
        SigningKey::from_seed(&SecretBytes::new([3; 32]))
    }

    fn receipt() -> Receipt {
        Receipt::promise(ELECTION, 2, TrackingCode([0xff; 32]), &server())
    }

    #[test]
    fn receipt_has_the_form_specified() {
        let text = receipt().to_string();
        let promise = Base64::encode_string(&receipt().promise.0);
        let expected = [
            "escrutinio/receipt/v1",
            &format!("election {}", "5a".repeat(32)),
            "contest 2",
            "code ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZG-F",
            &format!("promise {promise}\n"),
        ];
        assert_eq!(text, expected.join("\n"));
        assert_eq!(Receipt::parse(text.as_bytes()), Ok(receipt()));
    }

    #[test]
    fn promise_is_over_the_bytes_specified() {
        let data = [[0x5a; 32].as_slice(), &[2, 0, 0, 0], &[0xff; 32]].concat();
        let message = sha256(&[b"escrutinio/v1/promise\0", &data]);
        assert_eq!(server().verifying_key().verify_raw(&message, &receipt().promise), Ok(()));
    }

    #[test]
    fn promise_binds_everything() {
        let key = server().verifying_key();
        assert_eq!(receipt().verify(&key), Ok(()));
        let altered = [
            Receipt { election: ElectionId([0; 32]), ..receipt() },
            Receipt { contest: 3, ..receipt() },
            Receipt { code: TrackingCode([0xfe; 32]), ..receipt() },
            Receipt { promise: Signature([0; 64]), ..receipt() },
        ];
        for receipt in altered {
            assert_eq!(receipt.verify(&key), Err(BadSignature));
        }
        let other = SigningKey::from_seed(&SecretBytes::new([4; 32]));
        assert_eq!(receipt().verify(&other.verifying_key()), Err(BadSignature));
    }

    #[test]
    fn a_promise_is_for_one_ballot() {
        let (key, code) = (server().verifying_key(), TrackingCode([0xff; 32]));
        assert_eq!(receipt().verify_for(&ELECTION, (2, &code), &key), Ok(()));
        assert_eq!(receipt().verify_for(&ElectionId([0; 32]), (2, &code), &key), Err(NotPromised));
        assert_eq!(receipt().verify_for(&ELECTION, (3, &code), &key), Err(NotPromised));
        assert_eq!(receipt().verify_for(&ELECTION, (2, &TrackingCode([1; 32])), &key), Err(NotPromised));
        let forged = Receipt { promise: Signature([0; 64]), ..receipt() };
        assert_eq!(forged.verify_for(&ELECTION, (2, &code), &key), Err(NotPromised));
    }

    #[test]
    fn refuses_other_receipts() {
        let text = receipt().to_string();
        let refused = |text: &str| Receipt::parse(text.as_bytes()).unwrap_err();
        assert_eq!(Receipt::parse(b"\xff"), Err(ReceiptError::Utf8));
        assert_eq!(refused(&text.replace("v1", "v2")), ReceiptError::Line { line: 1 });
        assert_eq!(refused(&text.replace("v1", "v1 ")), ReceiptError::Line { line: 1 });
        assert_eq!(refused(&text.replace("5a5a", "5A5A")), ReceiptError::Line { line: 2 });
        assert_eq!(refused(&text.replace("contest 2", "contest 02")), ReceiptError::Line { line: 3 });
        assert_eq!(refused(&text.replace("contest 2", "contest 4294967296")), ReceiptError::Line { line: 3 });
        let lower = ReceiptError::Code { line: 4, error: CodeError::Form };
        assert_eq!(refused(&text.replace("ZG-F", "ZG-f")), lower);
        assert_eq!(refused(&text.replace("==\n", "=\n")), ReceiptError::Line { line: 5 });
        assert_eq!(refused(text.trim_end()), ReceiptError::Line { line: 5 });
        assert_eq!(refused(&text.replace('\n', "\r\n")), ReceiptError::Line { line: 1 });
        assert_eq!(refused(&format!("{text}\n")), ReceiptError::Trailing);
        assert_eq!(refused(""), ReceiptError::Line { line: 1 });
    }

    #[test]
    fn list_is_sorted() {
        let codes = vec![TrackingCode([2; 32]), TrackingCode([1; 32]), TrackingCode([3; 32])];
        let list = ReceiptList::new(ELECTION, codes).unwrap();
        assert!(list.codes().is_sorted());
        assert!(list.contains(&TrackingCode([2; 32])));
        assert!(!list.contains(&TrackingCode([4; 32])));
        let text = list.to_string();
        assert_eq!(text.lines().count(), 5);
        assert!(text.starts_with(&format!("escrutinio/receipts/v1\n{}\n", "5a".repeat(32))));
        assert_eq!(ReceiptList::parse(text.as_bytes()), Ok(list));
        let empty = ReceiptList::new(ELECTION, vec![]).unwrap();
        assert_eq!(ReceiptList::parse(empty.to_string().as_bytes()), Ok(empty));
    }

    #[test]
    fn refuses_other_lists() {
        let codes = vec![TrackingCode([1; 32]), TrackingCode([2; 32])];
        let text = ReceiptList::new(ELECTION, codes).unwrap().to_string();
        let lines: Vec<_> = text.lines().collect();
        let refused = |lines: &[&str]| ReceiptList::parse((lines.join("\n") + "\n").as_bytes()).unwrap_err();
        assert_eq!(refused(&[lines[0], lines[1], lines[3], lines[2]]), ReceiptError::Order { line: 4 });
        assert_eq!(refused(&[lines[0], lines[1], lines[2], lines[2]]), ReceiptError::Order { line: 4 });
        assert_eq!(refused(&[lines[1], lines[2]]), ReceiptError::Line { line: 1 });
        assert_eq!(refused(&[lines[0], lines[2]]), ReceiptError::Line { line: 2 });
        let blank = ReceiptError::Code { line: 4, error: CodeError::Length { actual: 0 } };
        assert_eq!(refused(&[lines[0], lines[1], lines[2], "", lines[3]]), blank);
        assert_eq!(ReceiptList::parse(text.trim_end().as_bytes()), Err(ReceiptError::Trailing));
        let twice = ReceiptList::new(ELECTION, vec![TrackingCode([1; 32]); 2]);
        assert_eq!(twice, Err(ReceiptError::Order { line: 4 }));
    }
}
