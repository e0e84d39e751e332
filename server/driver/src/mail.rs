//! The access mail: user name and personal link, as the registrar's tool writes them.

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::credential::IssuedHalf;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The personal link: `<site>#<half>.<token>`. The part after `#` never leaves the device whole:
/// the server gets the token, not the half.
pub struct AccessLink {
    half: Zeroizing<Vec<u8>>,
    token: Zeroizing<String>,
}

impl core::fmt::Debug for AccessLink {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AccessLink(..)")
    }
}

impl AccessLink {
    /// Reads a link.
    ///
    /// # Errors
    /// If it has no half and token after `#`.
    pub fn parse(link: &str) -> Result<Self> {
        let (_, fragment) = link.split_once('#').ok_or(Error::Mail("the link has no fragment"))?;
        let (half, token) = fragment.split_once('.').ok_or(Error::Mail("the link has no token"))?;
        let half = Base64UrlUnpadded::decode_vec(half).map_err(|_| Error::Mail("the half is not base64url"))?;
        let half = Zeroizing::new(half);
        IssuedHalf::from_bytes(&half)?;
        Ok(Self { half, token: Zeroizing::new(token.to_owned()) })
    }

    /// The registrar's half.
    ///
    /// # Errors
    /// Never after [`AccessLink::parse`].
    pub fn half(&self) -> Result<IssuedHalf> {
        Ok(IssuedHalf::from_bytes(&self.half)?)
    }

    /// The half as bytes, to seal on the device.
    #[must_use]
    pub fn expose_half(&self) -> &[u8] {
        &self.half
    }

    /// The one-time token.
    #[must_use]
    pub fn expose_token(&self) -> &str {
        &self.token
    }
}

/// What a voter reads in the mail.
#[derive(Debug)]
pub struct AccessMail {
    /// The address that it went to.
    pub to: String,
    /// The user name.
    pub user: String,
    /// The link.
    pub link: AccessLink,
}

impl AccessMail {
    /// Reads a mail.
    ///
    /// # Errors
    /// If user name or link are not in it.
    pub fn parse(text: &str) -> Result<Self> {
        let to = text.lines().find_map(|line| line.strip_prefix("To:")).ok_or(Error::Mail("no recipient"))?;
        let to = to.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        let mut words = text.split_whitespace();
        let user = words.clone().find(|word| is_user(word)).ok_or(Error::Mail("no user name"))?.to_owned();
        let link = words
            .find(|word| (word.starts_with("https://") || word.starts_with("http://")) && word.contains('#'))
            .ok_or(Error::Mail("no link"))?;
        Ok(Self { to, user, link: AccessLink::parse(link)? })
    }
}

/// Three groups of five of the letters of user names.
fn is_user(word: &str) -> bool {
    let mut groups = word.split('-');
    let five = |group: Option<&str>| {
        group.is_some_and(|group| group.len() == 5 && group.chars().all(|c| "23456789cfhkmrtx".contains(c)))
    };
    five(groups.next()) && five(groups.next()) && five(groups.next()) && groups.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_known_by_its_form() {
        assert!(is_user("23456-cfhkm-rtx22"));
        for other in ["23456-cfhkm", "23456-cfhkm-rtx2a", "23456-cfhkm-rtx22-22222", "2345-cfhkmm-rtx22"] {
            assert!(!is_user(other), "{other}");
        }
    }

    #[test]
    fn a_link_without_half_or_token_is_refused() {
        for link in [
            "https://voto.example/",
            "https://voto.example/#abc",
            "https://voto.example/#.x",
            "https://voto.example/#AAAA.x",
        ] {
            assert!(AccessLink::parse(link).is_err(), "{link}");
        }
    }
}
