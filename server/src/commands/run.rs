//! `run`

use std::sync::Arc;
use std::time::Instant;

use escrutinio_server::clock::{Clock, ServerClock};
use escrutinio_server::config::Config;
use escrutinio_server::http::{self, Listener};
use escrutinio_server::passwords::Passwords;
use escrutinio_server::server::Server;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

use super::{Failure, Options, runtime, say, say_error};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.config()?;
    log_faults();
    hide_panics();
    runtime()?.block_on(serve(config, &options.passwords()))
}

/// Faults only. No request is logged; what statements say of their data is not either.
fn log_faults() {
    let layer = tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr);
    let filter = tracing_subscriber::filter::Targets::new()
        .with_default(LevelFilter::ERROR)
        .with_target("escrutinio_server", LevelFilter::INFO);
    tracing_subscriber::registry().with(layer).with(filter).init();
}

/// What a panic says may hold anything; where it happened holds nothing.
fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

fn clock(config: &Config) -> Arc<dyn Clock> {
    #[cfg(feature = "rehearsal")]
    if let Some(rehearsal) = &config.rehearsal {
        say_error("REHEARSAL: a file moves the clock. What this server says binds nobody.\n");
        return Arc::new(escrutinio_server::clock::FileClock::new(&rehearsal.clock));
    }
    let _ = config;
    Arc::new(ServerClock::start())
}

async fn serve(config: Config, passwords: &Passwords) -> Result<(), Failure> {
    let clock = clock(&config);
    let mut ends = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let server = Server::start(config, passwords, clock).await?;
    let (listen, limits) = (&server.config.listen, &server.config.limits);
    let (tls, proxies) = (listen.tls.as_ref(), listen.proxies.clone());
    let voters = Listener::start(listen.voters, tls, proxies, limits, http::voters(&server))?;
    let admin = Listener::start(listen.admin, None, Vec::new(), &limits.of_staff(), http::admin(&server))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    escrutinio_server::desk::report::schedule(&server);
    say(&format!("voters {scheme}://{}\nadmin http://{}\n", voters.address(), admin.address()))?;
    let [terminate, interrupt] = &mut ends;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    say_error("finishing what was begun\n");
    let end = Instant::now() + limits.drain;
    tokio::join!(voters.finish(limits.drain), admin.finish(limits.drain));
    server.finish(end.saturating_duration_since(Instant::now())).await;
    Ok(())
}
