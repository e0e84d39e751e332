//! The access mail: user name and personal link, as the registrar's tool writes them.

use escrutinio_core::access::AccessLink;

use crate::error::{Error, Result};

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
}
