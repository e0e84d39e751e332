//! Sockets: TLS 1.3 or, where the configuration allows it, none; times for those who dawdle; an end that
//! lets finish what was begun.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinHandle;

use super::connections::Gate;
use crate::access::place::Network;
use crate::config::{Limits, TlsFiles};

/// Longest head of a request, in bytes.
const HEAD: usize = 16 * 1024;
/// Headers of a request.
const HEADERS: usize = 64;

/// Why nobody can connect.
#[derive(Debug, thiserror::Error)]
pub enum ListenerError {
    /// The address is taken, or is none of this machine.
    #[error("cannot listen on {address}: {why}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        why: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("{}: {why}", .file.display())]
    Tls {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// A socket that is served.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

impl Listener {
    /// Serves routes on an address, within a runtime.
    ///
    /// # Errors
    /// [`ListenerError`].
    pub fn start(
        address: SocketAddr,
        tls: Option<&TlsFiles>,
        proxies: Vec<Network>,
        limits: &Limits,
        routes: Router,
    ) -> Result<Self, ListenerError> {
        let tls = tls.map(tls_config).transpose()?;
        let fail = |why| ListenerError::Bind { address, why };
        let socket = TcpListener::bind(address).map_err(fail)?;
        socket.set_nonblocking(true).map_err(fail)?;
        let address = socket.local_addr().map_err(fail)?;
        let handle = Handle::new();
        let gate = Gate::new(*limits, proxies);
        let server = axum_server::from_tcp(socket).map_err(fail)?.handle(handle.clone());
        let server = patient(server, limits);
        let service = routes.into_make_service();
        // HTTP/1.1 alone: a page asks for a handful of things, and what another version would add to be
        // attacked is more than it would gain. Said last, as an acceptor resets it, and who is not
        // held to one version is waited for without an end.
        let task = match tls {
            None => tokio::spawn(server.acceptor(gate).http1_only().serve(service)),
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(tls).handshake_timeout(limits.head).acceptor(gate);
                tokio::spawn(server.acceptor(acceptor).http1_only().serve(service))
            }
        };
        Ok(Self { address, handle, task })
    }

    /// Where it listens; the port is the one that was got where the configuration says 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and waits for requests in flight, but not longer than `drain`.
    pub async fn finish(self, drain: Duration) {
        self.handle.graceful_shutdown(Some(drain));
        // Whatever it says now, there is nobody left to tell.
        let _ = self.task.await;
    }
}

/// Times and sizes of the protocol itself.
fn patient(mut server: Server<SocketAddr, DefaultAcceptor>, limits: &Limits) -> Server<SocketAddr, DefaultAcceptor> {
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(HEADERS)
        .max_buf_size(HEAD)
        // Who closes the way there still wants the answer.
        .half_close(true);
    server
}

/// TLS 1.3 with the chain and key of two files.
fn tls_config(files: &TlsFiles) -> Result<RustlsConfig, ListenerError> {
    let fail = |file: &Path, why: String| ListenerError::Tls { file: file.to_path_buf(), why };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| fail(&files.certificate, why.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|why| fail(&files.key, why.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|why| fail(&files.certificate, why.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|why| fail(&files.certificate, why.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}
