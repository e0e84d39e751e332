//! The witness as a server: `POST /add-checkpoint`, `GET /status`.
//!
//! HTTP/1.1 without encryption: it listens on the loopback or behind a proxy. Whoever is slow or
//! sends much is cut off, and holds up nobody else.

use core::convert::Infallible;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::status;
use crate::witness::{Answer, Over, Witness};

/// Longest body: 63 hashes and a checkpoint with 64 signatures fit several times.
pub const LONGEST: usize = 64 * 1024;

/// What is allowed to whoever connects.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; further ones wait.
    pub connections: usize,
    /// Connections at once of one address (IPv6: of one /64), unless it is this machine's; further ones are cut.
    pub of_one: usize,
    /// For the head of a request, and between two requests of a connection.
    pub head: Duration,
    /// For the body.
    pub body: Duration,
    /// For a whole connection.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            of_one: 4,
            head: Duration::from_secs(3),
            body: Duration::from_secs(10),
            connection: Duration::from_secs(120),
        }
    }
}

/// Listens on an address.
///
/// # Errors
/// If the system does not allow it.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let failed = |why| Error::Listen { address: address.to_string(), why };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// What is done when a request was answered: the program prints it.
pub type Told = dyn Fn(&Answer) + Send + Sync;

/// A witness that is served, and whom to tell.
struct Service {
    witness: Arc<Witness>,
    quiet: u64,
    limits: Limits,
    told: Box<Told>,
}

/// Serves until the process ends. A log that was not heard for `quiet` seconds is shown as silent.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    quiet: u64,
    limits: Limits,
    told: Box<Told>,
) -> Result<Infallible> {
    let address = listener.local_addr().map_or_else(|_| String::new(), |address| address.to_string());
    let failed = |why| Error::Listen { address: address.clone(), why };
    // Judging blocks on the disk: it has threads of its own.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build().map_err(failed)?;
    let service = Arc::new(Service { witness, quiet, limits, told });
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        accept(&listener, service).await
    })
}

async fn accept(listener: &tokio::net::TcpListener, service: Arc<Service>) -> Result<Infallible> {
    let room = Arc::new(Semaphore::new(service.limits.connections));
    let places = Arc::new(Places::default());
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { continue };
        let Ok((stream, peer)) = listener.accept().await else {
            // Too many open files, or a connection that ended before it began: others go on.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Some(seat) = places.take(peer.ip(), service.limits.of_one) else { continue };
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let limits = service.limits;
            let answer = service_fn(move |request| {
                let service = Arc::clone(&service);
                async move { Ok::<_, Infallible>(service.answer(request).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.head)
                .max_buf_size(16 * 1024)
                .serve_connection(TokioIo::new(stream), answer);
            // How a connection ends concerns nobody but the other side.
            let _ = timeout(limits.connection, connection).await;
            drop((place, seat));
        });
    }
}

/// Who has how many connections.
#[derive(Debug, Default)]
struct Places(Mutex<BTreeMap<IpAddr, usize>>);

/// A connection of somebody, while it lives.
#[derive(Debug)]
struct Seat {
    places: Arc<Places>,
    of: IpAddr,
}

impl Places {
    /// A place, unless the address has as many as it may. A proxy on this machine brings everybody, and limits them itself.
    fn take(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Seat> {
        let of = match address.to_canonical() {
            IpAddr::V6(six) if !six.is_loopback() => {
                let [a, b, c, d, ..] = six.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            other => other,
        };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(of).or_insert(0);
        if *count >= most && !of.is_loopback() {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Seat { places: Arc::clone(self), of })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.of) {
            Some(count) if *count > 1 => *count = count.saturating_sub(1),
            _ => drop(taken.remove(&self.of)),
        }
    }
}

impl Service {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.uri().path(), request.method()) {
            ("/add-checkpoint", &Method::POST) => self.add_checkpoint(request).await,
            ("/status", &Method::GET) => {
                let text = status::of(&self.witness, self.quiet).to_json();
                reply(StatusCode::OK, "application/json", text)
            }
            ("/add-checkpoint", _) => not_allowed("POST"),
            ("/status", _) => not_allowed("GET"),
            _ => reply(StatusCode::NOT_FOUND, PLAIN, "not found\n".to_owned()),
        }
    }

    async fn add_checkpoint(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let too_long = || last(reply(StatusCode::PAYLOAD_TOO_LARGE, PLAIN, "too long\n".to_owned()));
        let body = request.into_body();
        if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > LONGEST) {
            return too_long();
        }
        let body = Limited::new(body, LONGEST).collect();
        let body = match timeout(self.limits.body, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return too_long(),
            Ok(Err(_)) => return last(reply(StatusCode::BAD_REQUEST, PLAIN, "the body ended early\n".to_owned())),
            Err(_) => return last(reply(StatusCode::REQUEST_TIMEOUT, PLAIN, "too slow\n".to_owned())),
        };
        let witness = Arc::clone(&self.witness);
        let judged = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
        let Ok(answer) = judged else {
            return reply(StatusCode::INTERNAL_SERVER_ERROR, PLAIN, "not signed\n".to_owned());
        };
        (self.told)(&answer);
        respond(&answer)
    }
}

const PLAIN: &str = "text/plain; charset=utf-8";

/// The answer in the words of C2SP tlog-witness.
fn respond(answer: &Answer) -> Response<Full<Bytes>> {
    let plain = |status, text: String| reply(status, PLAIN, text + "\n");
    match answer {
        Answer::Signed(line) => plain(StatusCode::OK, line.to_string()),
        Answer::Malformed(error) => plain(StatusCode::BAD_REQUEST, error.to_string()),
        Answer::Shrunk => plain(StatusCode::BAD_REQUEST, "the old size is above the checkpoint's".to_owned()),
        Answer::UnknownOrigin => plain(StatusCode::NOT_FOUND, "unknown origin".to_owned()),
        Answer::Unsigned => plain(StatusCode::FORBIDDEN, "no signature of the log verifies".to_owned()),
        Answer::Conflict { size } => reply(StatusCode::CONFLICT, "text/x.tlog.size", format!("{size}\n")),
        Answer::BadProof => plain(StatusCode::UNPROCESSABLE_ENTITY, "the consistency proof does not hold".to_owned()),
        Answer::Over(over) => plain(
            StatusCode::GONE,
            match over {
                Over::OtherElection => "the witness vouched for another election of this manifest",
                Over::Late => "reception has ended: nobody can vouch for the empty board any more",
                Over::Closed => "the witness has signed another closing",
            }
            .to_owned(),
        ),
        // What went wrong with the disk is for the witness to read, not for the log.
        Answer::Failed(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "not signed".to_owned()),
    }
}

fn reply(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A body that was not read to its end is in the way of another request.
fn last(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(hyper::header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn not_allowed(method: &'static str) -> Response<Full<Bytes>> {
    let mut response = reply(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "method not allowed\n".to_owned());
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_does_not_hold_all_places() {
        let places = Arc::new(Places::default());
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut seats: Vec<Seat> = (0..4).map(|_| places.take(ip("192.0.2.1"), 4).unwrap()).collect();
        assert!(places.take(ip("192.0.2.1"), 4).is_none() && places.take(ip("::ffff:192.0.2.1"), 4).is_none());
        let _others: Vec<Seat> = (1..5).map(|n| places.take(ip(&format!("2001:db8::{n}")), 4).unwrap()).collect();
        assert!(places.take(ip("2001:db8::ffff:1"), 4).is_none(), "a /64 is one");
        assert!(places.take(ip("2001:db8:0:1::1"), 4).is_some() && places.take(ip("192.0.2.2"), 4).is_some());
        drop(seats.pop());
        seats.push(places.take(ip("192.0.2.1"), 4).unwrap());
        drop(seats);
        assert!(!places.0.lock().unwrap().contains_key(&ip("192.0.2.1")));
        // A proxy.
        let local: Vec<Option<Seat>> = (0..64).map(|_| places.take(ip("127.0.0.1"), 4)).collect();
        assert!(local.iter().all(Option::is_some));
    }
}
