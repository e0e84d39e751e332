//! One message: read strictly as the ceremony tool writes it, and made anew with sender, date and
//! identifier. Nothing of it is taken over unseen, so no header can come from a name or a title.

use std::time::SystemTime;

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox};
use lettre::{Address, Message};

/// The headers that a message of the outbox has, in any order and each once, beside `To` and `Subject`.
const FIXED: [(&str, &str); 4] = [
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "8bit"),
    ("Auto-Submitted", "auto-generated"),
];

/// Why a message of the outbox cannot be sent; it stands in the journal in place of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is none that the ceremony tool writes.
    Form,
    /// Its address is none.
    Address,
}

impl Unfit {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Address => "address",
        }
    }
}

/// A message that can be sent.
pub struct Prepared {
    /// To whom.
    pub to: Address,
    /// What goes over the wire.
    pub bytes: Vec<u8>,
}

impl core::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Prepared(..)")
    }
}

/// Makes a message ready for the wire. Its identifier is the same however often it is made: a
/// mailbox that gets it twice can tell.
///
/// # Errors
/// If it is none of the ceremony tool's, or its address is none.
pub fn prepare(text: &str, from: &Address, date: SystemTime) -> Result<Prepared, Unfit> {
    let (to, subject, body) = parse(text).ok_or(Unfit::Form)?;
    let to: Address = to.parse().map_err(|_| Unfit::Address)?;
    let id = hex(&sha256(&[b"escrutinio/message-id/v1", text.as_bytes()]));
    let raw = |name: &'static str, value: &str| {
        HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.to_owned(), value.to_owned())
    };
    let message = Message::builder()
        .from(Mailbox::new(None, from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .raw_header(raw("Subject", subject))
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .date(date)
        .message_id(Some(format!("<{}@{}>", id.get(..40).unwrap_or(&id), from.domain())))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(Body::new(body.to_owned()))
        .map_err(|_| Unfit::Form)?;
    Ok(Prepared { to, bytes: message.formatted() })
}

/// Address, subject and body, if every header is one that is expected.
fn parse(text: &str) -> Option<(&str, &str, &str)> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (mut to, mut subject, mut fixed) = (None, None, [false; FIXED.len()]);
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(": ")?;
        if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) && name != "To" {
            return None;
        }
        let known = FIXED.iter().zip(fixed.iter_mut()).find(|((known, _), _)| *known == name);
        match (name, known) {
            ("To", _) if to.is_none() => to = Some(value.strip_prefix('<')?.strip_suffix('>')?),
            ("Subject", _) if subject.is_none() => subject = Some(value),
            (_, Some(((_, expected), seen))) if !*seen && *expected == value => *seen = true,
            _ => return None,
        }
    }
    let lone = |text: &str| text.replace("\r\n", "").contains(['\r', '\n', '\0']);
    (fixed.iter().all(|seen| *seen) && !lone(head) && !lone(body)).then_some(())?;
    Some((to?, subject?, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(to: &str, body: &str) -> String {
        format!(
            "To: <{to}>\r\nSubject: =?UTF-8?B?VHUgYWNjZXNv?=\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\
             Auto-Submitted: auto-generated\r\n\r\n{body}"
        )
    }

    fn from() -> Address {
        "avisos@ine.example".parse().unwrap()
    }

    fn wire(text: &str) -> Result<String, Unfit> {
        prepare(text, &from(), SystemTime::UNIX_EPOCH).map(|m| String::from_utf8(m.bytes).unwrap())
    }

    #[test]
    fn what_goes_over_the_wire_is_ascii_in_short_lines() {
        let link = format!("https://voto.example/#{}", "a".repeat(190));
        let text = message("ana@correo.example", &format!("Ñandú:\r\n\r\n{link}\r\n.\r\nFin\r\n"));
        let wire = wire(&text).unwrap();
        assert!(wire.is_ascii());
        assert!(wire.split("\r\n").all(|line| line.len() <= 78), "{wire}");
        for line in [
            "From: avisos@ine.example",
            "To: ana@correo.example",
            "Subject: =?UTF-8?B?VHUgYWNjZXNv?=",
            "Date: Thu, 01 Jan 1970 00:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
        ] {
            assert_eq!(wire.split("\r\n").filter(|found| *found == line).count(), 1, "{line}\n{wire}");
        }
        let joined = wire.replace("=\r\n", "");
        assert!(joined.contains(&link.replace('=', "=3D")) && joined.contains("=C3=91and=C3=BA:"));
    }

    #[test]
    fn the_identifier_is_the_messages_own() {
        let id = |text: &str| {
            let wire = wire(text).unwrap();
            wire.split("\r\n").find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned()
        };
        let (one, two) = (message("ana@correo.example", "uno"), message("ana@correo.example", "dos"));
        assert_eq!(id(&one), id(&one));
        assert_ne!(id(&one), id(&two));
        assert!(id(&one).ends_with("@ine.example>"));
    }

    #[test]
    fn only_the_headers_of_the_ceremony_tool_are_taken() {
        let good = message("ana@correo.example", "Hola");
        assert!(wire(&good).is_ok());
        let bad = [
            good.replace("To: ", "Bcc: <eva@correo.example>\r\nTo: "),
            good.replace("To: ", "To: <eva@correo.example>\r\nTo: "),
            good.replace("MIME-Version: 1.0\r\n", ""),
            good.replace("text/plain", "text/html"),
            good.replace("Subject: ", "Subject: Ñ"),
            good.replace("Subject: ", "Subject: x\nBcc: eva@correo.example "),
            good.replace("Hola", "Hola\nBcc"),
            good.replace("Hola", "Hola\0"),
            good.replace("\r\n\r\n", "\r\n"),
        ];
        for text in bad {
            assert_eq!(wire(&text), Err(Unfit::Form), "{text}");
        }
        for address in ["", "ana", "ana@", "ana@correo.example>,<eva@correo.example", "a b@correo.example"] {
            assert_eq!(wire(&message(address, "Hola")), Err(Unfit::Address), "{address}");
        }
    }

    #[test]
    fn the_template_of_the_ceremony_tool_is_taken() {
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ceremony-cli/templates/mail.txt");
        let text = std::fs::read_to_string(template).unwrap().replace("{{ email }}", "ana@correo.example");
        let wire = wire(&text.replace('\n', "\r\n")).unwrap();
        assert!(wire.is_ascii() && wire.split("\r\n").all(|line| line.len() <= 78));
        assert!(wire.contains("Subject: =?UTF-8?B?VHUgYWNjZXNvIGFsIHZvdG8gcG9yIGludGVybmV0?=\r\n"));
    }
}
