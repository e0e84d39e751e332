//! `escrutinio`: the ceremony tool. It passes the machine's randomness and clock and the
//! terminal to the library, and prints what the library reports.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use cli::{
    Act, Acta, BallotBox, Cli, Command, Count, Custodian, Election, Issuer, Key, Official, Record, Roll, Transcript,
    Writein,
};
use escrutinio_ceremony::answers::Answers;
use escrutinio_ceremony::commands::{
    accounts, acta, acts, ballot_box, count, custodian, destroy, election, inspect, key, lottery, mix, official,
    record, roll, status, transcript, writein,
};
use escrutinio_ceremony::error::{ALREADY_DONE, DONE, Result};
use escrutinio_ceremony::person::Role;
use escrutinio_ceremony::report::Report;
use escrutinio_ceremony::session::{Session, SystemClock};
use escrutinio_ceremony::text;
use escrutinio_ceremony::ui::{Scripted, Terminal, Ui};
use escrutinio_ceremony::workspace::Workspace;
use escrutinio_core::credential::HalfRole;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(why) => {
            let _ = why.print();
            let shown = matches!(why.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if shown { DONE } else { 2 });
        }
    };
    let (lang, json) = (cli.lang, cli.json);
    match run(cli) {
        Ok(report) => {
            let out = if json { report.json() } else { report.text(lang) };
            let written = std::io::stdout().lock().write_all(out.as_bytes());
            match (written, report.already) {
                (Err(_), _) => ExitCode::from(3),
                (Ok(()), true) => ExitCode::from(ALREADY_DONE),
                (Ok(()), false) => ExitCode::SUCCESS,
            }
        }
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "{}", why.message().in_language(lang));
            ExitCode::from(why.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<Report> {
    let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
    let mut terminal = Terminal::default();
    let mut scripted;
    let ui: &mut dyn Ui = match &cli.answers {
        Some(path) => {
            scripted = Scripted { answers: Answers::read(path)?, quiet: false };
            &mut scripted
        }
        None => &mut terminal,
    };
    let session = &mut Session { rng: &mut rng, clock: &SystemClock, ui, lang: cli.lang };
    match cli.command {
        Command::Election(command) => run_election(session, command),
        Command::Official(Official::Register { role, secret, card }) => {
            official::register(session, role, &secret, card.as_deref())
        }
        Command::Custodian(command) => run_custodian(session, command),
        Command::Key(command) => run_key(session, command),
        Command::Roll(command) => run_roll(session, command),
        Command::Box(command) => run_box(session, command),
        Command::Count(command) => run_count(session, command),
        Command::Writein(command) => run_writein(session, command),
        Command::Acta(command) => run_acta(session, command),
        Command::Record(Record::Receipts(dir)) => record::receipts(session, &Workspace::new(dir.dir)),
        Command::Record(Record::Assemble(dir)) => record::assemble(session, &Workspace::new(dir.dir)),
        Command::Act(command) => run_act(session, command),
        Command::Status(dir) => status::status(session, &Workspace::new(dir.dir)),
        Command::Inspect { file } => inspect::inspect(&file),
        Command::Transcript(Transcript::Verify(dir)) => transcript::verify(&Workspace::new(dir.dir)),
        Command::Transcript(Transcript::Show(dir)) => transcript::show(&Workspace::new(dir.dir)),
        Command::Transcript(Transcript::Render(dir)) => transcript::render(&Workspace::new(dir.dir)),
        Command::ExitCodes => {
            let mut report = Report::new("exit-codes", false);
            report.listing = Some(text::lookup(cli.lang, "report.exit_codes").to_owned());
            Ok(report)
        }
    }
}

fn run_election(session: &mut Session<'_>, command: Election) -> Result<Report> {
    match command {
        Election::New { dir, template, from, card } => {
            let source = match (template, from) {
                (Some(name), _) => election::Source::Template(name),
                (None, Some(path)) => election::Source::File(path),
                (None, None) => election::Source::Latest,
            };
            election::new(session, &Workspace::new(dir), &source, &card)
        }
        Election::Check { dir, file } => election::check(&Workspace::new(dir), file.as_deref()),
        Election::Freeze(dir) => election::freeze(session, &Workspace::new(dir.dir)),
        Election::Seal(dir) => election::seal(session, &Workspace::new(dir.dir)),
    }
}

fn run_custodian(session: &mut Session<'_>, command: Custodian) -> Result<Report> {
    match command {
        Custodian::Register { secret, card } => official::register(session, Role::Custodian, &secret, card.as_deref()),
        Custodian::Commit(at) => custodian::commit(session, &Workspace::new(at.dir), &at.secret),
        Custodian::Deal(at) => custodian::deal(session, &Workspace::new(at.dir), &at.secret),
        Custodian::CheckShares(at) => custodian::check_shares(session, &Workspace::new(at.dir), &at.secret),
        Custodian::Certify(at) => custodian::certify(session, &Workspace::new(at.dir), &at.secret),
    }
}

fn run_key(session: &mut Session<'_>, command: Key) -> Result<Report> {
    match command {
        Key::Close { dir, round } => key::close(session, &Workspace::new(dir), round),
        Key::Combine(dir) => key::combine(session, &Workspace::new(dir.dir)),
        Key::Trial { dir, secret: Some(secret) } => key::trial_part(session, &Workspace::new(dir), &secret),
        Key::Trial { dir, secret: None } => key::trial(session, &Workspace::new(dir)),
        Key::Void(dir) => key::void(session, &Workspace::new(dir.dir)),
    }
}

fn run_roll(session: &mut Session<'_>, command: Roll) -> Result<Report> {
    let half_role = |issuer| match issuer {
        Issuer::Registrar => HalfRole::Registrar,
        Issuer::Server => HalfRole::Server,
    };
    match command {
        Roll::Load(at) => {
            let delivery = roll::Delivery { file: &at.file, postal: at.postal.as_deref() };
            roll::load(session, &Workspace::new(at.dir), &at.secret, delivery)
        }
        Roll::Addendum(at) => {
            let delivery = roll::Delivery { file: &at.file, postal: at.postal.as_deref() };
            roll::addendum(session, &Workspace::new(at.dir), &at.secret, delivery)
        }
        Roll::Commit(at) => roll::commit(session, &Workspace::new(at.dir), &at.secret),
        Roll::Halves { dir, secret, role } => roll::halves(session, &Workspace::new(dir), &secret, half_role(role)),
        Roll::Mix(at) => mix::mix(session, &Workspace::new(at.dir), &at.secret),
        Roll::List(dir) => mix::list(session, &Workspace::new(dir.dir)),
        Roll::Destroy { dir, secret, role, outbox, accounts } => {
            let held = match role {
                Issuer::Registrar => outbox,
                Issuer::Server => accounts.into_iter().collect(),
            };
            destroy::destroy(session, &Workspace::new(dir), &secret, half_role(role), &held)
        }
        Roll::Resend { dir, secret, user, requests, outbox } => {
            let asked = requests.as_deref().map_or(accounts::Asked::Users(&user), accounts::Asked::File);
            accounts::resend(session, &Workspace::new(dir), &secret, asked, &outbox)
        }
        Roll::Accounts { dir, secret, role: Issuer::Registrar, outbox, .. } => {
            accounts::registrar(session, &Workspace::new(dir), &secret, &outbox.unwrap_or_default())
        }
        Roll::Accounts { dir, secret, role: Issuer::Server, package, out, .. } => {
            let (package, out) = (package.unwrap_or_default(), out.unwrap_or_default());
            accounts::server(session, &Workspace::new(dir), &secret, &package, &out)
        }
    }
}

fn run_box(session: &mut Session<'_>, command: BallotBox) -> Result<Report> {
    match command {
        BallotBox::Open(at) => ballot_box::open(session, &Workspace::new(at.dir), &at.secret),
        BallotBox::Export { dir, spool, secret, board } => {
            let (file, log) = (spool.unwrap_or_default(), secret.unwrap_or_default());
            let from = match &board {
                Some(folder) => ballot_box::From::Board(folder),
                None => ballot_box::From::Spool { file: &file, log: &log },
            };
            ballot_box::export(session, &Workspace::new(dir), from)
        }
        BallotBox::Participation { dir, secret, marked, voters } => {
            ballot_box::participation(session, &Workspace::new(dir), &secret, &marked, &voters)
        }
        BallotBox::Cosign(at) => ballot_box::cosign(session, &Workspace::new(at.dir), &at.secret),
        BallotBox::Hash(dir) => ballot_box::hash(session, &Workspace::new(dir.dir)),
    }
}

fn run_count(session: &mut Session<'_>, command: Count) -> Result<Report> {
    match command {
        Count::Aggregate(dir) => count::aggregate(session, &Workspace::new(dir.dir)),
        Count::Lottery(dir) => lottery::lottery(session, &Workspace::new(dir.dir)),
        Count::Decrypt(at) => count::decrypt(session, &Workspace::new(at.dir), &at.secret),
        Count::Combine(dir) => count::combine(session, &Workspace::new(dir.dir)),
    }
}

fn run_writein(session: &mut Session<'_>, command: Writein) -> Result<Report> {
    match command {
        Writein::Order { dir, secret: None } => writein::order(session, &Workspace::new(dir)),
        Writein::Order { dir, secret: Some(secret) } => writein::sign_order(session, &Workspace::new(dir), &secret),
        Writein::Mix(at) => writein::mix(session, &Workspace::new(at.dir), &at.secret),
        Writein::Decrypt(at) => writein::decrypt(session, &Workspace::new(at.dir), &at.secret),
        Writein::Report(dir) => writein::report(session, &Workspace::new(dir.dir)),
    }
}

fn run_acta(session: &mut Session<'_>, command: Acta) -> Result<Report> {
    match command {
        Acta::Build(dir) => acta::build(session, &Workspace::new(dir.dir)),
        Acta::Sign(at) => acta::sign(session, &Workspace::new(at.dir), &at.secret),
        Acta::Render(dir) => acta::render(session, &Workspace::new(dir.dir)),
        Acta::Entity { dir, postal } => acta::entity(session, &Workspace::new(dir), &postal),
    }
}

fn run_act(session: &mut Session<'_>, command: Act) -> Result<Report> {
    match command {
        Act::Incident(dir) => acts::incident(session, &Workspace::new(dir.dir)),
        Act::Protest(dir) => acts::protest(session, &Workspace::new(dir.dir)),
        Act::Exception(dir) => acts::exception(session, &Workspace::new(dir.dir)),
        Act::Note(dir) => acts::note(session, &Workspace::new(dir.dir)),
    }
}
