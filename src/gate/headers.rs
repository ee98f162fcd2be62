//! Request headers: what we inject must not come from outside, and the app must not see our cookies.

/// The header in which the app's script finds the handle of its websocket.
pub const HANDLE_HEADER: &str = "x-gatehouse-handle";

/// Every header of ours begins so.
const PREFIX: &str = "x-gatehouse-";
/// Every cookie of ours begins so, those of other Gatehouse apps on this host included.
const COOKIES: [&str; 2] = ["gatehouse-", "__host-gatehouse-"];

/// One header as ASGI carries it.
pub type Header = (Vec<u8>, Vec<u8>);

/// The headers that the app may see: none that begins with `x-gatehouse-` in any spelling, no cookie of ours.
///
/// A name counts as spelled the same when it differs by case or by a sign for another: WSGI, CGI and their like fold both.
pub fn strip(headers: Vec<Header>) -> Vec<Header> {
    headers.into_iter().filter(|(name, _)| !is_ours(name)).filter_map(strip_cookies).collect()
}

/// The cookies of a request, as one text; what is not UTF-8 is of nobody's interest here.
pub fn cookie_header(headers: &[Header]) -> String {
    let values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"cookie"));
    values.map(|(_, value)| String::from_utf8_lossy(value)).collect::<Vec<_>>().join("; ")
}

/// The value of a header that must be there exactly once; `None` if it is absent, repeated or not ASCII.
pub fn single<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
    let (_, value) = found.next()?;
    if found.next().is_some() || !value.is_ascii() {
        return None;
    }
    std::str::from_utf8(value).ok()
}

fn is_ours(name: &[u8]) -> bool {
    folded(name).starts_with(PREFIX.as_bytes())
}

/// A name as it is compared.
pub(super) fn folded(name: &[u8]) -> Vec<u8> {
    let fold = |byte: &u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' };
    name.trim_ascii().iter().map(fold).collect()
}

fn strip_cookies((name, value): Header) -> Option<Header> {
    if !name.eq_ignore_ascii_case(b"cookie") {
        return Some((name, value));
    }
    let kept: Vec<&[u8]> = value.split(|b| *b == b';').filter(|pair| !is_our_cookie(pair)).collect();
    let kept = kept.join(&b';');
    (!kept.trim_ascii().is_empty()).then(|| (name, kept.trim_ascii_start().to_vec()))
}

fn is_our_cookie(pair: &[u8]) -> bool {
    // Starlette trims what Python calls white space in Latin-1, which is more than ASCII's.
    let space = |b: &u8| b.is_ascii_whitespace() || matches!(b, 0x0b | 0x1c..=0x1f | 0x85 | 0xa0);
    let name: Vec<u8> = pair.iter().copied().skip_while(space).map(|b| b.to_ascii_lowercase()).collect();
    COOKIES.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

#[cfg(test)]
mod tests;
