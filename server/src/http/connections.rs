//! The gate that every connection passes: how many there may be, of whom, and for how long.
//!
//! Places are counted by network, as requests are: whoever has one IPv6 address has 2^64 of them. A place
//! is not kept by reading nothing: bytes that the other side does not take end the connection, and no
//! connection outlives twice the time after which its answers say that they are the last.
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
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::{AddExtension, Next};
use axum::response::Response;
use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tower::Layer;

use super::proxy;
use crate::access::address::Neighbourhood;
use crate::access::place::Network;
use crate::config::Limits;

/// The address that a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) IpAddr);

/// From when on a connection takes no further request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until(Instant);

/// Says in an answer that it is the connection's last, where it is.
pub(super) async fn last(request: Request, next: Next) -> Response {
    let until = request.extensions().get::<Until>().copied();
    let mut response = next.run(request).await;
    if until.is_some_and(|Until(until)| Instant::now() >= until) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Counts connections and finds out whose they are.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    proxies: Vec<Network>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_network: HashMap<Neighbourhood, usize>,
}

impl Gate {
    pub(super) fn new(limits: Limits, proxies: Vec<Network>) -> Self {
        Self(Arc::new(Shared { limits, proxies, open: Mutex::default() }))
    }

    /// A place for one more connection, until it is dropped.
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let network = Neighbourhood::of(address);
        let of_network = open.by_network.get(&network).copied().unwrap_or(0);
        if open.all >= self.0.limits.connections || of_network >= self.0.limits.connections_per_network {
            return None;
        }
        open.all = open.all.saturating_add(1);
        open.by_network.insert(network, of_network.saturating_add(1));
        Some(Place { gate: self.clone(), network })
    }

    fn leave(&self, network: Neighbourhood) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(count) = open.by_network.get_mut(&network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_network.remove(&network);
            }
        }
    }

    async fn admit(&self, mut stream: TcpStream) -> io::Result<(Guarded, Client, Until)> {
        let peer = stream.peer_addr()?.ip().to_canonical();
        let address = if self.0.proxies.iter().any(|network| network.contains(peer)) {
            let header = proxy::read(&mut stream);
            let told =
                tokio::time::timeout(self.0.limits.head, header).await.map_err(|_| io::ErrorKind::TimedOut)??;
            told.unwrap_or(peer)
        } else {
            peer
        };
        let place = self.enter(address).ok_or(io::ErrorKind::ConnectionRefused)?;
        stream.set_nodelay(true)?;
        let Limits { connection, write, .. } = self.0.limits;
        let end = Box::pin(sleep(connection.saturating_mul(2)));
        let until = Until(Instant::now() + connection);
        Ok((Guarded { stream, write, stalled: None, end, _place: place }, Client(address), until))
    }
}

#[derive(Debug)]
struct Place {
    gate: Gate,
    network: Neighbourhood,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.leave(self.network);
    }
}

/// A connection that gives its place back when it ends.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: TcpStream,
    /// For how long the other side may take no byte.
    write: Duration,
    /// Runs while it takes none.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs from the beginning to the end.
    end: Pin<Box<Sleep>>,
    _place: Place,
}

impl Guarded {
    /// An error once the connection has had its time; wakes its task then.
    fn ended(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.end.as_mut().poll(cx).is_ready() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    /// What became of a write: an error, if none of the last ones got anywhere.
    fn written<T>(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.stalled = None;
            return wrote;
        }
        let write = self.write;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(write)));
        if stalled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.ended(cx)?;
        Poll::Pending
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.ended(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, wrote)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.written(cx, shut)
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = Guarded;
    type Service = AddExtension<AddExtension<S, Client>, Until>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Guarded, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move {
            let (stream, client, until) = gate.admit(stream).await?;
            Ok((stream, Extension(until).layer(Extension(client).layer(service))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(connections: usize, connections_per_network: usize) -> Gate {
        let second = Duration::from_secs(1);
        let times = (second, second, second, second, second);
        let (head, request, write, connection, drain) = times;
        let limits = Limits {
            connections,
            connections_per_network,
            requests_per_minute: 1,
            head,
            request,
            write,
            connection,
            drain,
        };
        Gate::new(limits, vec![])
    }

    #[test]
    fn r_sec_15_one_network_does_not_take_every_place() {
        for (one, same, other, another) in [
            ("192.0.2.1", "192.0.2.200", "192.0.3.1", "198.51.100.1"),
            ("2001:db8:0:1::1", "2001:db8:0:ff:1:2:3:4", "2001:db8:0:100::1", "2001:db9::1"),
        ] {
            let gate = gate(3, 2);
            let enter = |text: &str| gate.enter(text.parse().unwrap());
            let first = enter(one).unwrap();
            let second = enter(same).unwrap();
            assert!(enter(one).is_none() && enter(same).is_none(), "two of one network");
            let third = enter(other).unwrap();
            assert!(enter(another).is_none(), "three of all");
            drop((first, second));
            assert!(enter(same).is_some());
            drop(third);
            let open = gate.0.open.lock().unwrap();
            assert_eq!((open.all, open.by_network.len()), (0, 0), "nothing of a network is kept");
        }
    }
}
