//! `cargo demo`: a whole election on this machine, from key ceremony to verified acta.
//!
//! Every act is done by the code of the ceremony tool, voters do what a voter's device will do, and
//! the verifier runs as a process of its own that is given the published record and nothing else.
//! Only here is there a generator with a seed: with `--seed` a run can be repeated.

mod arguments;
mod attended;
mod ceremony;
mod count;
mod people;
mod randomness;
mod screen;
mod site;
mod stage;
mod voting;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use arguments::Arguments;
use attended::Keyboard;
use escrutinio_core::encoding::Decode;
use escrutinio_core::manifest::Manifest;
use screen::Screen;
use site::Polling;
use stage::Stage;
use voting::Voting;

use crate::shell::{Failure, Outcome, cargo_with, target};

pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let Some(arguments) = Arguments::read(arguments)? else { return Ok(()) };
    let started = Instant::now();
    let screen = Screen::new(&arguments);
    let mut stage = Stage::new(&arguments, screen)?;

    ceremony::prepare(&mut stage)?;
    ceremony::roll(&mut stage)?;
    ceremony::keys(&mut stage)?;
    let keyboard = stage.attended.as_ref().map(|_| Keyboard::listen());
    let (voting, polling) = if arguments.headless {
        (played(&mut stage)?, None)
    } else {
        let (voting, polling) = live(&mut stage, arguments.postgres, keyboard.as_ref())?;
        (voting, Some(polling))
    };
    count::count(&mut stage)?;
    count::compare(&mut stage, &voting)?;

    let verdict = verify(&mut stage)?;
    // People take their time.
    let took = stage.attended.is_none().then(|| started.elapsed());
    if let Some(polling) = &polling
        && verdict
    {
        polling.publish(&mut stage)?;
    }
    stage.screen.end(&stage.out, &arguments.election, took, verdict);
    if let (Some(attended), Some(keyboard), true) = (stage.attended.take(), keyboard, verdict) {
        attended.publish(&mut stage)?;
        println!("\n    {}", stage.screen.choose("Intro termina la demostración.", "Enter ends the demonstration."));
        keyboard.wait();
    }
    polling.map_or(Ok(()), Polling::stop)?;
    if verdict { Ok(()) } else { Err(Failure::new("the verifier rejects the record")) }
}

/// Opening, voting and close with the server's part played in this process.
fn played(stage: &mut Stage) -> Result<Voting, Failure> {
    ceremony::open(stage)?;
    ceremony::cosign(stage)?;
    let voting = voting::played::vote(stage)?;
    count::close(stage, &voting)?;
    Ok(voting)
}

/// The same at a real server, over HTTP.
fn live(stage: &mut Stage, postgres: bool, keyboard: Option<&Keyboard>) -> Result<(Voting, Polling), Failure> {
    let mut polling = Polling::start(stage, postgres)?;
    ceremony::open(stage)?;
    polling.open(stage)?;
    let mut voting = vote(stage, &polling, keyboard)?;
    let closing = polling.close(stage)?;
    count::import(stage, &mut voting, &closing)?;
    polling.destroy_box_key(stage)?;
    Ok((voting, polling))
}

/// Everybody votes; people, where there are some, until a key is pressed.
fn vote(stage: &mut Stage, polling: &Polling, keyboard: Option<&Keyboard>) -> Result<Voting, Failure> {
    stage.screen.step(
        "Votación por HTTP: liga, dígitos, segundo factor, contraseña; el dispositivo cifra, demuestra y firma",
        "Voting over HTTP: link, digits, second factor, password; the device encrypts, proves and signs",
    );
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    let telephones = attended::invite(stage, polling)?;
    let polls = polling.polls(&attended::telephones(stage)?)?;
    let others = stage.voters.saturating_sub(stage.present());
    let bar = stage.screen.bar(others.into(), "boletas", "ballots");
    std::thread::scope(|scope| {
        let voting = scope.spawn(|| runtime.block_on(voting::live::vote(stage, polls, bar.clone())));
        if let Some((telephones, keyboard)) = telephones.zip(keyboard) {
            telephones.show(keyboard, &bar);
        }
        voting.join().map_err(|_| Failure::new("the voters' devices ended early"))?
    })
}

/// Builds the verifier and runs it as a separate process on the published record.
fn verify(stage: &mut Stage) -> Result<bool, Failure> {
    stage.screen.step(
        "El verificador, un proceso aparte, revisa el expediente publicado",
        "The verifier, a separate process, checks the published record",
    );
    let built = cargo_with(&["build", "--release", "--quiet", "-p", "escrutinio-verify"]).status();
    if !built.is_ok_and(|status| status.success()) {
        return Err(Failure::new("the verifier does not build"));
    }
    let program = target().join("release").join(format!("escrutinio-verify{}", std::env::consts::EXE_SUFFIX));
    let status = Command::new(&program)
        .arg(stage.record())
        .args(["--brief", "--lang", stage.screen.language()])
        .status()
        .map_err(|error| Failure::file(&program, &error))?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(Failure::new(format!("the verifier ended with {status}"))),
    }
}

/// The manifest of a record.
fn read_manifest(record: &Path) -> Result<Manifest, Failure> {
    let path = record.join("manifest.bin");
    let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
    Manifest::from_bytes(&bytes).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
