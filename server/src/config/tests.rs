use super::*;

const EXAMPLE: &str = include_str!("../../server.example.toml");

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/escrutinio/server.toml"), text)
}

#[test]
fn the_example_is_what_it_says() {
    let config = parse(EXAMPLE).unwrap();
    assert_eq!(config.listen.voters.port(), 443);
    assert!(config.listen.tls.is_some());
    assert_eq!(config.witnesses.len(), 1);
    assert!(matches!(&config.mail, Mail::Smtp(smtp) if smtp.port == 465 && smtp.security == SmtpSecurity::Tls));
    assert!(matches!(&config.sms, Sms::Gateway(_)));
    assert_eq!(config.keys_file(), Path::new("/var/lib/escrutinio/keys.sealed"));
}

/// Every line that says its default says the truth.
#[test]
fn defaults_are_those_of_the_example() {
    let lines = EXAMPLE.lines().filter(|line| line.starts_with('[') || !line.contains(" # "));
    let without: String = lines.flat_map(|line| [line, "\n"]).collect();
    let (with, without) = (parse(EXAMPLE).unwrap(), parse(&without).unwrap());
    assert_eq!(format!("{with:?}"), format!("{without:?}"));
    let stated = EXAMPLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" # "));
    for (value, default) in stated {
        assert_eq!(value.split_once('=').unwrap().1.trim(), default.trim());
    }
}

#[test]
fn paths_are_relative_to_the_file() {
    let text = EXAMPLE.replace("/etc/escrutinio/record", "record").replace("sqlite:/var/lib/escrutinio/", "sqlite:");
    let config = parse(&text).unwrap();
    assert_eq!(config.record, Path::new("/etc/escrutinio/record"));
    assert_eq!(config.databases.roll, "sqlite:/etc/escrutinio/roll.db");
}

/// Every change is refused with its line and key.
#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    let line_of = |start: &str| EXAMPLE.lines().position(|line| line.starts_with(start)).unwrap() + 1;
    for (start, instead, named) in [
        ("data", "dat = \"x\"", "unknown field `dat`"),
        ("connections ", "conections = 3", "unknown field `conections`"),
        ("minutes", "minutes = 1441", "`epochs.minutes` is not between"),
        ("minutes", "minutes = -1", "invalid value"),
        ("minutes", "minutes = 14", "`epochs.minutes` is not between"),
        ("ballots", "ballots = 255", "`epochs.ballots`"),
        ("voters", "voters = \"443\"", "`listen.voters` is no address"),
        ("admin", "admin = \"0.0.0.0:8081\"", "`listen.admin` is not on loopback"),
        ("origins", "origins = [\"http://voto.example\"]", "`listen.origins`"),
        ("origins", "origins = [\"https://voto.example/\"]", "`listen.origins`"),
        ("origins", "origins = [\"*\"]", "`listen.origins`"),
        ("roll", "roll = \"mysql://x\"", "`databases.roll` is neither"),
        ("roll", "roll = \"postgres://a:b@h/roll\"", "`databases.roll` holds a password"),
        ("roll", "roll = \"postgres://a@h/roll?sslmode=verify-full&password=b\"", "`databases.roll` holds a password"),
        ("roll", "roll = \"postgres://localhost/roll\"", "`databases.roll` is neither"),
        ("roll", "roll = \"postgres:///roll\"", "`databases.roll` is neither"),
        ("box", "box = \"sqlite:/var/lib/escrutinio/roll.db\"", "`databases.box` is the roll's"),
        ("box", "box = \"postgres://a@localhost/box\"", "`databases.box` is of another kind"),
        ("url = \"https://testigo", "url = \"http://testigo.example\"", "`witness.url`"),
        ("kind = \"smtp", "kind = \"pigeon\"", "`mail.kind` is neither"),
        ("security", "security = \"none\"", "`mail.security` is \"none\""),
        ("from", "from = \"nobody\"", "`mail.from`"),
        ("wrong_tries", "wrong_tries_per_minute = 0", "`access.wrong_tries_per_minute`"),
        ("kind = \"http", "kind = \"smoke\"", "`sms.kind` is neither"),
        ("body", "body = \"{text}\"", "`sms.body` lacks"),
        ("request_seconds", "request_seconds = 0", "`limits.request_seconds`"),
        ("[limits]", "[limits", "unclosed table"),
    ] {
        let line = EXAMPLE.lines().find(|line| line.starts_with(start)).unwrap();
        let error = parse(&EXAMPLE.replacen(line, instead, 1)).unwrap_err().to_string();
        assert!(error.contains(named), "{instead}: {error}");
        assert!(error.contains(&format!("server.toml, line {}:", line_of(start))), "{instead}: {error}");
    }
}

/// Whoever sits on the line reads every person and every mark, or answers in the database's place.
#[test]
fn a_database_of_another_machine_is_reached_by_tls_that_is_verified() {
    let with = |more: &str| {
        let lines = EXAMPLE.lines().map(|line| match line.split_once(" = \"sqlite:") {
            Some((name @ ("roll" | "box"), _)) => format!("{name} = \"postgres://a@{more}&application_name={name}\"\n"),
            _ => format!("{line}\n"),
        });
        parse(&lines.collect::<String>())
    };
    for good in [
        "10.0.0.5/x?sslmode=verify-full",
        "db.example:5433/x?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "127.0.0.1:5432/x?sslmode=disable",
        "[::1]/x?sslmode=prefer",
        "localhost/x?host=/run/postgresql",
        "%2Frun%2Fpostgresql/x?sslmode=prefer",
    ] {
        assert!(with(good).is_ok(), "{good}: {:?}", with(good).unwrap_err());
    }
    for (bad, why) in [
        ("10.0.0.5/x?sslmode=require", "lacks sslmode=verify-full"),
        ("db.example/x?sslrootcert=/etc/ca.pem", "lacks sslmode=verify-full"),
        ("localhost/x?host=db.example", "`host` that is not taken"),
        ("localhost/x?hostaddr=10.0.0.5", "`hostaddr` that is not taken"),
        ("db.example/x?sslmode=verify-full&sslmode=disable", "or twice"),
        ("db.example/x?sslmode=verify-full&ssl-mode=disable", "`ssl-mode` that is not taken"),
    ] {
        let error = with(bad).unwrap_err().to_string();
        assert!(error.contains("`databases.roll`") && error.contains(why), "{bad}: {error}");
    }
}

#[test]
fn without_tls_only_on_loopback_or_behind_a_proxy() {
    let start = EXAMPLE.find("certificate").unwrap();
    let end = EXAMPLE.find("# Without TLS").unwrap();
    let plain = |voters: &str, more: &str| {
        let text = format!("{}plain = true\n{more}\n{}", &EXAMPLE[..start], &EXAMPLE[end..]);
        parse(&text.replace("0.0.0.0:443", voters))
    };
    assert!(plain("127.0.0.1:80", "").unwrap().listen.tls.is_none());
    assert!(plain("[::1]:80", "").is_ok());
    assert!(plain("0.0.0.0:80", "proxies = [\"10.0.0.0/8\"]").is_ok());
    let error = plain("0.0.0.0:80", "").unwrap_err().to_string();
    assert!(error.contains("`listen.plain` is for loopback"), "{error}");
    let error = plain("127.0.0.1:80", "certificate = \"c\"\nkey = \"k\"").unwrap_err().to_string();
    assert!(error.contains("`listen.plain` is set, and so is"), "{error}");
    let neither = EXAMPLE.lines().filter(|line| !line.starts_with("certificate")).collect::<Vec<_>>().join("\n");
    let error = parse(&neither).unwrap_err().to_string();
    assert!(error.contains("`listen.certificate` and `listen.key` go together"), "{error}");
}

#[test]
fn a_moved_clock_is_for_rehearsals() {
    let text = format!("{EXAMPLE}\n[rehearsal]\nclock_file = \"offset\"\n");
    let parsed = parse(&text);
    if cfg!(feature = "rehearsal") {
        assert_eq!(parsed.unwrap().rehearsal.unwrap().clock, Path::new("/etc/escrutinio/offset"));
    } else {
        let error = parsed.unwrap_err().to_string();
        assert!(error.contains("`rehearsal` moves the clock"), "{error}");
    }
}
