//! The PROXY protocol, versions 1 and 2 (haproxy.org): one line, or one block, before the connection's own bytes.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The 12 bytes that version 2 begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Longest line of version 1, its end included.
const LINE: usize = 107;
/// Longest block of version 2 that is read.
const BLOCK: u16 = 1024;

/// Reads the header and not a byte more. `None`: the balancer speaks for itself.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<IpAddr>> {
    let mut start = [0u8; 12];
    stream.read_exact(&mut start).await?;
    if start == SIGNATURE { block(stream).await } else { line(stream, &start).await }
}

fn malformed() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

async fn line(stream: &mut (impl AsyncRead + Unpin), start: &[u8]) -> io::Result<Option<IpAddr>> {
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= LINE {
            return Err(malformed());
        }
        line.push(stream.read_u8().await?);
    }
    let text = core::str::from_utf8(&line).map_err(|_| malformed())?;
    let mut words = text.trim_end().split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some("PROXY"), Some("UNKNOWN"), _) => Ok(None),
        (Some("PROXY"), Some("TCP4"), Some(source)) => {
            source.parse().map(|v4: Ipv4Addr| Some(v4.into())).map_err(|_| malformed())
        }
        (Some("PROXY"), Some("TCP6"), Some(source)) => {
            source.parse().map(|v6: Ipv6Addr| Some(IpAddr::V6(v6).to_canonical())).map_err(|_| malformed())
        }
        _ => Err(malformed()),
    }
}

async fn block(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<IpAddr>> {
    let command = stream.read_u8().await?;
    let family = stream.read_u8().await?;
    let length = stream.read_u16().await?;
    if length > BLOCK {
        return Err(malformed());
    }
    let mut rest = vec![0u8; length.into()];
    stream.read_exact(&mut rest).await?;
    match (command, family) {
        (0x20, _) | (0x21, 0x00) => Ok(None),
        (0x21, 0x11) if rest.len() >= 12 => {
            let source: &[u8; 4] = rest.first_chunk().ok_or_else(malformed)?;
            Ok(Some(IpAddr::from(*source)))
        }
        (0x21, 0x21) if rest.len() >= 36 => {
            let source: &[u8; 16] = rest.first_chunk().ok_or_else(malformed)?;
            Ok(Some(IpAddr::from(*source).to_canonical()))
        }
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(bytes: &[u8]) -> io::Result<(Option<String>, usize)> {
        let mut rest = bytes;
        let address = read(&mut rest).await?;
        Ok((address.map(|address| address.to_string()), rest.len()))
    }

    fn version_2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [SIGNATURE.as_slice(), &[command, family], &length, body, b"rest"].concat()
    }

    #[tokio::test]
    async fn says_whose_the_connection_is() {
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0, 80, 1, 187];
        let mut v6 = [0u8; 36];
        v6[..16].copy_from_slice(&"2001:db8::7".parse::<Ipv6Addr>().unwrap().octets());
        let cases: [(Vec<u8>, Option<&str>); 7] = [
            (b"PROXY TCP4 192.0.2.7 10.0.0.1 80 443\r\nrest".to_vec(), Some("192.0.2.7")),
            (b"PROXY TCP6 2001:db8::7 ::1 80 443\r\nrest".to_vec(), Some("2001:db8::7")),
            (b"PROXY UNKNOWN\r\nrest".to_vec(), None),
            (version_2(0x21, 0x11, &v4), Some("192.0.2.7")),
            (version_2(0x21, 0x21, &v6), Some("2001:db8::7")),
            (version_2(0x20, 0x00, b""), None),
            (version_2(0x21, 0x11, &[v4.as_slice(), &[3, 0, 1, 0]].concat()), Some("192.0.2.7")),
        ];
        for (bytes, address) in cases {
            assert_eq!(told(&bytes).await.unwrap(), (address.map(Into::into), 4), "{}", bytes.escape_ascii());
        }
    }

    #[tokio::test]
    async fn anything_else_ends_the_connection() {
        let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
        let cases: [&[u8]; 8] = [
            b"GET / HTTP/1.1\r\n",
            b"PROXY TCP4 nobody 10.0.0.1 80 443\r\n",
            b"PROXY TCP6 192.0.2.7 ::1 80 443\r\n",
            b"PROXY TCP4",
            b"PROXY TCP4 \xff\xff\r\n",
            &long,
            &version_2(0x21, 0x11, &[1, 2, 3, 4]),
            &[SIGNATURE.as_slice(), &[0x21, 0x11, 0xff, 0xff]].concat(),
        ];
        for bytes in cases {
            assert!(told(bytes).await.is_err(), "{}", bytes.escape_ascii());
        }
        let whole = version_2(0x21, 0x21, &[1; 36]);
        for end in 0..whole.len() - 4 {
            assert!(told(&whole[..end]).await.is_err(), "{end}");
        }
    }
}
