//! A mail relay that does as it is told: it answers every message as its recipient's script says.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub, missing_docs, reason = "a test peer")]

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;

/// What happens to one try of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// This code after MAIL.
    Mail(u16),
    /// This code after RCPT.
    Rcpt(u16),
    /// This code after the content.
    Content(u16),
    /// The connection ends after RCPT.
    DropBeforeContent,
    /// The content is taken, and the connection ends without an answer.
    DropAfterContent,
    /// After RCPT nothing is said any more.
    HangBeforeContent,
    /// The content is taken, and nothing is said any more.
    HangAfterContent,
    /// 421 after RCPT, and the connection ends.
    Closing,
}

#[derive(Debug, Default)]
pub struct Seen {
    /// Messages whose content was taken, by recipient: however the answer was.
    pub taken: Vec<(String, String)>,
    pub connections: usize,
    pub hellos: Vec<String>,
}

type Scripts = BTreeMap<String, VecDeque<Act>>;

#[derive(Clone, Debug)]
pub struct Peer {
    pub port: u16,
    pub seen: Arc<Mutex<Seen>>,
    scripts: Arc<Mutex<Scripts>>,
}

impl Peer {
    /// Listens; what no script tells is answered with 250.
    pub fn start(scripts: &[(u32, &[Act])]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scripts = scripts.iter().map(|(n, acts)| (address(*n), acts.iter().copied().collect())).collect();
        let peer = Self {
            port: listener.local_addr().unwrap().port(),
            seen: Arc::default(),
            scripts: Arc::new(Mutex::new(scripts)),
        };
        let this = peer.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let this = this.clone();
                thread::spawn(move || this.converse(&stream.unwrap()));
            }
        });
        peer
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Numbers of the messages whose content was taken, in that order.
    pub fn taken(&self) -> Vec<u32> {
        let seen = self.seen.lock().unwrap();
        let number = |to: &str| to.trim_start_matches("voter").split('@').next().unwrap().parse().unwrap();
        seen.taken.iter().map(|(to, _)| number(to)).collect()
    }

    /// Waits until this is so.
    pub fn wait_for(&self, condition: impl Fn(&Seen) -> bool) {
        for _ in 0..1000 {
            if condition(&self.seen.lock().unwrap()) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("nothing came");
    }

    /// Adds to the script of a recipient; of all senders, where it is "*".
    pub fn script(&self, to: &str, act: Act) {
        self.scripts.lock().unwrap().entry(to.to_owned()).or_default().push_back(act);
    }

    fn act(&self, to: &str) -> Option<Act> {
        self.scripts.lock().unwrap().get_mut(to).and_then(VecDeque::pop_front)
    }

    fn look(&self, to: &str) -> Option<Act> {
        self.scripts.lock().unwrap().get(to).and_then(|acts| acts.front().copied())
    }

    fn converse(&self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let say = |text: &str| {
            let mut stream = stream;
            let _ = stream.write_all(format!("{text}\r\n").as_bytes());
        };
        self.seen.lock().unwrap().connections += 1;
        say("220 peer");
        let mut to = String::new();
        while let Some(line) = lines.next() {
            let verb = line.split(' ').next().unwrap().to_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    self.seen.lock().unwrap().hellos.push(line);
                    say("250-peer\r\n250 8BITMIME");
                }
                "MAIL" => match self.look("*") {
                    Some(Act::Mail(code)) => {
                        self.act("*");
                        say(&format!("{code} sender"));
                    }
                    _ => say("250 sender"),
                },
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap().to_owned();
                    match self.look(&to) {
                        Some(Act::Rcpt(code)) => {
                            self.act(&to);
                            say(&format!("{code} recipient"));
                        }
                        Some(Act::Closing) => {
                            self.act(&to);
                            say("421 closing");
                            break;
                        }
                        Some(Act::DropBeforeContent) => {
                            self.act(&to);
                            break;
                        }
                        Some(Act::HangBeforeContent) => {
                            self.act(&to);
                            self.seen.lock().unwrap().hellos.push("hanging".into());
                            thread::sleep(Duration::from_secs(30));
                            break;
                        }
                        _ => say("250 recipient"),
                    }
                }
                "DATA" => {
                    say("354 go on");
                    let content: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                    let act = self.act(&to);
                    self.seen.lock().unwrap().taken.push((to.clone(), content.join("\r\n")));
                    match act {
                        Some(Act::Content(code)) => {
                            // It says that it did not take it.
                            self.seen.lock().unwrap().taken.pop();
                            say(&format!("{code} content"));
                        }
                        Some(Act::DropAfterContent) => break,
                        Some(Act::HangAfterContent) => {
                            thread::sleep(Duration::from_secs(30));
                            break;
                        }
                        _ => say("250 taken"),
                    }
                }
                "QUIT" => {
                    say("221 bye");
                    break;
                }
                _ => say("250 well"),
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
    }
}

pub fn address(number: u32) -> String {
    format!("voter{number}@correo.example")
}

/// What may stand neither in the journal nor in a report.
pub const SECRET: &str = "https://voto.example/#canario.canario";

/// An outbox as the ceremony tool writes it.
pub fn outbox(folder: &Path, messages: u32) {
    fs::create_dir_all(folder.join("mail")).unwrap();
    let mut entities = String::new();
    for number in 1..=messages {
        let text = format!(
            "To: <{}>\r\nSubject: =?UTF-8?B?VHUgYWNjZXNv?=\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\
             Auto-Submitted: auto-generated\r\n\r\nVotante Canario {number}:\r\n\r\n{SECRET}\r\n.\r\nÑ\r\n",
            address(number)
        );
        fs::write(folder.join(format!("mail/{number:07}.eml")), text).unwrap();
        entities.push_str(&format!("{number:07} {}\n", if number % 2 == 0 { "Nayarit" } else { "Baja California" }));
    }
    fs::write(folder.join("entities.txt"), entities).unwrap();
    let package = hex(&sha256(&[b"package"]));
    let sent = format!(
        "escrutinio/accounts/v1\ngenerated {messages}\nuntil 2021-05-01T06:00:00Z\npackage {package}\nentity 1 Nayarit\n"
    );
    fs::write(folder.join("sent.txt"), sent).unwrap();
}
