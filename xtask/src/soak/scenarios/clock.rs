//! The machine's clock steps while the program runs, and while it does not.

use core::time::Duration;

use super::{Scene, told};
use crate::lab::house::wait_for;
use crate::lab::server::get;
use crate::shell::{Failure, Outcome};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// By how much, either way.
const STEPS: [i64; 4] = [MINUTE + 1, 10 * MINUTE, 5 * HOUR, 7 * DAY];

pub(super) async fn stepped() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mut scene = Scene::open(&folder.path().join("house"), &folder.path().join("election"), false).await?;
    scene.promised().await?;
    let mut promised = 1;
    while_it_runs(&mut scene, &mut promised).await?;
    set_back(&mut scene, &mut promised).await?;
    set_forward(&mut scene, &mut promised).await?;
    scene.intact(promised).await?;
    scene.house.stop()
}

/// The program keeps its own time: a step is seen, beyond a minute nothing is taken, and no instant is passed.
async fn while_it_runs(scene: &mut Scene, promised: &mut usize) -> Outcome {
    let clock = scene.house.plan.clock.clone();
    let mut lines = Vec::new();
    for step in STEPS.into_iter().flat_map(|step| [step, -step]) {
        clock.step_machine(step)?;
        let back = clock.clone();
        lines.push(scene.refused_until("clock", "clock", move |_| back.step_machine(0)).await?);
        *promised = promised.saturating_add(1);
    }
    clock.step_machine(-30)?;
    scene.promised().await?;
    clock.step_machine(0)?;
    *promised = promised.saturating_add(1);
    let last = lines.last().map(String::as_str).unwrap_or_default();
    told("clock stepped", &format!("{} times, up to a week both ways: refused, then taken; told: {last}", lines.len()));
    Ok(())
}

/// A program that starts before its own past refuses to; later it goes on.
async fn set_back(scene: &mut Scene, promised: &mut usize) -> Outcome {
    let clock = scene.house.plan.clock.clone();
    let now = clock.now().saturating_add(5 * MINUTE);
    // The latest time is kept to the minute.
    clock.set(now)?;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    scene.server()?.stop()?;
    let mut line = String::new();
    for step in [5 * MINUTE, 5 * HOUR, 7 * DAY] {
        clock.set(now.saturating_sub(step))?;
        line = scene.does_not_start("repair the clock")?;
    }
    told("started too early", &line);
    clock.set(now.saturating_add(10))?;
    scene.start()?;
    scene.promised().await?;
    *promised = promised.saturating_add(1);
    Ok(())
}

/// A program that starts too late, by a clock that nobody set so, doubts it: a week later voting would be over, and
/// what is closed cannot be opened again.
async fn set_forward(scene: &mut Scene, promised: &mut usize) -> Outcome {
    let clock = scene.house.plan.clock.clone();
    let now = clock.now();
    scene.server()?.stop()?;
    clock.set_wrongly(now.saturating_add(HOUR))?;
    scene.start()?;
    // No instant of the calendar lies in between.
    scene.promised().await?;
    scene.server()?.stop()?;
    clock.set_wrongly(now.saturating_add(7 * DAY))?;
    scene.start()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    wait_for(scene.house.first()?, "voting")?;
    let (token, ballot) = scene.take()?;
    let reply = scene.send(&token, &ballot).await?;
    if reply.status == 200 {
        return Err(Failure::new("a ballot is taken at a time that nobody believes"));
    }
    let ready = get(&scene.house.first()?.admin(), "/readyz")?;
    let line = ready.body.lines().find(|line| line.starts_with("Red clock"));
    let line = line.ok_or_else(|| Failure::new(format!("/readyz says nothing of the clock: {}", ready.body)))?;
    told("started too late", &format!("a week: nothing is closed; told: {line}"));
    scene.server()?.stop()?;
    clock.set(now.saturating_add(20))?;
    scene.start()?;
    scene.taken((token, ballot)).await?;
    *promised = promised.saturating_add(2);
    Ok(())
}
