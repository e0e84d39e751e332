//! Against a mail server that others wrote, over TLS and with a login: `server/tests/smtp.sh` installs
//! it and says where it is. Without it the test prints that it was skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

mod peer;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use peer::{SECRET, address, outbox};
use serde_json::Value;

const PYTHON: &str = "ESCRUTINIO_SMTP_PYTHON";

/// A certificate of an authority of our own for "localhost", by the system's `openssl`.
fn certificate(folder: &Path) -> [PathBuf; 3] {
    let path = |name: &str| folder.join(name);
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let new = |more: &[&str]| openssl(&[&["req", "-x509"][..], &key, more].concat());
    new(&["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Prueba"]);
    let extensions = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost"];
    let names = ["-keyout", "mx.key", "-out", "mx.pem", "-subj", "/CN=localhost", "-CA", "ca.pem", "-CAkey", "ca.key"];
    new(&[&names[..], &extensions].concat());
    [path("ca.pem"), path("mx.pem"), path("mx.key")]
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_of_others_takes_every_message_as_it_was_written() {
    let Some(python) = std::env::var_os(PYTHON) else {
        println!("skipped: {PYTHON} names no Python with aiosmtpd; server/tests/smtp.sh runs this test");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [authority, certificate, key] = certificate(folder.path());
    let sink = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sink.py");
    let mut command = Command::new(python);
    command.arg(sink).arg(certificate).arg(key).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Server(command.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let port: u16 = lines.next().unwrap().parse().unwrap();

    let mail = folder.path().join("outbox");
    outbox(&mail, 12);
    let send = |password: &str, authority: Option<&Path>| {
        fs::write(folder.path().join("password"), password).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_escrutinio-mailer"));
        command.arg("send").arg("--outbox").arg(&mail).args(["--rate", "100000", "--lang", "en", "--json"]);
        command.arg("--smtp").arg(format!("smtps://avisos@ine.example@localhost:{port}"));
        command.arg("--password-file").arg(folder.path().join("password"));
        if let Some(authority) = authority {
            command.arg("--ca").arg(authority);
        }
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = send("otra\n", Some(&authority));
    assert!(code == 2 && said.contains("refuses to take messages from us"), "{said}");
    assert!(!said.contains("otra"), "{said}");
    let (code, said) = send("clave-del-relé\n", Some(&authority));
    assert_eq!(code, 0, "{said}");
    assert_eq!(send("clave-del-relé\n", Some(&authority)).0, 0);

    let taken: Vec<Value> = lines.by_ref().take(12).map(|line| serde_json::from_str(&line).unwrap()).collect();
    for (message, number) in taken.iter().zip(1u32..) {
        let to = address(number);
        assert_eq!(message["envelope"], serde_json::json!(["avisos@ine.example", [to]]));
        assert_eq!((&message["user"], &message["host"]), (&"avisos@ine.example".into(), &"ine.example".into()));
        assert_eq!((&message["ascii"], &message["defects"]), (&true.into(), &serde_json::json!([])));
        let headers = &message["headers"];
        assert_eq!((&headers["To"], &headers["Subject"]), (&to.into(), &"Tu acceso".into()));
        assert!(headers["Date"].is_string() && headers["Message-ID"].as_str().unwrap().ends_with("@ine.example>"));
        let body = message["body"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!(body.trim_end(), format!("Votante Canario {number}:\n\n{SECRET}\n.\nÑ"));
    }
    drop(server);
    assert_eq!(lines.count(), 0, "no message a second time");
}

#[test]
fn a_server_with_a_certificate_of_nobodys_gets_nothing() {
    let Some(python) = std::env::var_os(PYTHON) else {
        println!("skipped: {PYTHON} names no Python with aiosmtpd; server/tests/smtp.sh runs this test");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [_, certificate, key] = certificate(folder.path());
    let sink = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sink.py");
    let mut command = Command::new(python);
    command.arg(sink).arg(certificate).arg(key).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Server(command.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let port: u16 = lines.next().unwrap().parse().unwrap();
    let from = "avisos@ine.example".parse().unwrap();
    let endpoint = escrutinio_mailer::relay::Endpoint::parse(&format!("smtps://localhost:{port}")).unwrap();
    let timeout = core::time::Duration::from_secs(5);
    let relay = escrutinio_mailer::relay::Relay::new(endpoint, None, None, &from, timeout).unwrap();
    let why = format!("{:?}", relay.connect().unwrap_err());
    assert!(why.contains("certificate") || why.contains("UnknownIssuer"), "{why}");
}
