//! `check-config`

use std::path::Path;

use escrutinio_server::config::{Mail, Sms};

use super::{Failure, Options, say};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config()?;
    let there = |path: &Path| if path.exists() { "" } else { "   (is not there)" };
    let mut text = String::new();
    let mut line = |name: &str, value: String| text.push_str(&format!("{name:<14}{value}\n"));
    for (name, path) in [
        ("data", &config.data),
        ("record", &config.record),
        ("staff", &config.staff),
        ("server key", &config.keys.server),
        ("log key", &config.keys.log),
        ("keys.sealed", &config.keys_file()),
    ] {
        line(name, format!("{}{}", path.display(), there(path)));
    }
    let listen = &config.listen;
    line("voters", format!("{} ({})", listen.voters, if listen.tls.is_some() { "TLS 1.3" } else { "plain" }));
    line("admin", listen.admin.to_string());
    line("origins", listen.origins.join(", "));
    line("roll", config.databases.roll.clone());
    line("box", config.databases.ballots.clone());
    line("epochs", format!("{} min, {} ballots", config.epochs.minutes, config.epochs.ballots));
    for witness in &config.witnesses {
        line("witness", format!("{} {}", witness.name, witness.url));
    }
    line(
        "mail",
        match &config.mail {
            Mail::Outbox(folder) => format!("files in {}", folder.display()),
            Mail::Smtp(smtp) => format!("{}:{}", smtp.host, smtp.port),
        },
    );
    line(
        "sms",
        match &config.sms {
            Sms::Outbox(folder) => format!("files in {}", folder.display()),
            Sms::Gateway(gateway) => gateway.url.clone(),
        },
    );
    for path in &config.components {
        line("component", format!("{}{}", path.display(), there(path)));
    }
    if let Some(rehearsal) = &config.rehearsal {
        line("REHEARSAL", format!("the clock is moved by {}", rehearsal.clock.display()));
        for folder in &rehearsal.pages {
            line("REHEARSAL", format!("pages of {}", folder.display()));
        }
    }
    say(&text)
}
