//! An election in a temporary folder, driven through the library with a seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::type_complexity,
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    reason = "each test file uses a part"
)]

pub mod voters;

use std::fs;
use std::path::{Path, PathBuf};

use escrutinio_ceremony::commands::{accounts, custodian, election, key, mix, official, roll};
use escrutinio_ceremony::error::{Error, Result};
use escrutinio_ceremony::person::Role;
use escrutinio_ceremony::report::Report;
use escrutinio_ceremony::session::{FixedClock, Session};
use escrutinio_ceremony::text::Lang;
use escrutinio_ceremony::ui::Scripted;
use escrutinio_ceremony::workspace::Workspace;
use escrutinio_core::credential::HalfRole;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// What no output may ever hold.
pub const CANARY: &str = "canario-de-la-contraseña";

pub struct World {
    pub folder: tempfile::TempDir,
    pub workspace: Workspace,
    pub rng: ChaCha20Rng,
    pub now: i64,
    /// Everything that was reported.
    pub said: String,
}

impl World {
    pub fn new(seed: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(folder.path().join("election"));
        Self { folder, workspace, rng: ChaCha20Rng::from_seed([seed; 32]), now: 1_637_000_000, said: String::new() }
    }

    pub fn secret(&self, name: &str) -> PathBuf {
        self.folder.path().join("secrets").join(name)
    }

    pub fn answers(name: &str) -> String {
        format!(
            "password = {CANARY}-{name}\nperson.name = {name}\nperson.designation = INE/CG/1\noperator = Operadora\n\
             act.place = Sala\nact.attested-by = Fedataria\nact.attendees = Testigos\n\
             void.reason = falta una custodia\nvoid.culprits = 5\n\
             acta.place =\ndestroy.document = Acuerdo 9\nlottery.present = 1 2 3\nlottery.seed = 4 2 6\n"
        )
    }

    /// One step by somebody.
    pub fn by(
        &mut self,
        name: &str,
        step: impl FnOnce(&mut Session<'_>, &Workspace) -> Result<Report>,
    ) -> Result<Report> {
        self.with(&Self::answers(name), step)
    }

    /// One step with these answers.
    pub fn with(
        &mut self,
        answers: &str,
        step: impl FnOnce(&mut Session<'_>, &Workspace) -> Result<Report>,
    ) -> Result<Report> {
        let mut ui = Scripted::quiet(answers).unwrap();
        let clock = FixedClock(self.now);
        let mut session = Session { rng: &mut self.rng, clock: &clock, ui: &mut ui, lang: Lang::Es };
        let result = step(&mut session, &self.workspace);
        match &result {
            Ok(report) => self.said.push_str(&(report.text(Lang::Es) + &report.json())),
            Err(why) => self.said.push_str(&why.to_string()),
        }
        result
    }

    /// A step that is cut off, before its line in the transcript and before its files, and
    /// repeated: it gives the same figures and the same bytes, and says that it had been done
    /// only when nothing was missing.
    pub fn resumed(&mut self, name: &str, step: impl Fn(&mut Session<'_>, &Workspace) -> Result<Report>) -> Report {
        let first = self.by(name, &step).unwrap();
        assert!(!first.already, "{}", first.act);
        let line = self.workspace.transcript().unwrap().lines().last().unwrap().clone();
        assert_eq!(line.act, first.act);
        // A checkpoint that is gone is not made again by a witness.
        let ends = if line.act == "box cosign" { vec![0] } else { vec![0, 1, line.outputs.len()] };
        for lost in ends {
            let before = self.files();
            self.cut_last_line();
            for path in line.outputs.keys().rev().take(lost) {
                fs::remove_file(self.workspace.path(path)).unwrap();
            }
            let again = self.by(name, &step).unwrap();
            assert!(!again.already, "{} was completed", again.act);
            assert_eq!(again.figures, first.figures);
            assert!(self.files() == before, "{} gives the same bytes", again.act);
        }
        let last = self.by(name, &step).unwrap();
        assert!(last.already, "{} is done", last.act);
        assert_eq!(last.figures, first.figures);
        first
    }

    pub fn cut_last_line(&self) {
        let log = self.workspace.path("transcript.log");
        let text = fs::read_to_string(&log).unwrap();
        let cut = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
        fs::write(&log, &text[..cut]).unwrap();
    }

    /// Registers everybody and freezes the manifest of a template.
    pub fn freeze(&mut self, template: &str, custodians: u32, witnesses: u32) {
        self.freeze_from(election::Source::Template(template.into()), custodians, witnesses);
    }

    /// The same from any draft.
    pub fn freeze_from(&mut self, source: election::Source, custodians: u32, witnesses: u32) {
        let mut cards = Vec::new();
        let mut people: Vec<(Role, String)> = (1..=custodians).map(|n| (Role::Custodian, custodian_name(n))).collect();
        people.extend([
            (Role::Registrar, "registro".into()),
            (Role::Server, "servidor".into()),
            (Role::Log, "tablero.example".into()),
        ]);
        people.extend((1..=witnesses).map(|n| (Role::Witness, format!("testigo-{n}"))));
        for (role, name) in people {
            let secret = self.secret(&name);
            self.by(&name, |s, _| official::register(s, role, &secret, None)).unwrap();
            cards.push(with_suffix(&secret, ".card.toml"));
        }
        self.resumed("op", |s, w| election::new(s, w, &source, &cards));
        self.resumed("op", election::freeze);
    }

    /// The whole key ceremony, all custodians present.
    pub fn keys(&mut self, custodians: u32) {
        let steps: [fn(&mut Session<'_>, &Workspace, &Path) -> Result<Report>; 4] =
            [custodian::commit, custodian::deal, custodian::check_shares, custodian::certify];
        for step in steps {
            for n in 1..=custodians {
                let name = custodian_name(n);
                let secret = self.secret(&name);
                if n == 1 {
                    self.resumed(&name, |s, w| step(s, w, &secret));
                } else {
                    self.by(&name, |s, w| step(s, w, &secret)).unwrap();
                }
            }
        }
        self.resumed("op", key::combine);
        for n in 1..=custodians {
            let name = custodian_name(n);
            let secret = self.secret(&name);
            self.by(&name, |s, w| key::trial_part(s, w, &secret)).unwrap();
        }
        self.resumed("op", key::trial);
    }

    /// Every file of the election's folder with its bytes.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.workspace.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    files.push((path, bytes));
                }
            }
        }
        files.sort();
        files
    }

    /// Nothing that was said or written for the public holds a text.
    pub fn assert_nowhere(&self, canary: &str) {
        assert!(!self.said.contains(canary), "{canary} was said");
        for (path, bytes) in self.files() {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} stands in {}", path.display());
        }
    }
}

pub fn custodian_name(n: u32) -> String {
    format!("Custodia {n}")
}

pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The step is refused with this message.
pub fn assert_refused(result: Result<Report>, key: &str) -> Error {
    let error = result.expect_err("the step is refused");
    assert_eq!(error.message().key, key, "{error}");
    error
}

/// A roll of so many voters for a template with one list.
pub fn roll_csv(entity: &str, voters: u32) -> String {
    let mut csv = String::from("name,clave,ocr,cic,entity,email,phone\n");
    for n in 0..voters {
        csv.push_str(&format!(
            "Votante {n:03} Canario,CANARIOCLAVE{n:06},CANARIOOCR{n:03},CANARIOCIC{n:03},{entity},\
             canario{n}@correo.example,+1 (312) 555-{n:04}\n"
        ));
    }
    csv
}

impl World {
    /// Custodians 1, 2, .. mix, as many as the manifest asks for.
    pub fn mixes(&mut self) {
        let asked = escrutinio_ceremony::draft::read_frozen(&self.workspace).unwrap().credential_mixes;
        for number in 1..=asked {
            let name = custodian_name(number);
            let secret = self.secret(&name);
            let mixed = self.by(&name, |s, w| mix::mix(s, w, &secret)).unwrap();
            assert_eq!(mixed.get("mix"), Some(format!("{number} / {asked}").as_str()));
            // The line of the transcript is lost: repeating completes it, and makes no second mix.
            self.cut_last_line();
            let again = self.by(&name, |s, w| mix::mix(s, w, &secret)).unwrap();
            assert!(!again.already && again.figures == mixed.figures);
            assert!(self.by(&name, |s, w| mix::mix(s, w, &secret)).unwrap().already);
        }
    }

    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn roll_answers(name: &str, delivered: u32) -> String {
        format!(
            "{}roll.document = Oficio DERFE 1\nroll.delivered = {delivered}\naccounts.site = https://voto.example/\n\
             accounts.help = +52 55 0000 0000\naccounts.notice = lgipe\naccounts.transfer = {CANARY}-paquete\n\
             resend.open = {CANARY}-solicitudes\n",
            Self::answers(name)
        )
    }

    /// Roll, halves, lists, accounts.
    pub fn roll(&mut self, entity: &str, voters: u32) {
        let csv = self.write("entrega.csv", roll_csv(entity, voters).as_bytes());
        let answers = Self::roll_answers("registro", voters);
        let (registrar, server) = (self.secret("registro"), self.secret("servidor"));
        let delivery = roll::Delivery { file: &csv, postal: None };
        self.with(&answers, |s, w| roll::load(s, w, &registrar, delivery)).unwrap();
        self.resumed("registro", |s, w| roll::commit(s, w, &registrar));
        self.resumed("registro", |s, w| roll::halves(s, w, &registrar, HalfRole::Registrar));
        self.resumed("servidor", |s, w| roll::halves(s, w, &server, HalfRole::Server));
        self.mixes();
        self.resumed("op", mix::list);
        let outbox = self.folder.path().join("outbox");
        self.with(&answers, |s, w| accounts::registrar(s, w, &registrar, &outbox)).unwrap();
        let out = self.folder.path().join("server.sealed");
        let answers = Self::roll_answers("servidor", voters);
        let package = outbox.join(accounts::PACKAGE);
        self.with(&answers, |s, w| accounts::server(s, w, &server, &package, &out)).unwrap();
    }
}
