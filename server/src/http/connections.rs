//! The gate that every connection passes: how many there may be, and whose it is.
//!
//! Behind a balancer the client's address comes in the PROXY protocol, which stands before anything else,
//! TLS included. It is believed from the balancers that the configuration names and from nobody else; from
//! these it is demanded.

use core::future::Future;
use core::net::IpAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::Layer;

use super::proxy;
use crate::access::place::Network;

/// The address that a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) IpAddr);

/// Counts connections and finds out whose they are.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    all: usize,
    per_address: usize,
    proxies: Vec<Network>,
    patience: Duration,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Gate {
    pub(super) fn new(all: usize, per_address: usize, proxies: Vec<Network>, patience: Duration) -> Self {
        Self(Arc::new(Shared { all, per_address, proxies, patience, open: Mutex::default() }))
    }

    /// A place for one more connection, until it is dropped.
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = open.by_address.get(&address).copied().unwrap_or(0);
        if open.all >= self.0.all || of_address >= self.0.per_address {
            return None;
        }
        open.all = open.all.saturating_add(1);
        open.by_address.insert(address, of_address.saturating_add(1));
        Some(Place { gate: self.clone(), address })
    }

    fn leave(&self, address: IpAddr) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(count) = open.by_address.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }

    async fn admit(&self, mut stream: TcpStream) -> io::Result<(Guarded, Client)> {
        let peer = stream.peer_addr()?.ip().to_canonical();
        let address = if self.0.proxies.iter().any(|network| network.contains(peer)) {
            let header = proxy::read(&mut stream);
            let told = tokio::time::timeout(self.0.patience, header).await.map_err(|_| io::ErrorKind::TimedOut)??;
            told.unwrap_or(peer)
        } else {
            peer
        };
        let place = self.enter(address).ok_or(io::ErrorKind::ConnectionRefused)?;
        stream.set_nodelay(true)?;
        Ok((Guarded { stream, _place: place }, Client(address)))
    }
}

#[derive(Debug)]
struct Place {
    gate: Gate,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.leave(self.address);
    }
}

/// A connection that gives its place back when it ends.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: TcpStream,
    _place: Place,
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = Guarded;
    type Service = AddExtension<S, Client>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Guarded, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move {
            let (stream, client) = gate.admit(stream).await?;
            Ok((stream, Extension(client).layer(service)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_sec_15_one_address_does_not_take_every_place() {
        let gate = Gate::new(3, 2, vec![], Duration::ZERO);
        let address = |n: u8| IpAddr::from([192, 0, 2, n]);
        let first = gate.enter(address(1)).unwrap();
        let second = gate.enter(address(1)).unwrap();
        assert!(gate.enter(address(1)).is_none(), "two of one address");
        let third = gate.enter(address(2)).unwrap();
        assert!(gate.enter(address(3)).is_none(), "three of all");
        drop((first, second));
        assert!(gate.enter(address(1)).is_some());
        drop(third);
        let open = gate.0.open.lock().unwrap();
        assert_eq!((open.all, open.by_address.len()), (0, 0), "nothing of an address is kept");
    }
}
