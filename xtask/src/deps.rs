//! What may not be in the dependency trees.
//!
//! The ceremony tool works offline and holds keys: no crate that could speak to a network may be
//! in it. The verifier is meant to be read: its tree stays small.

use std::collections::BTreeSet;

use crate::shell::{Failure, Outcome, cargo_with, files, output, read, root};

/// Crates that open connections, or exist to.
const NETWORK: &[&str] = &[
    "actix-web",
    "async-io",
    "async-net",
    "async-std",
    "attohttpc",
    "awc",
    "axum",
    "curl",
    "curl-sys",
    "h2",
    "h3",
    "hickory-resolver",
    "hyper",
    "hyper-util",
    "isahc",
    "libp2p",
    "minreq",
    "mio",
    "native-tls",
    "openssl",
    "openssl-sys",
    "quinn",
    "quinn-proto",
    "reqwest",
    "rustls",
    "s2n-quic",
    "schannel",
    "smol",
    "socket2",
    "surf",
    "tiny_http",
    "tokio",
    "tonic",
    "trust-dns-resolver",
    "tungstenite",
    "ureq",
    "warp",
    "zmq",
];

/// The offline programs, and the libraries that they are made of.
const OFFLINE: [&str; 4] = ["escrutinio-core", "escrutinio-sealed", "escrutinio-ceremony", "escrutinio-verify"];

/// The verifier's normal dependencies, itself included, on every platform.
const VERIFIER_BOUND: usize = 55;

pub(crate) fn run() -> Outcome {
    let members = members()?;
    for package in OFFLINE.into_iter().filter(|package| members.contains(*package)) {
        let tree = tree(package)?;
        let banned: Vec<&str> = NETWORK.iter().copied().filter(|name| tree.contains(*name)).collect();
        if !banned.is_empty() {
            return Err(Failure::new(format!(
                "{package} must stay offline, but its tree holds {} (see: cargo tree -p {package} -i {})",
                banned.join(", "),
                banned.first().unwrap_or(&"")
            )));
        }
        println!("   {package}: {} crates, none of them a network crate", tree.len());
        if package == "escrutinio-verify" && tree.len() > VERIFIER_BOUND {
            return Err(Failure::new(format!("{package} has {} crates; at most {VERIFIER_BOUND}", tree.len())));
        }
    }
    no_sockets_of_std()
}

fn members() -> Result<BTreeSet<String>, Failure> {
    names(&["tree", "--locked", "--workspace", "--depth", "0", "--prefix", "none", "--format", "{p}"])
}

fn tree(package: &str) -> Result<BTreeSet<String>, Failure> {
    names(&[
        "tree", "--locked", "-p", package, "--edges", "normal", "--target", "all", "--prefix", "none", "--format",
        "{p}",
    ])
}

fn names(arguments: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let lines = output(&mut cargo_with(arguments))?;
    Ok(lines.lines().filter_map(|line| line.split(' ').next()).filter(|n| !n.is_empty()).map(Into::into).collect())
}

/// The standard library has sockets too.
fn no_sockets_of_std() -> Outcome {
    for folder in ["core/src", "sealed/src", "ceremony-cli/src", "verifier/src"] {
        let folder = root().join(folder);
        if !folder.is_dir() {
            continue;
        }
        for path in files(&folder, &[".rs"])? {
            if read(&path)?.contains("std::net") {
                return Err(Failure::new(format!("{} names std::net", path.display())));
            }
        }
    }
    Ok(())
}
