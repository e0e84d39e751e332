//! Texts for named recipients: an edition of the whole record for each such contest, below
//! `reserved/`. The public record holds the order and nothing else of it.

use std::fs;

use escrutinio_core::manifest::WriteIn;
use escrutinio_core::record::{self, Source};
use escrutinio_core::verify::sum_line;

use super::Contest;
use crate::draft;
use crate::error::{Error, Result};
use crate::files;
use crate::session::Session;
use crate::source::{self, RecordSource};
use crate::workspace::{Step, Workspace};

/// What is not public.
pub(in crate::commands) const FOLDER: &str = "reserved/";

fn root(contest: u32) -> String {
    format!("{FOLDER}contest-{contest:03}")
}

/// Where the texts of a contest go that are not published.
pub(super) fn contest(number: u32) -> Contest {
    let views = format!("{FOLDER}names-{number:03}");
    Contest { number, root: root(number), views }
}

/// Completes the editions of contests whose texts are reported, once the public record is closed:
/// all its files, the texts, and hashes of their own. Each is verified as anyone would. Gives their
/// folders.
///
/// # Errors
/// If a file cannot be read or written, or a check does not hold.
pub fn editions(session: &mut Session<'_>, workspace: &Workspace) -> Result<Vec<String>> {
    let manifest = draft::read_frozen(workspace)?;
    let mut written = Vec::new();
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        let root = root(number);
        if contest.write_in != WriteIn::Sealed || !workspace.has(format!("{root}/{}", record::texts(number))) {
            continue;
        }
        let io = |why: &std::io::Error| Error::file(&workspace.path(&root), why);
        let public = RecordSource::new(workspace).files().map_err(|why| io(&why))?;
        for (path, _) in public.into_iter().filter(|(path, _)| path != record::SUMS) {
            let bytes = files::read(&workspace.path(format!("record/{path}")))?;
            workspace.write_or_same(&format!("{root}/{path}"), &bytes)?;
        }
        let edition = RecordSource::at(&workspace.path(&root));
        let mut sums = String::new();
        for (path, length) in edition.files().map_err(|why| io(&why))? {
            if path != record::SUMS {
                sums.push_str(&sum_line(&edition, &path, length).map_err(|why| io(&why))?);
            }
        }
        source::record(session, &edition.with(record::SUMS, sums.clone().into_bytes()))?;
        let path = format!("{root}/{}", record::SUMS);
        let stands = workspace.path(&path);
        if stands.exists() && fs::read(&stands).map_err(|why| io(&why))? != sums.as_bytes() {
            // The public record got another order since.
            files::replace(&stands, sums.as_bytes())?;
        }
        workspace.write_or_same(&path, sums.as_bytes())?;
        let step = Step::by_operator(session, "writein edition")?.output(path);
        workspace.finish(session, step)?;
        written.push(root);
    }
    Ok(written)
}
