//! Two builds of the same files, in folders of other names and lengths, are the same bytes.

use std::path::Path;
use std::process::Command;

use super::make;
use crate::shell::{Failure, Outcome, output, root};

pub(super) fn check() -> Outcome {
    let place = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mut listings = Vec::new();
    for name in ["a", "another folder's name".replace([' ', '\''], "-").as_str()] {
        let (source, target) = (place.path().join(name), place.path().join(format!("{name}-target")));
        copy(&source)?;
        listings.push(make(&source, &target, &place.path().join(format!("{name}-page")))?);
    }
    let [first, second] = listings.as_slice() else { return Err(Failure::new("there are not two builds")) };
    for path in first.0.keys().chain(second.0.keys()) {
        if first.0.get(path) != second.0.get(path) {
            return Err(Failure::new(format!("{path} differs between two builds of the same files")));
        }
    }
    println!("{} files are the same in both builds\nbuild {}", first.0.len(), first.hash());
    Ok(())
}

/// What git knows of the working tree, and what is new in it.
fn copy(to: &Path) -> Outcome {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = output(Command::new("git").args(arguments).current_dir(root()))?;
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let (from, path) = (root().join(name), to.join(name));
        // A file that was removed and not yet committed is still listed.
        if !from.is_file() {
            continue;
        }
        let folder = path.parent().unwrap_or(to);
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        std::fs::copy(&from, &path).map_err(|error| Failure::file(&from, &error))?;
    }
    Ok(())
}
