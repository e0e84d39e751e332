//! Processes of this machine, by their number.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Failure, Outcome};

/// Sends a signal, such as `-KILL`.
pub(crate) fn signal(pid: u32, signal: &str) -> Outcome {
    send(&[pid], signal, false)
}

/// Sends a signal to several at once; some may have ended by themselves.
pub(crate) fn signal_all(pids: &[u32], signal: &str) -> Outcome {
    send(pids, signal, true)
}

fn send(pids: &[u32], signal: &str, may_be_gone: bool) -> Outcome {
    let sent = Command::new("kill").arg(signal).args(pids.iter().map(u32::to_string)).output();
    let answer = sent.map_err(|error| Failure::new(format!("kill does not start: {error}")))?;
    let said = String::from_utf8_lossy(&answer.stderr);
    let gone = may_be_gone && said.lines().all(|line| line.contains("No such process"));
    if answer.status.success() || gone {
        return Ok(());
    }
    Err(Failure::new(format!("kill {signal} {pids:?}: {}", said.trim())))
}

/// A field of `/proc/PID/status`.
fn status(pid: u32, field: &str) -> Option<String> {
    let path: PathBuf = Path::new("/proc").join(pid.to_string()).join("status");
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(field)).map(|value| value.trim().to_owned())
}

/// Resident memory in KiB.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    status(pid, "VmRSS:")?.split_whitespace().next()?.parse().ok()
}

/// Processor time used, in ticks of a hundredth of a second.
pub(crate) fn ticks(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    // The name, in brackets, may hold spaces.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user.saturating_add(system))
}

/// Processes whose parent is this one.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .filter(|pid| status(*pid, "PPid:").and_then(|text| text.parse().ok()) == Some(parent))
        .collect()
}
