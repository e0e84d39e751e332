//! The least of HTTP/1.1 that sends one request after another over one connection. A machine that
//! plays the voters and the server has no time for more.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::shell::Failure;

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Wire {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    reached: bool,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The other side ends the connection.
    last: bool,
}

impl Wire {
    /// To a base such as `http://127.0.0.1:80`; connects when it is needed.
    pub(crate) fn new(base: &str) -> Self {
        Self {
            address: base.trim_start_matches("http://").to_owned(),
            stream: None,
            buffer: Vec::new(),
            reached: false,
        }
    }

    /// A request of these bytes with their type, by whoever has this token.
    pub(crate) fn post(&self, path: &str, token: Option<&str>, kind: &str, body: &[u8]) -> Vec<u8> {
        let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\n{bearer}content-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    /// Sends a request and waits for its answer. After an error the connection is made anew.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Reply, Failure> {
        let reply = self.exchange(request).await;
        if reply.is_err() {
            self.stream = None;
        }
        reply.map_err(|why| Failure::new(why.to_string()))
    }

    /// Whether the last request may have arrived.
    pub(crate) fn reached(&self) -> bool {
        self.reached
    }

    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Reply> {
        self.reached = self.stream.is_some();
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        self.reached = true;
        stream.write_all(request).await?;
        self.buffer.clear();
        let reply = loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(reply) = parse(&self.buffer)? {
                break reply;
            }
        };
        if !reply.last {
            self.stream = Some(stream);
        }
        Ok(reply)
    }
}

/// The answer, if all of it is there.
fn parse(bytes: &[u8]) -> std::io::Result<Option<Reply>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let bad = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let (head, body) = bytes.split_at_checked(end.saturating_add(4)).ok_or_else(bad)?;
    let head = core::str::from_utf8(head).map_err(|_| bad())?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(bad)?;
    let header = |wanted: &str| {
        head.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let length = header("content-length").and_then(|(_, value)| value.trim().parse().ok());
    let length: usize = if status == 204 { 0 } else { length.ok_or_else(bad)? };
    let last = header("connection").is_some_and(|(_, value)| value.trim().eq_ignore_ascii_case("close"));
    Ok((body.len() >= length).then(|| Reply { status, body: body.get(..length).unwrap_or_default().to_vec(), last }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_ok_and(|reply| reply.is_none()), "{length}");
        }
        let reply = parse(whole).ok().flatten();
        assert!(reply.is_some_and(|reply| reply.status == 200 && reply.body == b"abc"));
        let last = parse(b"HTTP/1.1 204 No Content\r\nconnection: Close\r\n\r\n").ok().flatten();
        assert!(last.is_some_and(|reply| reply.last));
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 204 No Content\r\n\r\n").is_ok_and(|reply| reply.is_some()));
    }
}
