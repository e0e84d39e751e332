//! Accounts: exactly one for every entry of the roll. The registrar writes the messages with
//! the access links, which the server never sees; the server gets the user names, the hashes
//! of the one-time tokens and its own halves.

mod mail;
mod outbox;
mod resend;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::credential::{HalfRole, HalfSecrets, RollEntry};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::{RollId, hex};
use escrutinio_core::manifest::Manifest;
use escrutinio_core::signature::SigningKey;
pub use escrutinio_sealed::Account;
use escrutinio_sealed::accounts::{parse, to_lines};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use self::mail::Terms;
use self::outbox::{ABOUT, Outbox};
pub use self::resend::{Asked, UPDATE, resend};
use super::roll::{ROLL, open_halves, open_role, read_halves, read_record};
use crate::draft;
use crate::error::{Result, out_of_order, refused};
use crate::files;
use crate::report::Report;
use crate::roll;
use crate::sealed::{self, Kind};
use crate::session::{PASSWORD_MIN, Session, utc};
use crate::workspace::{Step, Workspace};

/// What the public may know of the accounts.
const REPORT: &str = "roll/accounts.txt";
/// The same of the server's import.
const SERVER_REPORT: &str = "roll/server-accounts.txt";
/// Its first line.
const ABOUT_FORM: &str = "escrutinio/accounts/v1";
/// The package for the server, in the outbox.
pub const PACKAGE: &str = "server.accounts";

/// Where the registrar keeps the accounts, to send a link again.
fn kept_accounts(secret: &Path) -> PathBuf {
    files::with_suffix(secret, ".accounts")
}

/// What the registrar keeps of accounts, beside the outboxes.
pub(super) fn kept(secret: &Path) -> Vec<PathBuf> {
    resend::kept(secret)
}

/// How many outboxes were written.
pub(super) fn outboxes(workspace: &Workspace) -> usize {
    usize::try_from(resend::resends(workspace)).unwrap_or(usize::MAX).saturating_add(1)
}

/// A user name that says nothing of its holder: 60 random bits, and no four letters in a row
/// that stand in the entry (R-ACC-08).
fn user_name(rng: &mut dyn CryptoRng, taken: &mut HashSet<String>, entry: &RollEntry) -> String {
    // No vowels and nothing that looks like another: no words, no misreadings.
    const LETTERS: [char; 16] = ['2', '3', '4', '5', '6', '7', '8', '9', 'c', 'f', 'h', 'k', 'm', 'r', 't', 'x'];
    loop {
        let mut name = String::with_capacity(17);
        let mut draw = rng.next_u64();
        for i in 0..15u32 {
            if i > 0 && i % 5 == 0 {
                name.push('-');
            }
            let letter = usize::try_from(draw & 15).unwrap_or(0);
            name.push(LETTERS.get(letter).copied().unwrap_or('2'));
            draw >>= 4;
        }
        if !resembles(&name, entry) && taken.insert(name.clone()) {
            return name;
        }
    }
}

fn resembles(name: &str, entry: &RollEntry) -> bool {
    let fields = [&entry.name, &entry.clave, &entry.ocr, &entry.cic, &entry.entity, &entry.email, &entry.phone];
    let fields = fields.map(|field| Zeroizing::new(field.to_lowercase()));
    let letters: Vec<char> = name.chars().collect();
    letters.windows(4).map(|four| four.iter().collect::<String>()).any(|four| fields.iter().any(|f| f.contains(&four)))
}

/// What it takes to write to voters.
struct Letters<'a> {
    manifest: &'a Manifest,
    terms: &'a Terms,
    halves: &'a HalfSecrets,
    roll_id: RollId,
    key: &'a SigningKey,
    again: bool,
}

impl Letters<'_> {
    /// Draws a token for an account, which keeps its hash, and writes the message with the link.
    fn write(&self, rng: &mut dyn CryptoRng, account: &mut Account) -> Result<Zeroizing<String>> {
        let mut token = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(token.as_mut());
        account.token = hex(&tagged_hash("access-token", &[token.as_ref()]));
        let half = self
            .halves
            .issue(&self.roll_id, account.list, account.place, self.key)
            .ok_or_else(|| refused("error.halves", &[("path", &"halves"), ("why", &account.place)]))?;
        let half = Zeroizing::new(Base64UrlUnpadded::encode_string(&half.expose_bytes()));
        let token = Zeroizing::new(Base64UrlUnpadded::encode_string(token.as_ref()));
        let link = Zeroizing::new(format!("{}#{}.{}", self.terms.site, half.as_str(), token.as_str()));
        mail::mail(self.manifest, self.terms, account, &link, self.again)
    }
}

/// Asks twice for the password of what is handed to the server.
fn transfer_password(session: &mut Session<'_>) -> Result<Zeroizing<String>> {
    let question = crate::text::say(session.lang, "ask.accounts.transfer", &[("min", &PASSWORD_MIN)]);
    let again = crate::text::say(session.lang, "ask.password.again", &[]);
    let transfer = session.ui.password("accounts.transfer", &question, Some(&again))?;
    if transfer.chars().count() < PASSWORD_MIN {
        return Err(out_of_order("error.password.short", &[("min", &PASSWORD_MIN)]));
    }
    Ok(transfer)
}

/// Writes the messages and the package for the server into a new folder that only its owner
/// can read. Repeated, it makes no second account (R-ACC-01).
///
/// # Errors
/// If the halves of both are not published, the folder exists, or cannot be written.
pub fn registrar(session: &mut Session<'_>, workspace: &Workspace, secret: &Path, outbox: &Path) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let record = read_record(workspace, &manifest)?;
    read_halves(workspace, &manifest, &record, HalfRole::Registrar)?;
    let (person, password) = open_role(session, &manifest, secret, HalfRole::Registrar)?;
    if !workspace.has(REPORT) && !outbox.exists() {
        let (halves, _) = open_halves(secret, &password)?;
        let terms = Terms::ask(session)?;
        let transfer = transfer_password(session)?;
        let drawn = roll::read_drawn(secret, &password)?;
        let lists = roll::by_list(&drawn, manifest.lists.len());
        let all = lists.iter().map(Vec::len).fold(0, usize::saturating_add);
        let roll_id = record.roll_id();
        let letters =
            Letters { manifest: &manifest, terms: &terms, halves: &halves, roll_id, key: &person.key, again: false };
        let mut folder = Outbox::begin(outbox)?;
        let mut accounts = Vec::with_capacity(all);
        let mut taken = HashSet::new();
        for (list, entries) in (0u32..).zip(&lists) {
            for (place, entry) in (0u32..).zip(entries) {
                let mut account = Account {
                    user: user_name(session.rng, &mut taken, entry),
                    token: String::new(),
                    list,
                    place,
                    name: entry.name.clone(),
                    clave: entry.clave.clone(),
                    entity: entry.entity.clone(),
                    email: entry.email.clone(),
                    phone: entry.phone.clone(),
                    half: None,
                };
                folder.add(&letters.write(session.rng, &mut account)?, &account.entity)?;
                accounts.push(account);
                session.ui.progress(folder.messages, u64::try_from(all).unwrap_or(u64::MAX));
            }
        }
        let package = to_lines(&accounts);
        sealed::write(session, &folder.beside(PACKAGE), Kind::Accounts, &transfer, &package)?;
        let kept = sealed::seal(session, Kind::Accounts, &password, &package)?;
        files::replace_secret(&kept_accounts(secret), &kept)?;
        let about = report_text(&accounts, &files::hash(&folder.beside(PACKAGE))?);
        let until = utc(manifest.calendar.accounts_sent);
        folder.finish(&format!("{about}until {until}\n{}", terms.lines()))?;
    }
    if !workspace.has(REPORT) {
        workspace.write_new(REPORT, &files::read(&outbox.join(ABOUT))?)?;
    }
    finish(session, workspace, Step::by_person(&person, "roll accounts registrar"), "roll accounts registrar", REPORT)
}

fn finish(
    session: &mut Session<'_>,
    workspace: &Workspace,
    step: Step,
    act: &'static str,
    path: &str,
) -> Result<Report> {
    let already = workspace.finish(session, step.input(ROLL).output(path))?;
    let mut report = Report::new(act, already).with("file", workspace.path(path).display());
    report.listing = Some(String::from_utf8_lossy(&files::read(&workspace.path(path))?).into_owned());
    Ok(report)
}

/// How many accounts, of which entities, in which package: no personal data.
fn report_text(accounts: &[Account], package: &[u8]) -> String {
    let mut entities: BTreeMap<&str, u64> = BTreeMap::new();
    for account in accounts {
        let count = entities.entry(account.entity.as_str()).or_default();
        *count = count.saturating_add(1);
    }
    let lines: String = entities.iter().map(|(entity, count)| format!("entity {count} {entity}\n")).collect();
    format!("{ABOUT_FORM}\ngenerated {}\npackage {}\n{lines}", accounts.len(), hex(package))
}

/// Opens the registrar's package and seals it again for the server, with the server's halves.
///
/// # Errors
/// If the server's halves are not published, or the package does not open or does not fit.
pub fn server(
    session: &mut Session<'_>,
    workspace: &Workspace,
    secret: &Path,
    package: &Path,
    out: &Path,
) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let record = read_record(workspace, &manifest)?;
    read_halves(workspace, &manifest, &record, HalfRole::Server)?;
    let (person, password) = open_role(session, &manifest, secret, HalfRole::Server)?;
    let opened = if out.exists() {
        open_accounts(out, &password)?
    } else {
        let (halves, _) = open_halves(secret, &password)?;
        let question = crate::text::say(session.lang, "ask.accounts.open", &[]);
        let transfer = session.ui.password("accounts.transfer", &question, None)?;
        let content = sealed::read(package, Kind::Accounts, &transfer)?;
        let bad = || refused("error.accounts", &[("path", &package.display())]);
        let mut seen = HashSet::new();
        let mut accounts = parse(&content).map_err(|_| bad())?;
        for account in &mut accounts {
            let half = halves.issue(&record.roll_id(), account.list, account.place, &person.key).ok_or_else(bad)?;
            account.half = Some(hex(&half.expose_bytes()));
            if !seen.insert((account.list, account.place)) {
                return Err(bad());
            }
        }
        let expected: u64 = record.counts.iter().map(|count| u64::from(*count)).sum();
        if u64::try_from(seen.len()) != Ok(expected) {
            return Err(bad());
        }
        sealed::write(session, out, Kind::Accounts, &password, &to_lines(&accounts))?;
        accounts
    };
    let text = report_text(&opened, &files::hash(out)?);
    workspace.write_or_same(SERVER_REPORT, text.as_bytes())?;
    finish(session, workspace, Step::by_person(&person, "roll accounts server"), "roll accounts server", SERVER_REPORT)
}

/// Opens a package of accounts.
///
/// # Errors
/// If it does not open or is none.
pub fn open_accounts(path: &Path, password: &str) -> Result<Vec<Account>> {
    Ok(escrutinio_sealed::accounts::read(path, password)?)
}

#[cfg(test)]
mod tests {
    use escrutinio_core::credential::RollEntry;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn entry(phone: &str) -> RollEntry {
        let text = || "X".to_owned();
        let (name, clave, ocr, cic, entity, email) = (text(), text(), text(), text(), text(), text());
        RollEntry { salt: [0; 32], list: 0, name, clave, ocr, cic, entity, email, phone: phone.to_owned() }
    }

    #[test]
    fn user_names_are_unlike_the_entry_and_each_other() {
        assert!(resembles("23456-78923-45678", &entry("5552345678")));
        assert!(resembles("CFHKM-22222-22222".to_lowercase().as_str(), &entry("CFHK")));
        assert!(!resembles("23456-78923-45678", &entry("5523")));
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let mut taken = HashSet::new();
        for _ in 0..1000 {
            // Digits that half of all names would hold somewhere.
            let entry = entry("222333444555666777888999");
            let name = user_name(&mut rng, &mut taken, &entry);
            assert!(name.len() == 17 && !resembles(&name, &entry));
        }
        assert_eq!(taken.len(), 1000);
    }
}
