//! Which address a request came from, and whether that can be believed.

use std::net::IpAddr;

use axum::http::HeaderMap;

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<Network>);

/// An address with the number of leading bits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    /// The address, where there is one.
    pub address: Option<IpAddr>,
    /// False where many people may share it without our knowing.
    pub believed: bool,
    /// A proxy that the settings don't name seems to stand in between.
    pub undeclared: bool,
}

impl TrustedProxies {
    /// Reads addresses and networks. What can't be read is trusted by nobody; the settings refuse it at start.
    pub fn new(entries: &[String]) -> Self {
        Self(entries.iter().filter_map(|entry| Network::parse(entry)).collect())
    }

    /// Whether a proxy at this address is believed.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client of a request: the peer itself, or what the nearest trusted proxies say.
    ///
    /// From the right, the first hop that is not a trusted proxy counts: everything left of it was written by that
    /// hop, which may be the attacker.
    pub(super) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Client {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
            return Client { address: None, believed: false, undeclared: false };
        };
        let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
        if !self.contains(peer) {
            // A proxy on this machine that nobody declared: all its people would share one budget. From elsewhere
            // the header is whatever its sender made up, and must not buy a way around the limit.
            return Client {
                address: Some(peer),
                believed: !(forwarded && peer.is_loopback()),
                undeclared: forwarded && is_near(peer),
            };
        }
        let lines: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or("?")).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            match parse_hop(hop) {
                Some(address) if self.contains(address) => {}
                Some(address) => {
                    return Client { address: Some(address), believed: true, undeclared: false };
                }
                None => break,
            }
        }
        Client { address: Some(peer), believed: false, undeclared: false }
    }
}

/// Whether this is where proxies stand: on this machine or in its own network.
fn is_near(peer: IpAddr) -> bool {
    match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        (prefix <= bits).then_some(Self { address, prefix })
    }

    fn contains(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - self.prefix;
                (u32::from(own) ^ u32::from(other)).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - self.prefix;
                (u128::from(own) ^ u128::from(other)).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// One hop: an address, with a port where a proxy writes one.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop
        .parse::<IpAddr>()
        .ok()
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;
