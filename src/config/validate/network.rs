//! Where the app is reached, and through which proxies.

use std::net::{IpAddr, SocketAddr};

use super::Place;
use crate::config::{PublicUrl, Settings};

pub(super) fn check(settings: &mut Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    if let Some(text) = &settings.public_url {
        match PublicUrl::parse(text) {
            Err(reason) => wrong.push(format!(
                "{} {reason}. Write `public_url = \"https://app.example.org\"`.",
                place("public_url")
            )),
            Ok(url) if !url.is_https() && !url.is_loopback() && !settings.allow_insecure_http => {
                wrong.push(format!(
                    "{} is {url}, so passwords and cookies would travel in clear text. Write `public_url = \"https://{}\"`, \
                     or, if you know why, `allow_insecure_http = true` beside it.",
                    place("public_url"),
                    url.authority()
                ));
            }
            Ok(url) => settings.public_url = Some(url.origin().to_owned()),
        }
    }
    if let Some(address) = &settings.metrics_address
        && address.parse::<SocketAddr>().is_err()
    {
        wrong.push(format!(
            "{} is {address:?}, which is no address with a port. Write `metrics_address = \"127.0.0.1:9464\"`.",
            place("metrics_address")
        ));
    }
    super::within(wrong, place, "shutdown_delay", settings.shutdown_delay, 0, 300);
    for proxy in &settings.trusted_proxies {
        if let Err(reason) = proxy_is_named(proxy) {
            wrong.push(format!(
                "{} has {proxy:?}, which {reason}. Write `trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/24\"]`.",
                place("trusted_proxies")
            ));
        }
    }
}

pub(super) fn proxy_is_named(text: &str) -> Result<(), &'static str> {
    if text.contains('*') {
        return Err("is a wildcard: anybody could then claim any address");
    }
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().map_err(|_| "is no address and no network")?;
    let most = if address.is_ipv4() { 32_u8 } else { 128 };
    match bits.map(str::parse::<u8>) {
        None => Ok(()),
        Some(Ok(0)) => Err("is every address there is"),
        Some(Ok(bits)) if bits <= most => Ok(()),
        Some(_) => Err("has a prefix that is too long"),
    }
}
