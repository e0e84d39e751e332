//! The part of the demonstration that is for people: a polling place in the browser, open until somebody closes it.
//!
//! The first voters of the roll are whoever sits at the terminal; everybody else votes as always. What people
//! choose nobody notes, so the count is compared with what is known: the others' ballots, and how many came.

use core::fmt::Write;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::BufRead;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Mutex, PoisonError};

use escrutinio_ceremony::draft::Draft;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::arguments::Arguments;
use super::screen::Screen;
use super::site::{Closing, Polling};
use super::stage::Stage;
use super::voting::{Person, Voting, mail_text, people_of};
use crate::client;
use crate::lab::clock::machine;
use crate::lab::postgres::free_port;
use crate::lab::site::Front;
use crate::shell::{Failure, Outcome};

/// Where the page is, if nobody else is there.
const PORT: u16 = 8080;
/// How many of them the terminal names.
const SHOWN: u32 = 3;
/// How often the telephones are looked at.
const PAUSE: Duration = Duration::from_millis(200);
/// Simple signs that stand for the parties of the templates; the real ones are theirs.
const EMBLEMS: &str = "xtask/src/demo/emblems";

/// What a polling place for people is made of.
#[derive(Debug)]
pub(crate) struct Attended {
    /// How many voters of the roll are people.
    pub(crate) present: u32,
    access: Option<PathBuf>,
    port: u16,
    /// Keeps the port from everybody else until the server takes it: the address is in the links before that.
    reserved: Mutex<Option<TcpListener>>,
    /// The page as it was built.
    page: PathBuf,
    /// The hash of the build.
    build: String,
    /// What the page's host lays beside it.
    host: PathBuf,
}

impl Attended {
    /// Builds the page, so that the manifest can name it.
    pub(crate) fn prepare(arguments: &Arguments, screen: &mut Screen) -> Result<Option<Self>, Failure> {
        if arguments.present == 0 {
            return Ok(None);
        }
        screen.step(
            "La página de votación: el mismo núcleo, compilado para el navegador",
            "The voting page: the same core, compiled for the browser",
        );
        let (page, host) = (arguments.out.join("page"), arguments.out.join("host"));
        std::fs::create_dir_all(host.join("emblems")).map_err(|error| Failure::file(&host, &error))?;
        let build = client::page(&page)?;
        screen.figure("huella de la página", "hash of the page", &build);
        let (port, reserved) = match TcpListener::bind(("127.0.0.1", PORT)) {
            Ok(listener) => (PORT, Some(listener)),
            Err(_) => (free_port()?, None),
        };
        let (present, access, reserved) = (arguments.present, arguments.access.clone(), Mutex::new(reserved));
        Ok(Some(Self { present, access, port, reserved, page, build, host }))
    }

    /// The address of the page.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// What the first server does more. From now on its port is free for it.
    pub(crate) fn front(&self) -> Front {
        drop(self.reserved.lock().unwrap_or_else(PoisonError::into_inner).take());
        Front { port: self.port, pages: vec![self.page.clone(), self.host.clone()] }
    }

    /// The draft names the page, has emblems, and begins today: the codes of a real telephone are of today.
    pub(crate) fn adapt(&self, draft: &mut Draft) -> Outcome {
        draft.client_hash = Some(self.build.clone());
        let start = draft.calendar.start().map_err(|why| Failure::new(why.to_string()))?;
        let days = machine().saturating_sub(start);
        let whole_minutes = days.saturating_sub(days.rem_euclid(60));
        draft.calendar = draft.calendar.moved(whole_minutes).map_err(|why| Failure::new(why.to_string()))?;
        for party in &mut draft.parties {
            let drawn = crate::shell::root().join(EMBLEMS).join(format!("{}.svg", party.short.to_lowercase()));
            if party.emblem.is_none() && drawn.is_file() {
                let image = std::fs::read(&drawn).map_err(|error| Failure::file(&drawn, &error))?;
                let hash = hex(&sha256(&[&image]));
                let path = self.host.join("emblems").join(&hash);
                std::fs::write(&path, image).map_err(|error| Failure::file(&path, &error))?;
                party.emblem = Some(hash);
            }
        }
        Ok(())
    }

    /// `config.json` of the page's host. The record lies there as soon as it is published.
    pub(crate) fn configure(&self, stage: &Stage) -> Outcome {
        let help =
            json!({ "name": "INETEL (demostración)", "phone": "+52 800 433 2000", "mail": "ayuda@voto.example" });
        let election = stage.election_id()?.to_string();
        let config = json!({ "server": "", "election": election, "record": "/record", "acta": "/acta", "help": help });
        stage.write(&self.host.join("config.json"), format!("{config:#}\n").as_bytes())
    }

    /// Whoever has the page's address can fetch the record, and everything that is verified from it.
    pub(crate) fn publish(&self, stage: &mut Stage) -> Outcome {
        #[cfg(unix)]
        for name in ["record", "acta"] {
            let path = self.host.join(name);
            let linked = std::os::unix::fs::symlink(stage.out.join(name), &path);
            linked.map_err(|error| Failure::file(&path, &error))?;
        }
        stage.screen.step(
            "Todo está publicado: compruébelo en el navegador con su comprobante",
            "Everything is published: check it in the browser with your receipt",
        );
        for (page, spanish, english) in [
            ("results.html", "resultados y acta", "results and acta"),
            ("check.html", "mi comprobante", "my receipt"),
            ("verify.html", "toda la elección", "the whole election"),
            ("board.html", "tablero y bitácora", "board and log"),
        ] {
            stage.screen.figure(spanish, english, format!("{}{page}", self.url()));
        }
        Ok(())
    }
}

/// Voters who are people, as the page asks them.
fn guests(stage: &Stage, attended: &Attended) -> Result<Vec<(Person, Value)>, Failure> {
    let people = people_of(stage)?;
    let mut guests = Vec::new();
    for number in 1..=attended.present {
        let (mail, text) = mail_text(stage, number)?;
        let person = people.get(&mail.to).ok_or_else(|| Failure::new("nobody on the roll has this address"))?;
        let link = text.split_whitespace().find(|word| word.starts_with(&attended.url()) && word.contains('#'));
        let link = link.ok_or_else(|| Failure::new("a mail without a link to the page"))?.to_owned();
        let digits = digits(&person.phone);
        let digits = digits.get(digits.len().saturating_sub(4)..).unwrap_or_default();
        let guest = json!({
            "name": person.name, "email": mail.to, "user": mail.user, "link": link, "digits": digits, "phone": person.phone,
        });
        guests.push((person.clone(), guest));
    }
    Ok(guests)
}

/// Lines that somebody types; the end of the input is one, too.
#[derive(Debug)]
pub(crate) struct Keyboard(Receiver<()>);

impl Keyboard {
    pub(crate) fn listen() -> Self {
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            // Nobody listens any more, or nobody will type any more.
            while std::io::stdin().lock().read_line(&mut line).is_ok_and(|read| read > 0) && send.send(()).is_ok() {
                line.clear();
            }
        });
        Self(lines)
    }

    fn pressed(&self) -> bool {
        !matches!(self.0.try_recv(), Err(TryRecvError::Empty))
    }

    /// Waits for a line.
    pub(crate) fn wait(&self) {
        // An input that ended is an answer.
        let _ = self.0.recv();
    }
}

/// Says where to vote and with what; for programs, in a file.
pub(crate) fn invite(stage: &mut Stage, polling: &Polling) -> Result<Option<Telephones>, Failure> {
    let Some(attended) = &stage.attended else { return Ok(None) };
    let guests = guests(stage, attended)?;
    stage.screen.step("La casilla está abierta: vote usted", "The polling place is open: your turn to vote");
    stage.screen.figure("página", "page", attended.url());
    let mut text = String::new();
    for (number, (person, guest)) in (1..=SHOWN).zip(&guests) {
        let of = |name: &str| guest.get(name).and_then(Value::as_str).unwrap_or_default();
        let (open, digits) = (
            stage.screen.choose("abra", "open"),
            stage.screen.choose("últimos cuatro dígitos de su teléfono", "last four digits of the telephone"),
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n    {number}. {}\n       {open}: {}", person.name, of("link"));
        let _ = writeln!(text, "       {digits}: {}", of("digits"));
    }
    let notice = stage.screen.choose(
        "Los códigos que lleguen a sus teléfonos aparecen aquí. Intro cierra la votación.",
        "Codes that come to their telephones appear here. Enter closes the voting.",
    );
    println!("{text}\n    {notice}\n");
    if let Some(path) = &attended.access {
        let voters: Vec<&Value> = guests.iter().map(|(_, guest)| guest).collect();
        let access = json!({
            "page": attended.url(), "admin": polling.admin()?, "build": attended.page, "site": attended.host,
            "record": stage.record(), "phones": polling.messages("phones"), "mails": polling.messages("mails"),
            "clock": polling.clock(), "voters": voters,
        });
        let part = path.with_extension("part");
        stage.write(&part, access.to_string().as_bytes())?;
        // Whoever waits for it finds all of it.
        std::fs::rename(&part, path).map_err(|error| Failure::file(path, &error))?;
    }
    let names = guests.into_iter().flat_map(|(person, guest)| {
        let mail = guest.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
        [(digits(&person.phone), person.name.clone()), (mail, person.name)]
    });
    let folders = ["phones", "mails"].map(|kind| polling.messages(kind));
    Ok(Some(Telephones { folders, names: names.collect(), seen: HashSet::new() }))
}

/// Numbers of the telephones of people.
pub(crate) fn telephones(stage: &Stage) -> Result<Vec<String>, Failure> {
    let Some(attended) = &stage.attended else { return Ok(Vec::new()) };
    Ok(guests(stage, attended)?.into_iter().map(|(person, _)| person.phone).collect())
}

/// The digits of a telephone number.
fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// What comes to the telephones and mailboxes of people.
#[derive(Debug)]
pub(crate) struct Telephones {
    folders: [PathBuf; 2],
    /// Whose a number or an address is.
    names: BTreeMap<String, String>,
    seen: HashSet<PathBuf>,
}

impl Telephones {
    /// Shows messages until a key is pressed.
    pub(crate) fn show(mut self, keyboard: &Keyboard, bar: &ProgressBar) {
        while !keyboard.pressed() {
            let new = self.new_messages();
            if !new.is_empty() {
                bar.suspend(|| print!("{new}"));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn new_messages(&mut self) -> String {
        let mut paths: Vec<PathBuf> = self
            .folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flat_map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())))
            .filter(|path| path.extension().is_some_and(|end| end == "txt") && !self.seen.contains(path))
            .collect();
        paths.sort();
        let mut text = String::new();
        for path in paths {
            // The device of somebody else may have taken it away meanwhile.
            let Ok(message) = std::fs::read_to_string(&path) else { continue };
            self.seen.insert(path);
            let Some((head, body)) = message.split_once("\n\n") else { continue };
            let to = head.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_default();
            let name = self.names.get(to).or_else(|| self.names.get(&digits(to)));
            if let Some(name) = name {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "    ✉ {name}: {}", body.trim().replace('\n', "\n      "));
            }
        }
        text
    }
}

/// Who came of the people, as the server says it; everybody else must be who was noted aside.
pub(crate) fn reckon(stage: &Stage, voting: &mut Voting, closing: &Closing) -> Outcome {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error));
    let wrong = |what: &str| Failure::new(format!("{}: {what}", closing.voters.display()));
    let people = people_of(stage)?;
    let mut guests = BTreeSet::new();
    for number in 1..=stage.present() {
        let (mail, _) = mail_text(stage, number)?;
        guests.extend(people.get(&mail.to).map(|person| (person.name.clone(), person.clave.clone())));
    }
    let listed = read(&closing.voters)?;
    for line in listed.lines().skip(1) {
        let (name, clave) = line.split_once(',').ok_or_else(|| wrong("a line without a clave"))?;
        let person = (name.to_owned(), clave.to_owned());
        if guests.contains(&person) {
            voting.voters.push(person);
        }
    }
    for line in read(&closing.marked)?.lines() {
        let numbers: Vec<u64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
        let &[contest, list, marked] = numbers.as_slice() else { return Err(wrong("a line that is none")) };
        let place = u32::try_from(contest).ok().zip(u32::try_from(list).ok());
        let (contest, list) = place.ok_or_else(|| wrong("a contest that is none"))?;
        let noted = voting.marked.insert((contest, list), marked).unwrap_or(0);
        let came = marked.checked_sub(noted).ok_or_else(|| wrong("fewer voters than were noted aside"))?;
        let of = voting.people.entry(contest).or_default();
        *of = of.saturating_add(came);
    }
    let came: u64 = voting.people.values().sum();
    stage.screen.figure("boletas de quienes votaron en la página", "ballots of who voted on the page", came);
    Ok(())
}
