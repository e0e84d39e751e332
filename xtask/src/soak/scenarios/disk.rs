//! The disk of the databases is full, or cannot be written.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Scene, told};
use crate::shell::{Failure, Outcome};

/// A file system of its own; unmounted when dropped.
struct Mount(PathBuf);

fn does(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(answer) if answer.status.success() => Ok(()),
        Ok(answer) => Err(Failure::new(format!("{name}: {}", String::from_utf8_lossy(&answer.stderr).trim()))),
        Err(error) => Err(Failure::new(format!("{name}: {error}"))),
    }
}

impl Mount {
    /// In memory.
    fn memory(at: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(at).map_err(|error| Failure::file(at, &error))?;
        does(Command::new("mount").args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"]).arg(at))?;
        Ok(Self(at.to_owned()))
    }

    /// In a file that is made if it is not there.
    fn image(image: &Path, at: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(at).map_err(|error| Failure::file(at, &error))?;
        if !image.exists() {
            let file = std::fs::File::create(image).map_err(|error| Failure::file(image, &error))?;
            file.set_len(96 << 20).map_err(|error| Failure::file(image, &error))?;
            does(Command::new("mkfs.ext4").arg("-q").arg(image))?;
        }
        does(Command::new("mount").args(["-o", "loop"]).arg(image).arg(at))?;
        Ok(Self(at.to_owned()))
    }

    fn remount(&self, how: &str) -> Outcome {
        does(Command::new("mount").arg("-o").arg(format!("remount,{how}")).arg(&self.0))
    }

    /// Takes all the room that there is.
    fn fill(&self) -> Result<PathBuf, Failure> {
        let path = self.0.join("ballast");
        let mut file = std::fs::File::create(&path).map_err(|error| Failure::file(&path, &error))?;
        let piece = vec![0u8; 65_536];
        for length in [piece.len(), 4096, 1] {
            let piece = piece.get(..length).unwrap_or_default();
            while std::io::Write::write_all(&mut file, piece).is_ok() {}
        }
        Ok(path)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // What holds it has ended; if not, it goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// Where nothing may be mounted, as in most containers, this cannot be tried.
fn left_out(what: &str, why: &Failure) -> Outcome {
    told(what, &format!("LEFT OUT: this user may not mount a disk of its own ({why})"));
    Ok(())
}

/// Disk full while it runs, and when it is started; then one that cannot be written when it is started.
pub(super) async fn full_and_read_only() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mount = match Mount::memory(&folder.path().join("disk")) {
        Ok(mount) => mount,
        Err(why) => return left_out("disk full", &why),
    };
    let mut scene = Scene::open(&mount.0.join("house"), &folder.path().join("election"), false).await?;
    scene.promised().await?;
    let ballast = mount.fill()?;
    let empty = || std::fs::remove_file(&ballast).map_err(|error| Failure::file(&ballast, &error));
    let line = scene.refused_until("storage", "full", |_| empty()).await?;
    told("disk full", &format!("refused, then taken; told: {line}"));
    scene.intact(2).await?;

    mount.fill()?;
    let (_, refused) = scene.refused("storage", "full").await?;
    scene.server()?.kill()?;
    // What it gave back before its end, such as a log that it emptied, is taken as well.
    mount.fill()?;
    told("started on a full disk", &scene.does_not_start("full")?);
    empty()?;
    scene.start()?;
    scene.taken(refused).await?;
    scene.intact(3).await?;

    scene.server()?.stop()?;
    mount.remount("ro")?;
    told("started on one that is read-only", &scene.does_not_start("read-only")?);
    mount.remount("rw")?;
    scene.start()?;
    scene.promised().await?;
    scene.intact(4).await?;
    scene.house.stop()
}

/// The disk fails under the program's feet: the file system lets nothing be written any more.
pub(super) async fn fails_while_it_runs() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let (image, at) = (folder.path().join("image"), folder.path().join("disk"));
    let mount = match Mount::image(&image, &at) {
        Ok(mount) => mount,
        Err(why) => return left_out("disk fails", &why),
    };
    let mut scene = Scene::open(&mount.0.join("house"), &folder.path().join("election"), false).await?;
    // What was installed is on the disk; what the server promises has to be by itself.
    does(Command::new("sync").arg("-f").arg(&at))?;
    scene.promised().await?;
    // The system notices a fault, and gives up its journal.
    mount.remount("abort")?;
    let (line, refused) = scene.refused("storage", "read-only").await?;
    told("disk fails", &format!("refused, then taken after repair; told: {line}"));
    scene.server()?.kill()?;
    does(Command::new("umount").arg(&at))?;
    let repaired = Command::new("e2fsck").arg("-fy").arg(&image).output();
    // It ends with 1 if there was something to repair.
    if !repaired.is_ok_and(|answer| matches!(answer.status.code(), Some(0 | 1))) {
        return Err(Failure::new("e2fsck does not repair the disk"));
    }
    drop(mount);
    let _mount = Mount::image(&image, &at)?;
    scene.start()?;
    scene.taken(refused).await?;
    scene.promised().await?;
    scene.intact(3).await?;
    scene.house.stop()
}
