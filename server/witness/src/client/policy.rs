//! What an answer's header must say: the policy that keeps a page from loading, running or sending anything else.

/// A keyword, origin or scheme that a directive may have.
type Sources = &'static [&'static str];

/// Directives that say where something may come from, and what they may have at most. What no document of the page
/// needs may have nothing.
const FROM: &[(&str, Sources)] = &[
    ("default-src", &[]),
    ("script-src", &["'self'", "'wasm-unsafe-eval'"]),
    ("script-src-elem", &["'self'", "'wasm-unsafe-eval'"]),
    ("script-src-attr", &[]),
    ("worker-src", &["'self'"]),
    ("connect-src", &["'self'"]),
    ("style-src", &["'self'"]),
    ("style-src-elem", &["'self'"]),
    ("style-src-attr", &[]),
    ("img-src", &["'self'", "data:"]),
    ("base-uri", &[]),
    ("form-action", &[]),
    ("frame-ancestors", &[]),
    ("child-src", &[]),
    ("fenced-frame-src", &[]),
    ("font-src", &[]),
    ("frame-src", &[]),
    ("manifest-src", &[]),
    ("media-src", &[]),
    ("object-src", &[]),
    ("prefetch-src", &[]),
];

/// The same for what the host lays beside the page: it is data, so it runs nothing, and may have its style in itself.
const BESIDE: &[(&str, Sources)] = &[
    ("script-src", &[]),
    ("script-src-elem", &[]),
    ("worker-src", &[]),
    ("connect-src", &[]),
    ("style-src", &["'self'", "'unsafe-inline'"]),
    ("style-src-elem", &["'self'", "'unsafe-inline'"]),
    ("style-src-attr", &["'unsafe-inline'"]),
];

/// Directives that must be there, as nothing stands in for them.
const NEEDED: [&str; 4] = ["default-src", "base-uri", "form-action", "frame-ancestors"];

/// Directives that can only take something away.
const STRICTER: [&str; 5] =
    ["sandbox", "upgrade-insecure-requests", "block-all-mixed-content", "require-trusted-types-for", "trusted-types"];

/// What the policy must be, for people.
pub const DUE: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    connect-src 'self' <server> <record>; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Of what an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The page.
    Page,
    /// What the host lays beside it.
    Beside,
}

/// Where a page may come from and send to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The page's own.
    pub own: String,
    /// The server's and the record's, as far as they are others.
    pub others: Vec<String>,
}

/// The origin of an address.
#[must_use]
pub fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}").to_ascii_lowercase()
}

/// In what the policies of an answer are weaker than they must be: nothing, if one of them is no weaker, as a browser
/// obeys all.
#[must_use]
pub fn weaker(fields: &[String], kind: Kind, origins: &Origins) -> Vec<String> {
    let policies = fields.iter().flat_map(|field| field.split(','));
    let kinds: &[Kind] = if kind == Kind::Page { &[kind] } else { &[Kind::Beside, Kind::Page] };
    let faults = policies.flat_map(|policy| kinds.iter().map(move |kind| faults(policy, *kind, origins)));
    let faults = faults.min_by_key(Vec::len);
    faults.unwrap_or_else(|| vec!["content-security-policy".to_owned()])
}

/// What is missing or too much in one policy.
fn faults(policy: &str, kind: Kind, origins: &Origins) -> Vec<String> {
    let own: &[(&str, Sources)] = if kind == Kind::Beside { BESIDE } else { &[] };
    let mut faults = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for directive in policy.split(';') {
        let mut words = directive.split_ascii_whitespace();
        let Some(name) = words.next().map(str::to_ascii_lowercase) else { continue };
        // Of two of a name a browser takes the first.
        if seen.contains(&name) {
            continue;
        }
        if let Some((_, allowed)) = own.iter().chain(FROM).find(|(known, _)| *known == name) {
            for word in words.filter(|word| !allows(&name, allowed, word, origins)) {
                faults.push(format!("{name} {word}"));
            }
        } else if !STRICTER.contains(&name.as_str()) {
            faults.push(name.clone());
        }
        seen.push(name);
    }
    let missing = NEEDED.iter().filter(|name| !seen.iter().any(|seen| seen == *name));
    faults.extend(missing.map(|name| format!("{name} ?")));
    faults
}

fn allows(name: &str, allowed: Sources, word: &str, origins: &Origins) -> bool {
    let word = word.to_ascii_lowercase();
    // Beside others 'none' says nothing; the others are looked at themselves.
    if word == "'none'" || allowed.contains(&word.as_str()) {
        return true;
    }
    let of = |origin: &str| {
        let rest = word.strip_prefix(&origin.to_ascii_lowercase());
        !origin.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    allowed.contains(&"'self'") && of(&origins.own)
        || name == "connect-src" && origins.others.iter().any(|origin| of(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        let others = vec!["https://casilla.example".into(), "https://expediente.example".into()];
        Origins { own: "https://voto.example".into(), others }
    }

    fn good() -> String {
        DUE.replace("<server>", "https://casilla.example").replace("<record>", "https://expediente.example")
    }

    fn weak(policy: &str) -> Vec<String> {
        weaker(&[policy.to_owned()], Kind::Page, &origins())
    }

    #[test]
    fn as_it_must_be_or_stricter() {
        let good = good();
        assert_eq!(weak(&good), [""; 0]);
        for stricter in [
            good.replace(" https://expediente.example", ""),
            good.replace(
                "connect-src 'self'",
                "CONNECT-SRC https://VOTO.example 'self' https://casilla.example/api/v1/",
            ),
            good.replace("; style-src 'self'", "; style-src 'none'"),
            good.replace("worker-src 'self';", ""),
            format!("{good}; upgrade-insecure-requests; object-src 'none'; sandbox allow-scripts"),
            format!("  {good} ;; "),
            format!("default-src *, {good}"),
            format!("{good}; script-src 'unsafe-inline'"),
        ] {
            assert_eq!(weak(&stricter), [""; 0], "{stricter}");
        }
        assert_eq!(weaker(&["default-src *".into(), good], Kind::Page, &origins()), [""; 0], "a browser obeys both");
    }

    #[test]
    fn anything_weaker_is_named() {
        for (from, to, said) in [
            ("'wasm-unsafe-eval'", "'wasm-unsafe-eval' 'unsafe-inline'", "script-src 'unsafe-inline'"),
            ("'wasm-unsafe-eval'", "'unsafe-eval'", "script-src 'unsafe-eval'"),
            ("'wasm-unsafe-eval'", "'nonce-abc'", "script-src 'nonce-abc'"),
            ("'wasm-unsafe-eval'", "'strict-dynamic'", "script-src 'strict-dynamic'"),
            ("'wasm-unsafe-eval'", "https://casilla.example", "script-src https://casilla.example"),
            ("script-src 'self'", "script-src https:", "script-src https:"),
            ("script-src 'self'", "script-src *", "script-src *"),
            ("worker-src 'self'", "worker-src 'self' blob:", "worker-src blob:"),
            ("connect-src 'self'", "connect-src 'self' https://otro.example", "connect-src https://otro.example"),
            (
                "https://casilla.example",
                "https://casilla.example.otro.example",
                "connect-src https://casilla.example.otro.example",
            ),
            ("https://casilla.example", "http://casilla.example", "connect-src http://casilla.example"),
            ("style-src 'self'", "style-src 'unsafe-inline'", "style-src 'unsafe-inline'"),
            ("default-src 'none'", "default-src 'self'", "default-src 'self'"),
            ("default-src 'none'; ", "", "default-src ?"),
            ("base-uri 'none'; ", "", "base-uri ?"),
            ("form-action 'none'", "form-action https://otro.example", "form-action https://otro.example"),
            ("frame-ancestors 'none'", "x 'none'", "frame-ancestors ?"),
            ("frame-ancestors 'none'", "frame-ancestors 'none'; report-uri https://otro.example/", "report-uri"),
            ("frame-ancestors 'none'", "frame-ancestors 'none'; script-src-elem *", "script-src-elem *"),
            ("frame-ancestors 'none'", "frame-ancestors 'none'; frame-src *", "frame-src *"),
            ("script-src 'self'", "script-src 'none' https://otro.example", "script-src https://otro.example"),
        ] {
            let policy = good().replacen(from, to, 1);
            assert!(weak(&policy).contains(&said.to_owned()), "{policy}: {:?}", weak(&policy));
        }
        assert_eq!(weaker(&[], Kind::Page, &origins()), ["content-security-policy"]);
        assert!(!weak("").is_empty());
        let first = good().replace("script-src", "script-src 'unsafe-inline'; script-src");
        assert_eq!(weak(&first), ["script-src 'unsafe-inline'"], "the first of two counts");
    }

    #[test]
    fn what_lies_beside_runs_nothing() {
        let beside = |policy: &str| weaker(&[policy.to_owned()], Kind::Beside, &origins());
        let data = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                    frame-ancestors 'none'";
        for policy in [data, &good(), "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"]
        {
            assert_eq!(beside(policy), [""; 0], "{policy}");
        }
        assert_eq!(weak(data), ["style-src 'unsafe-inline'"], "the page itself has no such style");
        for more in ["script-src 'self'", "connect-src 'self'", "script-src-elem *", "worker-src blob:"] {
            assert_eq!(beside(&format!("{data}; {more}")), [more], "{more}");
        }
        assert!(!beside("").is_empty());
    }

    #[test]
    fn origins_of_addresses() {
        assert_eq!(origin("https://Voto.example/a/b?c#d"), "https://voto.example");
        assert_eq!(origin("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
    }
}
