//! `desk`: what a member of staff types. Every request is signed here, by the key of who asks; the key never leaves
//! this program.

mod print;
mod trust;

use std::path::Path;

use escrutinio_core::ids::ElectionId;
use escrutinio_sealed::updates::{Request, requests_to_lines};
use escrutinio_sealed::{Kind, Person, parse_hex, sealed};
use escrutinio_server::desk::incident::{IncidentEntry, Level};
use escrutinio_server::desk::{DeskAct, DeskRequest};
use serde_json::Value;

use super::{Failure, Options, fault, runtime, say};

/// Largest document that is sent.
const DOCUMENT: u64 = 1 << 19;

/// What the server says before anybody signs.
#[derive(serde::Deserialize)]
struct Greeting {
    election: String,
    title: String,
    binding: bool,
    phase: String,
    now: i64,
}

struct Client {
    http: reqwest::Client,
    url: String,
}

pub(super) fn run(options: &Options, words: &[&str]) -> Result<(), Failure> {
    let [act, arguments @ ..] = words else { return Err(Failure::Usage("which act?".to_owned())) };
    let act = DeskAct::parse(act).ok_or_else(|| Failure::Usage(format!("the desk has no act `{act}`")))?;
    runtime()?.block_on(ask(options, act, arguments))
}

fn open(key: &Path, password: Option<&Path>) -> Result<Person, Failure> {
    let question = format!("{}: contraseña / password:", key.display());
    Ok(Person::open(key, &escrutinio_sealed::read_password("desk-password", password, &question)?)?)
}

async fn ask(options: &Options, act: DeskAct, words: &[&str]) -> Result<(), Failure> {
    let missing = || Failure::Usage("--key FILE is missing".to_owned());
    let key = options.key.as_deref().ok_or_else(missing)?;
    let client = Client::new(options.url.as_deref().unwrap_or("http://127.0.0.1:8081"))?;
    let greeting: Greeting = serde_json::from_value(client.get("/desk").await?)?;
    let election = parse_hex::<32>(&greeting.election).map(ElectionId).ok_or_else(|| fault("no election id"))?;
    let local = trust::local(options)?;
    if local.as_ref().is_some_and(|local| local.election != election || local.binding != greeting.binding) {
        return Err(fault("the server is that of another election than the record"));
    }
    trust::demand_time(greeting.now)?;
    if !options.json {
        let binding = if greeting.binding { "" } else { " (NO VINCULANTE / NOT BINDING)" };
        say(&format!("{}{binding}\n{}  {}\n\n", greeting.title, greeting.election, greeting.phase))?;
    }
    let arguments = arguments(options, &client, &greeting, act, words).await?;
    if act.needs_both() {
        let missing = || Failure::Usage(format!("{act} needs --record FOLDER or --config FILE: whose election is it?"));
        trust::confirm(options, local.as_ref().ok_or_else(missing)?, act, &arguments)?;
    }
    let person = open(key, options.password_file.as_deref())?;
    // The time of the server counts: theirs are the clocks that are watched. It is asked for anew, as a person may
    // have taken a while.
    let greeting: Greeting = serde_json::from_value(client.get("/desk").await?)?;
    trust::demand_time(greeting.now)?;
    let mut request = DeskRequest::sign(&person, &election, act, &arguments, greeting.now);
    if act == DeskAct::DestroyBoxKey && !options.held {
        let question = "keys.sealed: contraseña / password:";
        let password =
            escrutinio_sealed::read_password("keys-password", options.keys_password_file.as_deref(), question)?;
        request.password = Some(password.to_string());
    }
    let answer = client.post("/desk", &serde_json::to_value(&request)?).await?;
    if let Some(out) = &options.out {
        write_out(out, act, &answer, options)?;
    }
    if options.json {
        return say(&format!("{}\n", serde_json::to_string_pretty(&answer)?));
    }
    say(&print::answer(act, &answer, options.english))
}

/// What an act wants to know, from what was typed.
async fn arguments(
    options: &Options,
    client: &Client,
    greeting: &Greeting,
    act: DeskAct,
    words: &[&str],
) -> Result<String, Failure> {
    let usage = |what: &str| Failure::Usage(format!("desk {act} {what}"));
    match (act, words) {
        (DeskAct::Unlock | DeskAct::Resend | DeskAct::Authenticator, [user]) => Ok((*user).to_owned()),
        (DeskAct::Unlock | DeskAct::Resend | DeskAct::Authenticator, _) => Err(usage("USER")),
        (DeskAct::Publish, [hash]) => Ok((*hash).to_owned()),
        (DeskAct::Publish, _) => Err(usage("SHA-256 of the record's SHA256SUMS")),
        (DeskAct::Close, [file]) => document(Path::new(file)),
        (DeskAct::Close, _) => Err(usage("FILE with the text of the exception")),
        (DeskAct::Links, [file]) => package(Path::new(file), options),
        (DeskAct::Links, _) => Err(usage("PACKAGE of the registrar")),
        (DeskAct::Incident, [level, text]) => incident(options.number, level, text),
        (DeskAct::Incident, _) => Err(usage("[--number N] operator|administrator|coordinator|advisory|closed TEXT")),
        (DeskAct::Wipe, [election]) if *election == greeting.election => Ok(greeting.election.clone()),
        (DeskAct::Wipe, _) => Err(usage("ELECTION-ID: everything of it is removed")),
        (DeskAct::Baseline, []) => {
            let components = client.get("/desk/components").await?;
            let text = components.get("text").and_then(Value::as_str).unwrap_or_default();
            if !options.json {
                say(&format!("{text}\n"))?;
            }
            Ok(components.get("hash").and_then(Value::as_str).unwrap_or_default().to_owned())
        }
        (_, []) => Ok(String::new()),
        _ => Err(usage("takes no argument")),
    }
}

fn document(file: &Path) -> Result<String, Failure> {
    if std::fs::metadata(file)?.len() > DOCUMENT {
        return Err(fault("the document is too long"));
    }
    Ok(std::fs::read_to_string(file)?)
}

fn package(file: &Path, options: &Options) -> Result<String, Failure> {
    let password = options.passwords().get(escrutinio_server::passwords::PasswordName::Package)?;
    let content = sealed::read(file, Kind::AccountUpdate, &password)?;
    String::from_utf8(content.to_vec()).map_err(|_| fault("the package is no text"))
}

fn incident(number: Option<u32>, level: &str, text: &str) -> Result<String, Failure> {
    let level = serde_json::from_value::<Level>(level.into()).map_err(|_| {
        Failure::Usage("a level is operator, administrator, coordinator, advisory or closed".to_owned())
    })?;
    Ok(serde_json::to_string(&IncidentEntry { number, level, text: text.to_owned() })?)
}

/// Personal data and documents go to a file of their owner: requests for the registrar sealed, the rest as they are.
fn write_out(out: &Path, act: DeskAct, answer: &Value, options: &Options) -> Result<(), Failure> {
    let result = answer.get("result").unwrap_or(&Value::Null);
    let text = |name: &str| result.get(name).and_then(Value::as_str);
    if act == DeskAct::Resends {
        let lines = requests(result)?;
        let password = options.passwords().choose(escrutinio_server::passwords::PasswordName::Package)?;
        let mut rng = escrutinio_server::random::system();
        return Ok(sealed::write(&mut rng, out, Kind::AccountUpdate, &password, &lines)?);
    }
    match text("text") {
        Some(text) => Ok(escrutinio_sealed::files::write_secret(out, text.as_bytes())?),
        None => Ok(()),
    }
}

/// The content of a file of requests.
fn requests(result: &Value) -> Result<zeroize::Zeroizing<Vec<u8>>, Failure> {
    let all = result.get("requests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let request = |one: &Value| {
        let text = |name: &str| one.get(name).and_then(Value::as_str);
        Request::new(text("user")?, text("email"))
    };
    let requests: Option<Vec<Request>> = all.iter().map(request).collect();
    Ok(requests_to_lines(&requests.ok_or_else(|| fault("a request has no user name or no address"))?))
}

impl Client {
    fn new(url: &str) -> Result<Self, Failure> {
        trust::demand_private(url)?;
        // Who was first has chosen; both would choose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Nobody sends what was signed, or a password, elsewhere.
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned() })
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.answer(self.http.get(format!("{}{path}", self.url))).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.answer(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let answer = request.send().await?;
        let good = answer.status().is_success();
        let body: Value = answer.json().await?;
        if good {
            return Ok(body);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        Err(fault(&format!("{} {}", text("title"), text("detail"))))
    }
}
