//! The program itself: killed in the middle of its work, started wrongly, asked how things stand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use core::time::Duration;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use common::{LogOf, Site, election, get, person, post, publish, read_reply, sealed, time_of};
use escrutinio_sealed::Kind;
use escrutinio_witness::Log;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_escrutinio-witness");

/// A folder with the sealed record, the witness's sealed key and its password.
struct Post(TempDir);

impl Post {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_record(&folder.path().join("record"));
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let key = folder.path().join("key");
        escrutinio_sealed::sealed::write(&mut rng, &key, Kind::SigningKey, "clave", &person().to_sealed()).unwrap();
        fs::write(folder.path().join("password"), "clave\n").unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(words).arg("--state").arg(self.path("state")).stdin(Stdio::null());
        command.env_remove("CREDENTIALS_DIRECTORY").env("LC_ALL", "C");
        command
    }

    fn run(&self, address: &str) -> Command {
        let mut command = self.command(&["run", "--listen", address]);
        command.arg("--record").arg(self.path("record")).arg("--key").arg(self.path("key"));
        command
    }

    fn with_password(&self, address: &str) -> Command {
        let mut command = self.run(address);
        command.arg("--password-file").arg(self.path("password"));
        command
    }

    /// Runs until it listens.
    fn start(&self) -> Running {
        let address = free();
        let mut child = self.with_password(&address).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listens = lines.by_ref().map_while(Result::ok).find(|line| line.ends_with(&address));
        assert!(listens.is_some(), "it ended: {:?}", child.wait());
        Running { child, address }
    }

    fn status(&self) -> Output {
        self.command(&["status", "--json"]).output().unwrap()
    }

    fn page(&self, log: Log, size: u64) -> PathBuf {
        self.path(&format!("state/{}/{}/{size:020}.txt", election().id, log.name()))
    }
}

fn write_record(folder: &Path) {
    for (path, bytes) in &sealed().files.0 {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A port that nobody uses.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

struct Running {
    child: Child,
    address: String,
}

impl Drop for Running {
    /// As kill -9 does it.
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Sends a request and kills the program as soon as the file is there, without reading an answer;
/// gives what had come until then.
fn kill_when_written(running: Running, body: &[u8], page: &Path) -> Option<u16> {
    let mut stream = TcpStream::connect(&running.address).unwrap();
    let head = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let began = Instant::now();
    while !page.exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "nothing was written");
    }
    drop(running);
    read_reply(&mut stream).map(|reply| reply.status)
}

#[test]
fn killed_between_disk_and_answer() {
    let post_of = Post::new();
    let mut unanswered = 0;
    for log in [LogOf::new(Log::Acts, 60, "a"), LogOf::new(Log::Board, 60, "b")] {
        // The example's reception ended long ago, so the board is signed once, as its closing.
        let rounds = if log.log == Log::Board { 1 } else { 4 };
        let mut old = 0;
        for new in (1..).step_by(11).take(rounds) {
            let page = post_of.page(log.log, new);
            let status = kill_when_written(post_of.start(), &log.body(old, new), &page);
            assert!(status.is_none_or(|status| status == 200));
            unanswered += usize::from(status.is_none());

            let running = post_of.start();
            // The same request finds the witness there already; asked from there, it signs the same again.
            let again = post(&running.address, &log.body(old, new));
            assert_eq!((again.status, again.body.as_str()), (409, format!("{new}\n").as_str()));
            let again = post(&running.address, &log.body(new, new));
            assert_eq!(again.status, 200, "{}", again.body);
            assert!(time_of(&log, new, &again.body) > 1_700_000_000);
            assert_eq!(post_of.status().status.code(), Some(0));
            // Another head of this size it refuses.
            let fork = log.forked(0, "f");
            assert_eq!(post(&running.address, &fork.body(new, new)).status, 409);
            assert_eq!(post_of.status().status.code(), Some(1));
            fs::create_dir_all(post_of.path("state/answered")).unwrap();
            for entry in fs::read_dir(post_of.path("state")).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "txt") {
                    fs::rename(&path, post_of.path("state/answered").join(path.file_name().unwrap())).unwrap();
                }
            }
            old = new;
        }
    }
    eprintln!("{unanswered} of 5 requests were written down and not answered");
    let running = post_of.start();
    let board = LogOf::new(Log::Board, 60, "b");
    assert_eq!(post(&running.address, &board.body(1, 2)).status, 410, "the closing is remembered");
    assert!(get(&running.address, "/status").body.contains("\"alarm\":true"));
}

#[test]
fn refuses_to_run() {
    let post_of = Post::new();
    let refused = |mut command: Command, says: &str| {
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    };
    // The same in both languages, as asked.
    let broken = post_of.path("record/credentials/lists.bin");
    let honest = fs::read(&broken).unwrap();
    let mut changed = honest.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(&broken, changed).unwrap();
    refused(post_of.with_password(&free()), "el expediente sellado no se sostiene: C5.1");
    let mut english = post_of.with_password(&free());
    english.args(["--lang", "en"]);
    refused(english, "the sealed record does not hold: C5.1");
    fs::write(&broken, honest).unwrap();

    fs::write(post_of.path("password"), "otra\n").unwrap();
    refused(post_of.with_password(&free()), "contraseña equivocada");
    fs::write(post_of.path("password"), "clave\n").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    refused(post_of.with_password(&taken.local_addr().unwrap().to_string()), "no se puede escuchar");
    refused(post_of.command(&["run", "--listen", "127.0.0.1:1"]), "--record");
    let running = post_of.start();
    refused(post_of.with_password(&free()), "otro proceso");
    drop(running);
    // The password from the service manager.
    fs::create_dir(post_of.path("credentials")).unwrap();
    fs::rename(post_of.path("password"), post_of.path("credentials/password")).unwrap();
    let address = free();
    let mut child = post_of
        .run(&address)
        .env("CREDENTIALS_DIRECTORY", post_of.path("credentials"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let listens = lines.any(|line| line.ends_with(&address));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(listens);
}

#[test]
fn status_of_a_folder() {
    let post_of = Post::new();
    assert_eq!(post_of.status().status.code(), Some(2), "no such folder");
    fs::create_dir(post_of.path("state")).unwrap();
    assert_eq!(post_of.status().status.code(), Some(0));
    fs::write(post_of.path("state/alarm-001.txt"), "escrutinio/alarm/v1\nkind fork\n").unwrap();
    let output = post_of.status();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"kind\":\"fork\""));
    let output = post_of.command(&["status", "--lang", "en"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("ALARM: fork, alarm-001.txt"));
}

fn follow(url: &str, folder: &Path, once: &[&str]) -> (Option<i32>, String, String) {
    let record = folder.join("record");
    write_record(&record);
    let mut command = Command::new(PROGRAM);
    command
        .args(["follow", url, "--once"])
        .args(once)
        .arg("--record")
        .arg(record)
        .arg("--state")
        .arg(folder.join("seen"));
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_program_follows_over_http() {
    let site = Site::default();
    let (board_log, acts_log) = (LogOf::new(Log::Board, 9, "b"), LogOf::new(Log::Acts, 9, "a"));
    let time = election().end - 5000;
    site.board(&board_log.cosigned(3, &[time, time]));
    site.acts(&acts_log, 3);
    let url = publish(site.clone());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (code, stdout, stderr) = follow(&url, folder, &["--json"]);
    assert_eq!(code, Some(0), "{stderr}");
    let lines: Vec<serde_json::Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [board, acts] = lines.as_slice() else { panic!("{stdout}") };
    assert_eq!((&board["log"], &board["seen"], &board["size"]), (&"board".into(), &"good".into(), &3.into()));
    assert_eq!((&board["witnesses"], &board["quorum"]), (&2.into(), &2.into()));
    assert_eq!((&acts["log"], &acts["seen"], &acts["new"]), (&"acts".into(), &"good".into(), &true.into()));

    let (code, stdout, _) = follow(&url, folder, &["--lang", "es"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("board: tamaño 3, testigos que responden: 2 de 2"), "{stdout}");
    // A redirection is not followed.
    let (code, _, stderr) = follow(&format!("{url}moved"), folder, &["--lang", "en"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("board: could not be checked"), "{stderr}");

    site.board(&board_log.forked(1, "f").checkpoint(3));
    let (code, _, stderr) = follow(&url, folder, &[]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("ALARMA (board)") && stderr.contains("ALARM (board)"), "{stderr}");
    // An alarm stays one when the log behaves again.
    site.board(&board_log.checkpoint(4));
    assert_eq!(follow(&url, folder, &[]).0, Some(1));
    let (code, _, stderr) = follow("http://urna.example", folder, &[]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("https"), "{stderr}");
}
