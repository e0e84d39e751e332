//! `accounts update`

use escrutinio_sealed::{Kind, sealed};
use escrutinio_server::election::LoadedElection;
use escrutinio_server::init;
use escrutinio_server::passwords::PasswordName;

use super::{Failure, Options, runtime, say};

pub(super) fn update(options: &Options) -> Result<(), Failure> {
    let config = options.config()?;
    let missing = || Failure::Usage("--package FILE is missing".to_owned());
    let package = options.package.as_ref().ok_or_else(missing)?;
    let passwords = options.passwords();
    let content = sealed::read(package, Kind::AccountUpdate, &passwords.get(PasswordName::Package)?)?;
    let election = LoadedElection::load(&config.record)?;
    let report = runtime()?.block_on(async {
        let store = init::open(&config, &passwords).await?;
        let report = init::update_offline(&store, &election, &content).await;
        store.close().await;
        report
    })?;
    let (changed, kept, unknown) = (report.changed, report.kept, report.unknown);
    say(&format!("new links   {changed}\nwith a password already   {kept}\nunknown   {unknown}\n"))
}
