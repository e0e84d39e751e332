//! The program as people start it: its commands, what they print, and its end.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use escrutinio_sealed::{Kind, sealed};
use escrutinio_server::testing::{Databases, Fixture, OBSERVER, PASSWORD, Site};
use serde_json::Value;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_escrutinio-server"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

struct Host {
    site: Site,
    accounts: PathBuf,
    _fixture: Fixture,
}

impl Host {
    /// A host whose clock says that voting has begun.
    async fn new() -> Self {
        let fixture = Fixture::small(Databases::sqlite(), 12).await;
        let site = Site::new(&fixture.rehearsal);
        let config = std::fs::read_to_string(site.path("server.toml")).unwrap();
        site.write("server.toml", &format!("{config}[rehearsal]\nclock_file = \"offset\"\n"));
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        site.write("offset", &(fixture.schedule().voting_start + 10 - now).to_string());
        for name in ["Olga", "Aura"] {
            let content = Site::person(name).to_sealed();
            let path = site.path(&format!("{name}.key"));
            sealed::write(&mut escrutinio_server::random::system(), &path, Kind::SigningKey, PASSWORD, &content)
                .unwrap();
        }
        let accounts = site.seal_accounts();
        Self { site, accounts, _fixture: fixture }
    }

    /// Another election.
    async fn other() -> Fixture {
        Fixture::several(Databases::sqlite(), 2).await
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = program();
        command.args(words).arg("--config").arg(self.site.path("server.toml"));
        command.arg("--passwords").arg(self.site.path("passwords"));
        command
    }

    fn init(&self) -> Output {
        self.command(&["init"]).arg("--accounts").arg(&self.accounts).output().unwrap()
    }

    /// The program, once it says where it listens: voters, admin.
    fn run(&self) -> (Child, String, String) {
        let mut child = self.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = |name: &str| {
            let Some(Ok(line)) = lines.next() else { panic!("{name}: it does not start") };
            line.strip_prefix(name).unwrap().trim().to_owned()
        };
        let (voters, admin) = (line("voters"), line("admin"));
        (child, voters, admin)
    }

    fn desk(&self, url: &str, who: &str, words: &[&str]) -> Output {
        let mut command = program();
        command.args(["desk", "--url", url, "--password-file"]).arg(self.site.path("passwords/keys-password"));
        command.arg("--key").arg(self.site.path(&format!("{who}.key"))).args(words).output().unwrap()
    }
}

fn terminate(child: &Child) {
    let done = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(done.success());
}

#[tokio::test]
async fn from_init_to_the_end_of_a_run() {
    let host = Host::new().await;
    let refused = host.command(&["run"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(said(&refused).contains("keys.sealed: not there; `init` makes it"), "{}", said(&refused));

    let checked = host.command(&["check-config"]).output().unwrap();
    assert!(checked.status.success() && said(&checked).contains("REHEARSAL"), "{}", said(&checked));
    let loaded = host.init();
    assert!(loaded.status.success(), "{}", said(&loaded));
    assert!(said(&loaded).contains("accounts   12, of which 12 were loaded now"), "{}", said(&loaded));
    assert!(said(&host.init()).contains("accounts   12, of which 0 were loaded now"));

    let (mut child, voters, admin) = host.run();
    let again = host.command(&["run"]).output().unwrap();
    assert!(said(&again).contains("in use by another program"), "{}", said(&again));

    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let election: Value = client.get(format!("{voters}/api/v1/election")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&election["rehearsal"], election["phase"].as_str()), (&Value::Bool(true), Some("loaded")));
    let monitor =
        client.get(format!("{voters}/monitor")).basic_auth(OBSERVER.0, Some(OBSERVER.1)).send().await.unwrap();
    assert!(monitor.text().await.unwrap().contains("SIMULACRO: EL RELOJ ESTÁ DESPLAZADO"));
    let acts = client.get(format!("{voters}/acts/tile/entries/000.p/1")).send().await.unwrap().text().await.unwrap();
    assert!(acts.contains("\nREHEARSAL the clock is moved\n"), "{acts}");

    let state = host.desk(&admin, "Olga", &["state"]);
    assert!(state.status.success() && said(&state).contains("etapa               loaded"), "{}", said(&state));
    let state = host.desk(&admin, "Aura", &["state", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&state.stdout).unwrap()["result"]["phase"], "loaded");
    // What takes two is signed for the election of the record that lies here, and when it was named.
    let config = host.site.path("server.toml");
    let config = config.to_str().unwrap();
    let refused = host.desk(&admin, "Olga", &["baseline"]);
    assert!(said(&refused).contains("baseline needs --record FOLDER"), "{}", said(&refused));
    let refused = host.desk(&admin, "Olga", &["baseline", "--config", config, "--yes", &"0".repeat(64)]);
    assert!(!refused.status.success() && said(&refused).contains("--yes names another hash"), "{}", said(&refused));
    let other = Site::new(&Host::other().await.rehearsal);
    let refused = host.desk(&admin, "Olga", &["baseline", "--record", other.path("record").to_str().unwrap()]);
    assert!(said(&refused).contains("another election than the record"), "{}", said(&refused));
    let refused = host.desk("http://192.0.2.1:8081", "Olga", &["state"]);
    assert!(said(&refused).contains("only https://, or http:// to this machine"), "{}", said(&refused));
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", elsewhere.local_addr().unwrap());
    let answer = format!("HTTP/1.1 307 Elsewhere\r\nLocation: {admin}/desk\r\nContent-Length: 0\r\n\r\n");
    std::thread::spawn(move || {
        for mut stream in elsewhere.incoming().flatten() {
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _ = std::io::Write::write_all(&mut stream, answer.as_bytes());
        }
    });
    assert!(!host.desk(&url, "Olga", &["state"]).status.success(), "nobody is sent elsewhere");
    let asked = said(&host.desk(&admin, "Olga", &["baseline", "--config", config]));
    let hash = asked.split("--yes ").nth(1).unwrap().split(' ').next().unwrap();
    let yes = ["baseline", "--config", config, "--yes", hash];
    let first = host.desk(&admin, "Olga", &[&yes[..], &["--english"]].concat());
    assert!(said(&first).contains("The other role has to sign the same within 30 minutes."), "{}", said(&first));
    let second = host.desk(&admin, "Aura", &yes);
    assert!(
        said(&second).contains("\nsigned authentication ") && said(&second).contains("page.html"),
        "{}",
        said(&second)
    );
    let check = host.desk(&admin, "Aura", &["check"]);
    assert!(said(&check).contains("Los componentes son los de la línea base."), "{}", said(&check));
    let told = host.desk(&admin, "Olga", &["incident", "operator", "Sin red en la sala"]);
    assert!(told.status.success(), "{}", said(&told));
    assert!(said(&host.desk(&admin, "Aura", &["incidents"])).contains("Sin red en la sala"));
    for (words, told) in [
        (&["resend"][..], "desk resend USER"),
        (&["dance"], "the desk has no act `dance`"),
        (&["unlock", "nobody"], "No existe."),
        (&["open", "now"], "takes no argument"),
    ] {
        let refused = host.desk(&admin, "Aura", words);
        assert!(!refused.status.success() && said(&refused).contains(told), "{}", said(&refused));
    }
    let asked = host.desk(&admin, "Aura", &["resend", "voter-3"]);
    assert!(asked.status.success(), "{}", said(&asked));
    let out = host.site.path("requests.sealed");
    let passwords = host.site.path("passwords");
    let listed = host.desk(
        &admin,
        "Aura",
        &["resends", "--out", out.to_str().unwrap(), "--passwords", passwords.to_str().unwrap()],
    );
    assert!(listed.status.success(), "{}", said(&listed));
    let content = sealed::read(&out, Kind::AccountUpdate, PASSWORD).unwrap();
    let requests = escrutinio_sealed::updates::parse_requests(&content).unwrap();
    assert_eq!((requests.len(), requests[0].user()), (1, "voter-3"));

    terminate(&child);
    let ended = child.wait().unwrap();
    assert!(ended.success(), "{ended}");
    // What was begun stays begun.
    let (mut child, _, admin) = host.run();
    assert!(said(&host.desk(&admin, "Olga", &["incidents"])).contains("Sin red en la sala"));
    terminate(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_is_no_command_is_told_how() {
    for words in [&["dance"][..], &["init"], &["run", "--speed", "3"], &["desk"], &["desk", "state"]] {
        let output = program().args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(said(&output).contains("escrutinio-server COMMAND"), "{}", said(&output));
    }
    let output = program().args(["observer", "Partido Dos"]).output().unwrap();
    assert!(output.status.success() && said(&output).contains("name = \"Partido Dos\""));
    let output = program().args(["check-config", "--config", "/nowhere/server.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("/nowhere/server.toml"), "{}", said(&output));
}
