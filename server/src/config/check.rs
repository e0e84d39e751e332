//! From the file as it is written to one that can be used.

use core::net::{IpAddr, SocketAddr};
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reqwest::Url;
use toml::Spanned;

use super::error::line;
use super::{Access, Config, ConfigError, Databases, Epochs, Gateway, Keys, Limits, Listen, Mail, Sms, Smtp};
use super::{Rehearsal, SmtpSecurity, TlsFiles, Witness, file};
use crate::access::place::Network;

/// Knows where the text stands, to say what is wrong with it.
pub(super) struct Checker<'a> {
    file: &'a Path,
    text: &'a str,
}

type Result<T> = core::result::Result<T, ConfigError>;

impl<'a> Checker<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text }
    }

    fn wrong<T>(&self, at: usize, key: &'static str, why: impl Into<String>) -> Result<T> {
        Err(ConfigError::Value { file: self.file.to_path_buf(), line: line(self.text, at), key, why: why.into() })
    }

    fn path(&self, path: PathBuf) -> PathBuf {
        self.file.parent().unwrap_or_else(|| Path::new("")).join(path)
    }

    pub(super) fn config(&self, file: file::File) -> Result<Config> {
        let witnesses = file.witness.into_iter().map(|w| self.witness(w)).collect::<Result<_>>()?;
        Ok(Config {
            file: self.file.to_path_buf(),
            data: self.path(file.data),
            record: self.path(file.record),
            staff: self.path(file.staff),
            keys: Keys { server: self.path(file.keys.server), log: self.path(file.keys.log) },
            listen: self.listen(file.listen)?,
            databases: self.databases(&file.databases)?,
            epochs: self.epochs(file.epochs, file.rehearsal.is_some())?,
            witnesses,
            access: self.access(file.access)?,
            mail: self.mail(file.mail)?,
            sms: self.sms(file.sms)?,
            limits: self.limits(file.limits)?,
            components: file.components.paths.into_iter().map(|path| self.path(path)).collect(),
            rehearsal: file.rehearsal.map(|rehearsal| self.rehearsal(rehearsal)).transpose()?,
        })
    }

    fn address(&self, text: &Spanned<String>, key: &'static str) -> Result<SocketAddr> {
        text.get_ref().parse().or_else(|_| self.wrong(text.span().start, key, "is no address with a port"))
    }

    fn listen(&self, spanned: Spanned<file::Listen>) -> Result<Listen> {
        let at = spanned.span().start;
        let listen = spanned.into_inner();
        let voters = self.address(&listen.voters, "listen.voters")?;
        let admin = match &listen.admin {
            None => SocketAddr::from(([127, 0, 0, 1], 8081)),
            Some(text) => {
                let address = self.address(text, "listen.admin")?;
                if !address.ip().is_loopback() {
                    return self.wrong(text.span().start, "listen.admin", "is not on loopback");
                }
                address
            }
        };
        let network = |text: &Spanned<String>| {
            let network = text.get_ref();
            // An address is a network of one.
            let whole = network.parse::<IpAddr>().map(|ip| format!("{ip}/{}", if ip.is_ipv4() { 32 } else { 128 }));
            let parsed = whole.as_deref().unwrap_or(network).parse::<Network>();
            parsed.or_else(|why| self.wrong(text.span().start, "listen.proxies", why))
        };
        let proxies = listen.proxies.iter().map(network).collect::<Result<Vec<_>>>()?;
        let origin = |text: &Spanned<String>| self.origin(text);
        let origins = listen.origins.iter().map(origin).collect::<Result<_>>()?;
        let tls = match (listen.certificate, listen.key, listen.plain) {
            (Some(certificate), Some(key), false) => {
                Some(TlsFiles { certificate: self.path(certificate), key: self.path(key) })
            }
            (None, None, true) if voters.ip().is_loopback() || !proxies.is_empty() => None,
            (None, None, true) => {
                let why = "is for loopback, or for where `listen.proxies` names who ends TLS";
                return self.wrong(at, "listen.plain", why);
            }
            (None, None, false) => return self.wrong(at, "listen.certificate", "is absent, and `plain` is not set"),
            (_, _, true) => return self.wrong(at, "listen.plain", "is set, and so is a certificate or key"),
            _ => return self.wrong(at, "listen.certificate", "and `listen.key` go together"),
        };
        Ok(Listen { voters, admin, tls, proxies, origins })
    }

    fn origin(&self, text: &Spanned<String>) -> Result<String> {
        let origin = text.get_ref();
        let host = origin.strip_prefix("https://").or_else(|| loopback(origin));
        let good = |host: &str| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
            !host.is_empty() && host.chars().all(plain)
        };
        match host {
            Some(host) if good(host) => Ok(origin.clone()),
            _ => {
                let why = "is no origin such as https://voto.example, in lower case and without a path";
                self.wrong(text.span().start, "listen.origins", why)
            }
        }
    }

    fn databases(&self, databases: &file::Databases) -> Result<Databases> {
        let url = |text: &Spanned<String>, key| {
            let url = text.get_ref();
            let start = text.span().start;
            if let Some(path) = url.strip_prefix("sqlite:").filter(|path| !path.is_empty() && !path.starts_with("//")) {
                return Ok(format!("sqlite:{}", self.path(path.into()).display()));
            }
            match postgres(url) {
                Ok(()) => Ok(url.clone()),
                Err(why) => self.wrong(start, key, why),
            }
        };
        let (roll, ballots) = (url(&databases.roll, "databases.roll")?, url(&databases.ballots, "databases.box")?);
        if roll == ballots {
            let why = "is the roll's: they are two, so that no one place knows persons and ballots";
            return self.wrong(databases.ballots.span().start, "databases.box", why);
        }
        if roll.starts_with("sqlite:") != ballots.starts_with("sqlite:") {
            return self.wrong(databases.ballots.span().start, "databases.box", "is of another kind than the roll's");
        }
        Ok(Databases { roll, ballots })
    }

    fn witness(&self, witness: file::Witness) -> Result<Witness> {
        self.url(&witness.url, "witness.url")?;
        if witness.name.get_ref().is_empty() {
            return self.wrong(witness.name.span().start, "witness.name", "is empty");
        }
        Ok(Witness { name: witness.name.into_inner(), url: witness.url.into_inner() })
    }

    fn url(&self, text: &Spanned<String>, key: &'static str) -> Result<()> {
        let url = text.get_ref();
        if url.starts_with("https://") || loopback(url).is_some() {
            Ok(())
        } else {
            self.wrong(text.span().start, key, "begins neither with https:// nor with http:// and a loopback address")
        }
    }

    fn access(&self, access: file::Access) -> Result<Access> {
        let tries = self.number(access.wrong_tries_per_minute, 30, 1..=1_000_000, "access.wrong_tries_per_minute")?;
        Ok(Access {
            issuer: access.issuer.unwrap_or_else(|| "Voto por internet".to_owned()),
            help: access.help.unwrap_or_else(|| "INETEL".to_owned()),
            confirm_by_sms: access.confirm_by_sms.unwrap_or(true),
            wrong_tries_per_minute: NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN),
            messages_per_hour: self.number(access.messages_per_hour, 6, 1..=1000, "access.messages_per_hour")?,
            domestic: access.domestic.map_or(Ok(Vec::new()), |path| self.domestic(path))?,
        })
    }

    fn domestic(&self, spanned: Spanned<PathBuf>) -> Result<Vec<Network>> {
        let at = spanned.span().start;
        let path = self.path(spanned.into_inner());
        let text = std::fs::read_to_string(&path).map_err(|why| ConfigError::File { file: path.clone(), why })?;
        Network::list(&text).or_else(|(number, why)| {
            self.wrong(at, "access.domestic", format!("names {}, whose line {number} {why}", path.display()))
        })
    }

    fn mail(&self, spanned: Spanned<file::Mail>) -> Result<Mail> {
        let at = spanned.span().start;
        let mail = spanned.into_inner();
        let stray = mail.host.is_some() || mail.port.is_some() || mail.security.is_some() || mail.user.is_some();
        match (mail.kind.get_ref().as_str(), mail.folder) {
            ("outbox", Some(folder)) if !stray => Ok(Mail::Outbox(self.path(folder))),
            ("outbox", Some(_)) => self.wrong(at, "mail", "is an outbox, and holds keys of a relay"),
            ("outbox", None) => self.wrong(at, "mail.folder", "is absent"),
            ("smtp", None) => {
                let Some(host) = mail.host else { return self.wrong(at, "mail.host", "is absent") };
                let security = match mail.security {
                    None => SmtpSecurity::Tls,
                    Some(text) => self.security(&text, &host)?,
                };
                let from = match mail.from {
                    Some(from) if from.get_ref().contains('@') => from.into_inner(),
                    Some(from) => return self.wrong(from.span().start, "mail.from", "is no address"),
                    None => return self.wrong(at, "mail.from", "is absent"),
                };
                let ca = mail.ca.map(|path| self.path(path));
                Ok(Mail::Smtp(Smtp { host, port: mail.port.unwrap_or(465), security, user: mail.user, from, ca }))
            }
            ("smtp", Some(_)) => self.wrong(at, "mail.folder", "is for an outbox"),
            _ => self.wrong(mail.kind.span().start, "mail.kind", "is neither \"outbox\" nor \"smtp\""),
        }
    }

    fn security(&self, text: &Spanned<String>, host: &str) -> Result<SmtpSecurity> {
        let at = text.span().start;
        match text.get_ref().as_str() {
            "tls" => Ok(SmtpSecurity::Tls),
            "starttls" => Ok(SmtpSecurity::StartTls),
            "none" if ["localhost", "127.0.0.1", "::1"].contains(&host) => Ok(SmtpSecurity::None),
            "none" => self.wrong(at, "mail.security", "is \"none\" for a relay of another machine"),
            _ => self.wrong(at, "mail.security", "is neither \"tls\" nor \"starttls\" nor \"none\""),
        }
    }

    fn sms(&self, spanned: Spanned<file::Sms>) -> Result<Sms> {
        let at = spanned.span().start;
        let sms = spanned.into_inner();
        match (sms.kind.get_ref().as_str(), sms.folder, sms.url) {
            ("outbox", Some(folder), None) => Ok(Sms::Outbox(self.path(folder))),
            ("outbox", Some(_), Some(_)) => self.wrong(at, "sms.url", "is for a gateway"),
            ("outbox", None, _) => self.wrong(at, "sms.folder", "is absent"),
            ("http", None, Some(url)) => {
                self.url(&url, "sms.url")?;
                let Some(body) = sms.body else { return self.wrong(at, "sms.body", "is absent") };
                if !body.get_ref().contains("{phone}") || !body.get_ref().contains("{text}") {
                    return self.wrong(body.span().start, "sms.body", "lacks {phone} or {text}");
                }
                Ok(Sms::Gateway(Gateway {
                    url: url.into_inner(),
                    body: body.into_inner(),
                    content_type: sms.content_type.unwrap_or_else(|| "application/json".to_owned()),
                    token_header: sms.token_header,
                }))
            }
            ("http", None, None) => self.wrong(at, "sms.url", "is absent"),
            ("http", Some(_), _) => self.wrong(at, "sms.folder", "is for an outbox"),
            _ => self.wrong(sms.kind.span().start, "sms.kind", "is neither \"outbox\" nor \"http\""),
        }
    }

    fn number(
        &self,
        value: Option<Spanned<u32>>,
        default: u32,
        range: core::ops::RangeInclusive<u32>,
        key: &'static str,
    ) -> Result<u32> {
        match value {
            None => Ok(default),
            Some(value) if range.contains(value.get_ref()) => Ok(value.into_inner()),
            Some(value) => {
                let why = format!("is not between {} and {}", range.start(), range.end());
                self.wrong(value.span().start, key, why)
            }
        }
    }

    /// Who waits for company waits long enough to get it; a rehearsal has less time.
    fn epochs(&self, epochs: file::Epochs, rehearsal: bool) -> Result<Epochs> {
        let (shortest, fewest) = if rehearsal { (1, 1) } else { (15, 256) };
        let minutes = match epochs.minutes {
            Some(none) if *none.get_ref() == 0 => 0,
            minutes => self.number(minutes, 60, shortest..=1440, "epochs.minutes")?,
        };
        Ok(Epochs { minutes, ballots: self.number(epochs.ballots, 4096, fewest..=1 << 20, "epochs.ballots")? })
    }

    fn limits(&self, limits: file::Limits) -> Result<Limits> {
        let count = |value, default, key| {
            let number = self.number(value, default, 1..=10_000_000, key)?;
            Ok(usize::try_from(number).unwrap_or(usize::MAX))
        };
        let seconds =
            |value, default, key| Ok(Duration::from_secs(u64::from(self.number(value, default, 1..=600, key)?)));
        let rate = limits.requests_per_minute;
        Ok(Limits {
            connections: count(limits.connections, 8192, "limits.connections")?,
            connections_per_network: count(limits.connections_per_network, 128, "limits.connections_per_network")?,
            requests_per_minute: self.number(rate, 1200, 1..=100_000_000, "limits.requests_per_minute")?,
            head: seconds(limits.head_seconds, 10, "limits.head_seconds")?,
            request: seconds(limits.request_seconds, 30, "limits.request_seconds")?,
            write: seconds(limits.write_seconds, 20, "limits.write_seconds")?,
            connection: seconds(limits.connection_seconds, 300, "limits.connection_seconds")?,
            drain: seconds(limits.drain_seconds, 30, "limits.drain_seconds")?,
        })
    }

    #[cfg(feature = "rehearsal")]
    fn rehearsal(&self, rehearsal: Spanned<file::Rehearsal>) -> Result<Rehearsal> {
        let file::Rehearsal { clock_file, pages } = rehearsal.into_inner();
        Ok(Rehearsal { clock: self.path(clock_file), pages: pages.into_iter().map(|path| self.path(path)).collect() })
    }

    #[cfg(not(feature = "rehearsal"))]
    fn rehearsal(&self, rehearsal: Spanned<file::Rehearsal>) -> Result<Rehearsal> {
        let why = "moves the clock: this program was built without the feature `rehearsal`";
        self.wrong(rehearsal.span().start, "rehearsal", why)
    }
}

/// Parameters of a database's URL, beside `host` with the folder of a socket.
const PARAMETERS: [&str; 5] = ["sslmode", "sslrootcert", "sslcert", "sslkey", "application_name"];

/// Whether a URL is one of PostgreSQL that holds no secret, and no line to another machine on which somebody could
/// read or answer.
fn postgres(url: &str) -> core::result::Result<(), String> {
    let neither = || "is neither sqlite:FILE nor postgres://USER@HOST/NAME".to_owned();
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"));
    let url = url.ok_or_else(neither)?;
    let host = url.host_str().filter(|_| !url.username().is_empty()).ok_or_else(neither)?;
    if url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password") {
        return Err("holds a password: it comes as a credential".to_owned());
    }
    let mut local = host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f"))
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let (mut seen, mut verified) = (BTreeSet::new(), false);
    for (key, value) in url.query_pairs() {
        let socket = key == "host" && value.starts_with('/');
        if !(socket || PARAMETERS.contains(&&*key)) || !seen.insert(key.clone()) {
            return Err(format!("has a parameter `{key}` that is not taken, or twice"));
        }
        local |= socket;
        verified |= key == "sslmode" && value == "verify-full";
    }
    if local || verified { Ok(()) } else { Err("is of another machine, and lacks sslmode=verify-full".to_owned()) }
}

/// What comes after `http://`, if that is this machine.
fn loopback(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => authority.split(':').next()?,
    };
    ["localhost", "127.0.0.1", "::1"].contains(&host).then_some(rest)
}
