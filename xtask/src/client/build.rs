//! From Rust to wasm and its glue.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use crate::shell::{Failure, Outcome, available, cargo, output, root, step};

const TARGET: &str = "wasm32-unknown-unknown";

/// Where the glue is made, below the folder of build products.
pub(super) const GLUE: &str = "client-glue";
/// Package and name of each wasm: what a voter's page loads, and what verifies an election.
pub(super) const MODULES: [(&str, &str); 2] =
    [("escrutinio-wasm-client", "escrutinio_wasm_client"), ("escrutinio-wasm-verifier", "escrutinio_wasm_verifier")];

/// Adds the compiler's target where rustup can, or says how.
pub(super) fn target_is_installed() -> Outcome {
    if has_target()? {
        return Ok(());
    }
    let add = ["target", "add", TARGET];
    if available("rustup") {
        step("target of the browser", Command::new("rustup").args(add).current_dir(root()))?;
    }
    if has_target()? {
        return Ok(());
    }
    Err(Failure::new(format!("a target is not installed; run\n\n    rustup target add {TARGET}\n")))
}

fn has_target() -> Result<bool, Failure> {
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let folder = output(Command::new("rustc").args(arguments).current_dir(root()))?;
    Ok(Path::new(folder.trim()).is_dir())
}

/// Compiles both modules of a copy of the repository and makes their glue. Gives the folder with
/// `<name>.js` and `<name>_bg.wasm` of each.
pub(super) fn build(source: &Path, target: &Path) -> Result<PathBuf, Failure> {
    let mut command = cargo();
    command.current_dir(source).args(["build", "--locked", "--profile", "client", "--target", TARGET]);
    for (package, _) in MODULES {
        command.args(["-p", package]);
    }
    // Whatever the machine has set would be in the bytes.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env("CARGO_TARGET_DIR", target);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags(source, target)?);
    step("wasm", &mut command)?;
    let glue = target.join(GLUE);
    if glue.exists() {
        std::fs::remove_dir_all(&glue).map_err(|error| Failure::file(&glue, &error))?;
    }
    for (_, name) in MODULES {
        let wasm = target.join(TARGET).join("client").join(format!("{name}.wasm"));
        bindgen(&wasm, name, &glue).map_err(|why| Failure::new(format!("glue of {name}: {why}")))?;
    }
    Ok(glue)
}

fn bindgen(wasm: &Path, name: &str, out: &Path) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(name).typescript(true).remove_name_section(true).remove_producers_section(true);
    let made = bindgen.web(true).and_then(|bindgen| bindgen.generate(out));
    made.map_err(|error| format!("{error:#}"))
}

/// The paths of this machine, which a message of a panic would hold, become the same everywhere.
fn flags(source: &Path, target: &Path) -> Result<String, Failure> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let from = [Some((source.to_path_buf(), "/escrutinio")), Some((target.to_path_buf(), "/target"))]
        .into_iter()
        .chain([home.map(|home| (home, "/cargo")), Some((PathBuf::from(sysroot.trim()), "/rust"))])
        .flatten();
    let mut flags = Vec::new();
    for (path, name) in from {
        let path = path.to_str().filter(|path| !path.contains(char::is_whitespace));
        let path = path.ok_or_else(|| Failure::new("a path of the build has a space or is no UTF-8"))?;
        flags.push(format!("--remap-path-prefix={path}={name}"));
    }
    Ok(flags.join(" "))
}
