//! Links that are sent again (R-ACC-04): the registrar writes a new message with a new token and the
//! same half, to the latest address, and tells the server by which token it is known. The link before
//! is void from the moment the server loads the update.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use escrutinio_core::credential::HalfRole;
use escrutinio_core::ids::hex;
use escrutinio_sealed::Account;
use escrutinio_sealed::accounts::parse;
use escrutinio_sealed::updates::{Change, Request, Update, parse_requests, requests_to_lines};

use super::mail::Terms;
use super::outbox::{ABOUT, Outbox};
use super::{ABOUT_FORM, Letters, REPORT, finish, kept_accounts, transfer_password};
use crate::commands::roll::{open_halves, open_role, read_halves, read_record};
use crate::draft;
use crate::error::{Result, out_of_order, refused};
use crate::files;
use crate::report::Report;
use crate::roll::is_email;
use crate::sealed::{self, Kind};
use crate::session::{Session, utc};
use crate::text;
use crate::workspace::{Step, Workspace};

/// The update for the server, in the outbox.
pub const UPDATE: &str = "server.update";

/// Who gets a new link.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// These users, at the latest address that the registrar knows.
    Users(&'a [String]),
    /// Those of a sealed file of requests, at the address that stands there.
    File(&'a Path),
}

/// What the public may know of a resend.
fn about_path(number: u32) -> String {
    format!("roll/resend-{number:02}.txt")
}

/// Where the registrar keeps who was asked for, and at which address.
fn kept_requests(secret: &Path, number: u32) -> PathBuf {
    files::with_suffix(secret, &format!(".resend-{number:02}"))
}

/// How often links were sent again.
pub(super) fn resends(workspace: &Workspace) -> u32 {
    (1..u32::MAX).take_while(|number| workspace.has(about_path(*number))).count().try_into().unwrap_or(u32::MAX)
}

/// What the registrar keeps of accounts and resends.
pub(super) fn kept(secret: &Path) -> Vec<PathBuf> {
    let requests = (1..u32::MAX).map(|number| kept_requests(secret, number)).take_while(|path| path.exists());
    core::iter::once(kept_accounts(secret)).chain(requests).collect()
}

/// Writes the messages and the update for the server into a new folder that only its owner can read.
/// Repeated with the same folder, it completes what was cut off and writes no second message.
///
/// # Errors
/// If the accounts are not made, somebody is asked for who has none or twice, a new address is none or
/// somebody else's, or a file cannot be written.
pub fn resend(
    session: &mut Session<'_>,
    workspace: &Workspace,
    secret: &Path,
    asked: Asked<'_>,
    outbox: &Path,
) -> Result<Report> {
    const ACT: &str = "roll resend";
    let manifest = draft::read_frozen(workspace)?;
    let record = read_record(workspace, &manifest)?;
    read_halves(workspace, &manifest, &record, HalfRole::Registrar)?;
    let (person, password) = open_role(session, &manifest, secret, HalfRole::Registrar)?;
    let terms = String::from_utf8(workspace.read(REPORT, "roll accounts")?).ok().and_then(|text| Terms::read(&text));
    let terms = terms.ok_or_else(|| refused("error.accounts", &[("path", &REPORT)]))?;
    let number = if outbox.exists() {
        number_of(outbox)?
    } else {
        let number = resends(workspace).saturating_add(1);
        let requests = requests(session, asked)?;
        let mut accounts = parse(&sealed::read(&kept_accounts(secret), Kind::Accounts, &password)?)?;
        for earlier in 1..number {
            let content = sealed::read(&kept_requests(secret, earlier), Kind::AccountUpdate, &password)?;
            move_to_latest(&mut accounts, &parse_requests(&content)?);
        }
        let places = select(&mut accounts, &requests)?;
        let (halves, _) = open_halves(secret, &password)?;
        let transfer = transfer_password(session)?;
        let letters = Letters {
            manifest: &manifest,
            terms: &terms,
            halves: &halves,
            roll_id: record.roll_id(),
            key: &person.key,
            again: true,
        };
        let mut folder = Outbox::begin(outbox)?;
        let mut changes = Vec::with_capacity(places.len());
        for place in places {
            let Some(account) = accounts.get_mut(place) else { continue };
            folder.add(&letters.write(session.rng, account)?, &account.entity)?;
            changes.push(Change { user: account.user.clone(), token: account.token.clone() });
        }
        let update = folder.beside(UPDATE);
        let signed = Update { number, changes }.sign(&record.roll_id(), &person.key);
        sealed::write(session, &update, Kind::AccountUpdate, &transfer, signed.as_bytes())?;
        let kept = sealed::seal(session, Kind::AccountUpdate, &password, &requests_to_lines(&requests))?;
        files::replace_secret(&kept_requests(secret, number), &kept)?;
        let about = format!(
            "{ABOUT_FORM}\nresend {number}\ngenerated {}\npackage {}\nat {}\n",
            folder.messages,
            hex(&files::hash(&update)?),
            utc(session.clock.now()),
        );
        folder.finish(&about)?;
        number
    };
    let path = about_path(number);
    workspace.write_or_same(&path, &files::read(&outbox.join(ABOUT))?)?;
    finish(session, workspace, Step::by_person(&person, ACT).note("resend", number), ACT, &path)
}

/// Which resend made this folder.
fn number_of(outbox: &Path) -> Result<u32> {
    let path = outbox.join(ABOUT);
    let about = String::from_utf8(files::read(&path)?).unwrap_or_default();
    let mut lines = about.lines();
    let form = lines.next() == Some(ABOUT_FORM);
    let number = lines.next().and_then(|line| line.strip_prefix("resend ")).and_then(|number| number.parse().ok());
    number.filter(|_| form).ok_or_else(|| refused("error.accounts", &[("path", &path.display())]))
}

fn requests(session: &mut Session<'_>, asked: Asked<'_>) -> Result<Vec<Request>> {
    let requests = match asked {
        Asked::Users(users) => users
            .iter()
            .map(|user| Request::new(user, None).ok_or_else(|| refused("error.resend.user", &[("user", user)])))
            .collect::<Result<_>>()?,
        Asked::File(path) => {
            let question = text::say(session.lang, "ask.resend.open", &[]);
            let password = session.ui.password("resend.open", &question, None)?;
            parse_requests(&sealed::read(path, Kind::AccountUpdate, &password)?)?
        }
    };
    if requests.is_empty() { Err(out_of_order("error.resend.none", &[])) } else { Ok(requests) }
}

fn move_to_latest(accounts: &mut [Account], requests: &[Request]) {
    let latest: HashMap<&str, &str> = requests.iter().filter_map(|r| Some((r.user(), r.email()?))).collect();
    for account in accounts {
        if let Some(email) = latest.get(account.user.as_str()) {
            account.email = (*email).to_owned();
        }
    }
}

/// Moves accounts to the addresses that are asked for, and gives the places of those that are asked for,
/// in their order among all: no message tells who asked first.
fn select(accounts: &mut [Account], requests: &[Request]) -> Result<Vec<usize>> {
    let named = |key, request: &Request| refused(key, &[("user", &request.user())]);
    let by_user: HashMap<&str, usize> = accounts.iter().map(|account| account.user.as_str()).zip(0..).collect();
    let mut places = Vec::with_capacity(requests.len());
    let mut seen = HashSet::new();
    for request in requests {
        let place = *by_user.get(request.user()).ok_or_else(|| named("error.resend.user", request))?;
        if !seen.insert(place) {
            return Err(named("error.resend.twice", request));
        }
        places.push(place);
    }
    drop(by_user);
    move_to_latest(accounts, requests);
    let mut holders: HashMap<String, u32> = HashMap::new();
    for account in accounts.iter() {
        let count = holders.entry(account.email.to_lowercase()).or_default();
        *count = count.saturating_add(1);
    }
    for request in requests {
        let email = request.email().unwrap_or("a@a");
        if !is_email(email) || holders.get(&email.to_lowercase()).is_some_and(|count| *count > 1) {
            return Err(named("error.resend.email", request));
        }
    }
    places.sort_unstable();
    Ok(places)
}
