//! Before the first ballot: registration, manifest, roll, credentials, keys, opening.

use escrutinio_ceremony::commands::{accounts, ballot_box, custodian, election, key, mix, official, roll};
use escrutinio_ceremony::draft;
use escrutinio_ceremony::person::Role;
use escrutinio_core::credential::HalfRole;

use super::attended::Attended;
use super::people;
use super::stage::{Stage, custodian as custodian_name};
use crate::shell::Failure;

/// The registrar.
pub(crate) const REGISTRAR: &str = "Registro";
/// The casting server.
pub(crate) const SERVER: &str = "Servidor";
/// The board's log; its name begins the origin of every checkpoint.
pub(crate) const LOG: &str = "tablero.example/demo";
/// The parties' witnesses.
pub(crate) const WITNESSES: [&str; 3] = ["testigo-a.example", "testigo-b.example", "testigo-c.example"];
/// Seals the accounts on their way from registrar to server.
pub(crate) const TRANSFER: &str = "traslado de cuentas";

fn how_many_custodians(election: &str) -> u32 {
    if election == "escuela" { 3 } else { 5 }
}

/// Everybody registers a signing key; the manifest is drafted, checked, previewed and frozen.
pub(crate) fn prepare(stage: &mut Stage) -> Result<(), Failure> {
    stage.screen.step(
        "Cada quien registra su clave; el manifiesto se congela",
        "Everyone registers a key; the manifest is frozen",
    );
    stage.now = 1_636_000_000;
    let custodians = how_many_custodians(&stage.election);
    let mut people: Vec<(Role, String)> = (1..=custodians).map(|n| (Role::Custodian, custodian_name(n))).collect();
    people.push((Role::Registrar, REGISTRAR.to_owned()));
    people.push((Role::Server, SERVER.to_owned()));
    people.push((Role::Log, LOG.to_owned()));
    people.extend(WITNESSES.iter().map(|name| (Role::Witness, (*name).to_owned())));
    let bar = stage.screen.bar(u64::try_from(people.len()).unwrap_or(0), "claves", "keys");
    let mut cards = Vec::new();
    for (role, name) in people {
        let secret = stage.secret(&name);
        let card = stage.private(&format!("{}.card.toml", cards.len()));
        stage.act(&name, "", |session, _| official::register(session, role, &secret, Some(&card)))?;
        cards.push(card);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let source = match stage.election.as_str() {
        file if file.ends_with(".toml") => election::Source::File(file.into()),
        template => election::Source::Template(template.to_owned()),
    };
    stage.act("Autoridad", "", |session, workspace| election::new(session, workspace, &source, &cards))?;
    adapt(stage)?;
    stage.act("Autoridad", "", |_, workspace| election::check(workspace, None))?;
    let frozen = stage.act("Autoridad", "", election::freeze)?;
    let manifest = stage.manifest()?;
    stage.screen.figure("elección", "election", &manifest.title);
    stage.screen.figure(
        "opciones",
        "options",
        manifest.contests.iter().map(|c| c.options.len().to_string()).collect::<Vec<_>>().join(", "),
    );
    stage.screen.figure("custodias", "custodians", format!("{} / {}", manifest.threshold, manifest.custodians.len()));
    stage.screen.figure(
        "huella del manifiesto",
        "manifest hash",
        frozen.get("manifest_hash").unwrap_or(&manifest.hash().to_string()),
    );
    Ok(())
}

/// What is other than in the template. The demonstration shows written-in names. By default a binding election keeps them sealed
/// (C-08 of the requirements); here the authority decides otherwise, before the manifest is frozen.
fn adapt(stage: &mut Stage) -> Result<(), Failure> {
    let path = stage.out.join("draft/election-01.toml");
    let draft = draft::read(&path).map_err(|error| Failure::new(error.to_string()))?;
    let mut changed = draft.clone();
    let sealed = changed.contests.iter_mut().filter(|contest| contest.write_in == "sealed");
    let disclosed = sealed.map(|contest| contest.write_in = "disclose".to_owned()).count();
    if let Some(attended) = &stage.attended {
        attended.adapt(&mut changed)?;
        stage.now = changed.calendar.start().map_err(|error| Failure::new(error.to_string()))?;
    }
    if changed == draft {
        return Ok(());
    }
    let file = stage.private("draft.toml");
    stage.write(&file, changed.to_text().as_bytes())?;
    let source = election::Source::File(file);
    stage.act("Autoridad", "", |session, workspace| election::new(session, workspace, &source, &[]))?;
    if disclosed == 0 {
        return Ok(());
    }
    stage.screen.figure(
        "nombres escritos",
        "written-in names",
        stage.screen.choose(
            "se mezclan y se publican (decisión de esta demostración; lo normal es que queden sellados)",
            "mixed and published (this demonstration's choice; by default they stay sealed)",
        ),
    );
    Ok(())
}

/// The roll is loaded and committed to; halves, lists and accounts are made.
pub(crate) fn roll(stage: &mut Stage) -> Result<(), Failure> {
    stage.screen.step(
        "La lista de votantes (personas sintéticas), credenciales y cuentas",
        "The roll (synthetic people), credentials and accounts",
    );
    let manifest = stage.manifest()?;
    let delivered = people::roll(&manifest, stage.voters, &mut stage.randomness.of("people", 0));
    let file = stage.private("roll.csv");
    stage.write(&file, delivered.as_bytes())?;
    let (registrar, server) = (stage.secret(REGISTRAR), stage.secret(SERVER));
    let site = stage.attended.as_ref().map_or_else(|| "https://voto.example/".to_owned(), Attended::url);
    let more = format!(
        "roll.document = Oficio de entrega (demostración)\nroll.delivered = {}\naccounts.site = {site}\n\
         accounts.help = INETEL (demostración)\naccounts.notice = lgipe\naccounts.transfer = {TRANSFER}\n",
        stage.voters
    );
    stage.now = manifest.calendar.roll_loaded;
    let delivery = roll::Delivery { file: &file, postal: None };
    stage.act(REGISTRAR, &more, |session, workspace| roll::load(session, workspace, &registrar, delivery))?;
    stage.now = manifest.calendar.addenda;
    stage.act(REGISTRAR, "", |session, workspace| roll::commit(session, workspace, &registrar))?;
    stage.act(REGISTRAR, "", |session, workspace| roll::halves(session, workspace, &registrar, HalfRole::Registrar))?;
    stage.act(SERVER, "", |session, workspace| roll::halves(session, workspace, &server, HalfRole::Server))?;
    let bar = stage.screen.bar(u64::from(manifest.credential_mixes), "mezclas", "mixes");
    for number in 1..=manifest.credential_mixes {
        let name = custodian_name(number);
        let secret = stage.secret(&name);
        stage.act(&name, "", |session, workspace| mix::mix(session, workspace, &secret))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    stage.act("Autoridad", "", mix::list)?;
    stage.now = manifest.calendar.accounts_sent.min(manifest.calendar.preparation);
    let outbox = stage.private("outbox");
    stage.act(REGISTRAR, &more, |session, workspace| accounts::registrar(session, workspace, &registrar, &outbox))?;
    let (package, sealed) = (outbox.join(accounts::PACKAGE), stage.private("server-accounts.sealed"));
    stage.act(SERVER, &more, |session, workspace| accounts::server(session, workspace, &server, &package, &sealed))?;
    stage.screen.figure("votantes", "voters", stage.voters);
    stage.screen.figure("listas de credenciales", "credential lists", manifest.lists.len());
    stage.screen.figure("mezclas de las listas", "mixes of the lists", manifest.credential_mixes);
    Ok(())
}

/// The key ceremony and the seal.
pub(crate) fn keys(stage: &mut Stage) -> Result<(), Failure> {
    stage.screen.step(
        "Ceremonia de llaves: nadie tiene nunca la llave entera",
        "Key ceremony: nobody ever holds the whole key",
    );
    let manifest = draft::read_frozen(&stage.workspace).map_err(|error| Failure::new(error.to_string()))?;
    stage.now = manifest.calendar.preparation;
    let custodians = u32::try_from(manifest.custodians.len()).unwrap_or(0);
    let bar = stage.screen.bar(u64::from(custodians).saturating_mul(5), "mensajes", "messages");
    for step in [custodian::commit, custodian::deal, custodian::check_shares, custodian::certify] {
        for number in 1..=custodians {
            let name = custodian_name(number);
            let secret = stage.secret(&name);
            stage.act(&name, "", |session, workspace| step(session, workspace, &secret))?;
            bar.inc(1);
        }
    }
    stage.act("Autoridad", "", key::combine)?;
    for number in 1..=custodians {
        let name = custodian_name(number);
        let secret = stage.secret(&name);
        stage.act(&name, "", |session, workspace| key::trial_part(session, workspace, &secret))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    stage.act("Autoridad", "", key::trial)?;
    let sealed = stage.act("Autoridad", "", election::seal)?;
    stage.screen.figure("llaves", "keys", manifest.slots().total());
    stage.screen.figure("identificador de la elección", "election id", sealed.get("election_id").unwrap_or_default());
    Ok(())
}

/// Opening: the log's key signs the zero report.
pub(crate) fn open(stage: &mut Stage) -> Result<(), Failure> {
    stage.screen.step("Apertura: el reporte en ceros", "Opening: the zero report");
    let (log, manifest) = (stage.secret(LOG), stage.manifest()?);
    stage.now = manifest.calendar.voting_start;
    let zero = stage.act(LOG, "", |session, workspace| ballot_box::open(session, workspace, &log))?;
    for line in zero.listing.unwrap_or_default().lines() {
        println!("    {line}");
    }
    Ok(())
}

/// Every witness signs the newest checkpoint.
pub(crate) fn cosign(stage: &mut Stage) -> Result<(), Failure> {
    for witness in WITNESSES {
        let secret = stage.secret(witness);
        stage.act(witness, "", |session, workspace| ballot_box::cosign(session, workspace, &secret))?;
    }
    stage.screen.figure("testigos que firmaron", "witnesses that signed", WITNESSES.len());
    Ok(())
}
