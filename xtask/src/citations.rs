//! The functions and files that `ARCHITECTURE.md` names exist.

use crate::shell::{Failure, Outcome, read, root};

const DOCUMENT: &str = "ARCHITECTURE.md";

/// Every path in backquotes exists, and every name that stands before a path of a Rust file or of a
/// module of the page, back to the path before, is a function there.
pub(crate) fn run() -> Outcome {
    let text = read(&root().join(DOCUMENT))?;
    let steps = text.split_once("\n## Life of a ballot").map_or("", |(_, steps)| steps);
    let mut names = Vec::new();
    let mut found = 0usize;
    for step in steps.split("\n## ") {
        names.clear();
        for word in step.split('`').skip(1).step_by(2) {
            if !word.contains('/') {
                names.push(word);
                continue;
            }
            if !root().join(word).exists() {
                return Err(Failure::new(format!("{DOCUMENT} names {word}, which does not exist")));
            }
            let script = word.ends_with(".js");
            let code = if script || word.ends_with(".rs") { read(&root().join(word))? } else { continue };
            for name in names.drain(..).filter(|name| is_function(name)) {
                if !defines(&code, name, script) {
                    return Err(Failure::new(format!("{DOCUMENT}: there is no function {name} in {word}")));
                }
                found = found.saturating_add(1);
            }
        }
    }
    if found < 40 {
        return Err(Failure::new(format!("only {found} functions were found in {DOCUMENT}")));
    }
    println!("   architecture: {found} functions, each in the file named with it");
    Ok(())
}

fn is_function(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

fn defines(code: &str, name: &str, script: bool) -> bool {
    let forms: &[(&str, &str)] =
        if script { &[("function ", "("), ("\n  async ", "("), ("\n  ", "(")] } else { &[("fn ", "("), ("fn ", "<")] };
    forms.iter().any(|(before, after)| code.contains(&format!("{before}{name}{after}")))
}
