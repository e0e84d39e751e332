//! The message to one voter: user name, access link, when and how to vote, whom to ask
//! (R-ACC-10, R-ACC-11, R-DOC-01). It has no sender and no date: whoever sends it adds them.

use askama::Template;
use escrutinio_core::manifest::{Manifest, SecondFactor, Zone};
use escrutinio_sealed::Account;
use zeroize::Zeroizing;

use crate::error::{Result, out_of_order, refused};
use crate::session::{Session, local};

/// Answer that stands for article 7, paragraphs 1 and 2, of the electoral law.
const ARTICLE_7: &str = "lgipe";

const ARTICLE_7_ES: &str = "\
Ley General de Instituciones y Procedimientos Electorales, artículo 7:

1. Votar en las elecciones constituye un derecho y una obligación que se ejerce para integrar
órganos del Estado de elección popular. También es derecho de los Ciudadanos y obligación para los
partidos políticos la igualdad de oportunidades y la paridad entre hombres y mujeres para tener
acceso a cargos de elección popular.

2. El voto es universal, libre, secreto, directo, personal e intransferible. Quedan prohibidos los
actos que generen presión o coacción a los electores.";

const ARTICLE_7_EN: &str = "\
voting is a right and a duty; equal opportunity and parity between women
and men in access to elected office are a right of citizens and a duty of political parties. The
vote is universal, free, secret, direct, personal and not transferable; acts that put pressure on
voters or coerce them are forbidden (LGIPE, article 7, paragraphs 1 and 2).";

/// What all messages of an election say alike.
#[derive(Debug)]
pub(crate) struct Terms {
    /// Address of the voting site.
    pub(crate) site: String,
    /// How to reach the help line.
    pub(crate) help: String,
    /// Legal text, or the word for that of the electoral law, or nothing.
    pub(crate) notice: String,
}

impl Terms {
    /// Asks for them.
    ///
    /// # Errors
    /// If there is no answer, or one is not fit for a message.
    pub(crate) fn ask(session: &mut Session<'_>) -> Result<Self> {
        let site = session.ask("accounts.site")?;
        let help = session.ask("accounts.help")?;
        let notice = session.ask("accounts.notice")?;
        if help.is_empty() {
            return Err(out_of_order("error.answers.missing", &[("id", &"accounts.help")]));
        }
        Self { site, help, notice }.checked()
    }

    fn checked(self) -> Result<Self> {
        let site = &self.site;
        // Browsers take their own machine for as safe as an encrypted line; a demonstration needs no certificate.
        let safe = site.starts_with("https://") || site.starts_with("http://localhost:");
        if !safe || site.chars().any(|c| c == '#' || c.is_whitespace() || c.is_control()) {
            return Err(refused("error.site", &[("site", site)]));
        }
        // One line each, and none that a mail server would cut.
        for (id, text) in [("accounts.site", site), ("accounts.help", &self.help), ("accounts.notice", &self.notice)] {
            if text.len() > 900 || text.chars().any(char::is_control) {
                return Err(refused("error.mail.line", &[("id", &id)]));
            }
        }
        Ok(self)
    }

    /// Lines of what the public may know of the accounts, where [`Self::read`] finds them again.
    pub(crate) fn lines(&self) -> String {
        format!("site {}\nhelp {}\nnotice {}\n", self.site, self.help, self.notice)
    }

    /// Reads [`Self::lines`].
    pub(crate) fn read(text: &str) -> Option<Self> {
        let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let terms = Self { site: line("site ")?, help: line("help ")?, notice: line("notice ")? };
        terms.checked().ok()
    }

    fn notices(&self) -> (&str, &str) {
        if self.notice == ARTICLE_7 { (ARTICLE_7_ES, ARTICLE_7_EN) } else { (&self.notice, "") }
    }
}

/// Where the code of the second factor comes from.
fn factor(offered: SecondFactor) -> (&'static str, &'static str) {
    match offered {
        // A manifest that was validated has no other.
        SecondFactor::TotpAndSms | SecondFactor::Unknown(_) => (
            "Lo genera una\naplicación de autenticación en tu teléfono, o te llega por SMS al teléfono que registraste.",
            "An\nauthenticator app makes it on your telephone, or it comes by SMS to the telephone that you registered.",
        ),
        SecondFactor::Totp => (
            "Lo genera una\naplicación de autenticación en tu teléfono.",
            "An\nauthenticator app makes it on your telephone.",
        ),
        SecondFactor::Sms => {
            ("Te llega por\nSMS al teléfono que registraste.", "It\ncomes by SMS to the telephone that you registered.")
        }
    }
}

struct Period {
    start: String,
    close: String,
    zone: String,
}

#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Mail<'a> {
    email: &'a str,
    name: &'a str,
    title: &'a str,
    offices: &'a str,
    user: &'a str,
    link: &'a str,
    site: &'a str,
    help: &'a str,
    notice_es: &'a str,
    notice_en: &'a str,
    factor_es: &'a str,
    factor_en: &'a str,
    periods: &'a [Period],
    again: bool,
}

/// What the voter elects, by the style of their list.
fn offices(manifest: &Manifest, list: u32) -> Option<String> {
    let at = |number: u32| usize::try_from(number).ok();
    let style = manifest.lists.get(at(list)?)?.style;
    let contests = &manifest.styles.get(at(style)?)?.contests;
    let names: Option<Vec<&str>> = contests.iter().map(|c| manifest.contest(*c).map(|c| c.office.as_str())).collect();
    Some(names?.join("; "))
}

/// When voting is, on the clocks of every zone that the manifest names.
fn periods(manifest: &Manifest) -> Vec<Period> {
    let period = |zone: &Zone| Period {
        start: local(manifest.calendar.voting_start, zone.offset_minutes),
        close: local(manifest.calendar.voting_close, zone.offset_minutes),
        zone: zone.name.clone(),
    };
    let (official, governing) = (&manifest.official_zone, &manifest.governing_zone);
    let mut periods = vec![period(official)];
    if governing.offset_minutes != official.offset_minutes || governing.name != official.name {
        periods.push(period(governing));
    }
    periods
}

/// Writes a message; `again` if there was one before.
///
/// # Errors
/// If a text of it would be more than a line: nothing that comes from outside makes a header.
pub(crate) fn mail(
    manifest: &Manifest,
    terms: &Terms,
    account: &Account,
    link: &str,
    again: bool,
) -> Result<Zeroizing<String>> {
    let unfit = |id: &str| refused("error.mail.line", &[("id", &id)]);
    let offices = offices(manifest, account.list).ok_or_else(|| unfit("list"))?;
    let lines = [("email", &account.email), ("name", &account.name), ("title", &manifest.title), ("offices", &offices)];
    for (id, text) in lines {
        if text.chars().any(char::is_control) {
            return Err(unfit(id));
        }
    }
    let (notice_es, notice_en) = terms.notices();
    let (factor_es, factor_en) = factor(manifest.policies.second_factor);
    let mail = Mail {
        email: &account.email,
        name: &account.name,
        title: &manifest.title,
        offices: &offices,
        user: &account.user,
        link,
        site: &terms.site,
        help: &terms.help,
        notice_es,
        notice_en,
        factor_es,
        factor_en,
        periods: &periods(manifest),
        again,
    };
    let text = Zeroizing::new(mail.render().map_err(|why| refused("error.render", &[("why", &why)]))?);
    Ok(Zeroizing::new(text.replace('\n', "\r\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::tests::complete;

    fn terms(notice: &str) -> Terms {
        let (site, help) = ("https://voto.example/".to_owned(), "INETEL +52 55 0000 0000".to_owned());
        Terms { site, help, notice: notice.to_owned() }
    }

    fn account(name: &str) -> Account {
        let text = |t: &str| t.to_owned();
        let (user, token, name, clave) = (text("23456-789cf-hkmrt"), text(""), text(name), text("C"));
        let (entity, email, phone) = (text("Nayarit"), text("ana@correo.example"), text("15551234"));
        Account { user, token, list: 0, place: 0, name, clave, entity, email, phone, half: None }
    }

    fn written(template: &str, notice: &str, again: bool) -> String {
        let manifest = complete(template, 5).validate().unwrap();
        let mail = mail(&manifest, &terms(notice), &account("Ana Núñez"), "https://voto.example/#a.b", again);
        mail.unwrap().to_string()
    }

    #[test]
    fn says_all_that_a_voter_must_know() {
        let mail = written("nayarit-2021", "lgipe", false);
        for text in [
            "To: <ana@correo.example>\r\n",
            "\r\n\r\nAna Núñez:\r\n",
            "\r\n    23456-789cf-hkmrt\r\n",
            "\r\n\r\nhttps://voto.example/#a.b\r\n",
            "Votas para: Senaduría de Mayoría Relativa.",
            "You vote for: Senaduría de Mayoría Relativa.",
            "INETEL +52 55 0000 0000",
            "1. Votar en las elecciones constituye un derecho",
            "2. El voto es universal, libre, secreto, directo, personal e intransferible.",
            "segundo factor",
            "second factor",
            "Nadie te pedirá tu contraseña",
            "Nobody will ask you for your password",
        ] {
            assert!(mail.contains(text), "{text}\n{mail}");
        }
        let hours: Vec<&str> = mail.split("\r\n").filter(|line| line.contains("hora de ")).collect();
        assert_eq!(hours.len(), 2, "{hours:?}");
        assert_ne!(hours[0].split(", hora de").next(), hours[1].split(", hora de").next(), "two clocks");
        assert!(mail.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        assert!(!mail.contains("Sustituye") && !mail.contains("\r\n\r\n\r\n"), "{mail}");
        let (spanish, english) = mail.split_once("ENGLISH").unwrap();
        assert!(!spanish.contains("password") && !english.contains("contraseña"));
    }

    #[test]
    fn names_the_second_factors_that_are_offered() {
        let with = |offered| {
            let mut manifest = Manifest::clone(&complete("escuela", 3).validate().unwrap());
            manifest.policies.second_factor = offered;
            mail(&manifest, &terms(""), &account("Ana"), "https://voto.example/#a.b", false).unwrap()
        };
        for (offered, app, sms) in [
            (SecondFactor::TotpAndSms, true, true),
            (SecondFactor::Totp, true, false),
            (SecondFactor::Sms, false, true),
        ] {
            let mail = with(offered);
            assert_eq!((mail.contains("aplicación de autenticación"), mail.contains("authenticator app")), (app, app));
            assert_eq!(mail.matches("SMS").count(), if sms { 2 } else { 0 });
        }
    }

    #[test]
    fn a_message_that_replaces_another_says_so() {
        let mail = written("escuela", "", true);
        assert!(mail.contains("Sustituye al mensaje anterior") && mail.contains("It replaces the message before"));
        assert!(!mail.contains("LA LEY") && !mail.contains("The law") && !mail.contains("\r\n\r\n\r\n"), "{mail}");
        assert!(written("escuela", "Estatuto, artículo 1.", false).contains("LA LEY\r\n\r\nEstatuto, artículo 1.\r\n"));
    }

    #[test]
    fn nothing_from_outside_makes_a_header_or_a_line() {
        let manifest = complete("escuela", 3).validate().unwrap();
        for name in ["Ana\r\nBcc: eva@correo.example", "Ana\nX: y", "Ana\0"] {
            let refused = mail(&manifest, &terms(""), &account(name), "https://voto.example/#a.b", false).unwrap_err();
            assert_eq!(refused.message().key, "error.mail.line");
        }
        let mut account = account("Ana");
        account.email = "ana@correo.example>\r\nBcc: <eva@correo.example".into();
        assert!(mail(&manifest, &terms(""), &account, "https://voto.example/#a.b", false).is_err());
        for (site, help) in [("https://voto.example/#", "x"), ("http://voto.example/", "x"), ("https://a/", "x\ny")] {
            let terms = Terms { site: site.into(), help: help.into(), notice: String::new() };
            assert!(terms.checked().is_err());
        }
        assert!(terms(&"x".repeat(901)).checked().is_err());
    }

    #[test]
    fn terms_are_read_as_they_were_written() {
        for notice in ["", "lgipe", "Estatuto, artículo 1."] {
            let lines = terms(notice).lines();
            assert_eq!(Terms::read(&format!("escrutinio/accounts/v1\n{lines}")).unwrap().lines(), lines);
        }
        assert!(Terms::read("site https://voto.example/\n").is_none());
    }
}
