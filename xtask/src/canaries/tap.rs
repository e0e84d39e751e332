//! A wire-tap of our own between a voter's device and the server: every byte of both directions is kept.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::shell::Failure;

/// A request and its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) asked: Vec<u8>,
    pub(crate) answered: Vec<u8>,
}

/// A port that leads to the server.
#[derive(Debug)]
pub(crate) struct Tap {
    pub(crate) url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

type Kept = Arc<Mutex<Vec<Exchange>>>;

impl Tap {
    pub(crate) async fn open(server: &str) -> Result<Self, Failure> {
        let bad = |error: std::io::Error| Failure::new(format!("a tap: {error}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(bad)?;
        let url = format!("http://{}", listener.local_addr().map_err(bad)?);
        let (exchanges, to) = (Kept::default(), server.trim_start_matches("http://").to_owned());
        let kept = Arc::clone(&exchanges);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, to.clone(), Arc::clone(&kept)));
            }
        });
        Ok(Self { url, exchanges })
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One connection. A request is over when its answer begins, as nobody asks twice before.
async fn carry(mut device: TcpStream, to: String, kept: Kept) -> std::io::Result<()> {
    let mut server = TcpStream::connect(&to).await?;
    let (mut up, mut down) = ([0u8; 16_384], [0u8; 16_384]);
    let mut number = None;
    loop {
        tokio::select! {
            read = device.read(&mut up) => {
                let bytes = up.get(..read?).unwrap_or_default();
                if bytes.is_empty() {
                    return Ok(());
                }
                keep(&kept, &mut number, |exchange| exchange.asked.extend_from_slice(bytes), true);
                server.write_all(bytes).await?;
            }
            read = server.read(&mut down) => {
                let bytes = down.get(..read?).unwrap_or_default();
                if bytes.is_empty() {
                    return Ok(());
                }
                keep(&kept, &mut number, |exchange| exchange.answered.extend_from_slice(bytes), false);
                device.write_all(bytes).await?;
            }
        }
    }
}

fn keep(kept: &Kept, number: &mut Option<usize>, add: impl FnOnce(&mut Exchange), asks: bool) {
    let mut all = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = number.and_then(|number| all.get(number)).is_none_or(|last| asks && !last.answered.is_empty());
    if fresh {
        all.push(Exchange::default());
        *number = Some(all.len().saturating_sub(1));
    }
    if let Some(exchange) = number.and_then(|number| all.get_mut(number)) {
        add(exchange);
    }
}
