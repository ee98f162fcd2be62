//! Time-based one-time codes of an authenticator app (RFC 6238): six digits, SHA-1, 30 seconds, one step of drift either
//! way. Which steps were used is the storage's to remember.

use gatehouse_protocol::Code;
use qrcode::{EcLevel, QrCode, render::svg};
use totp_rs::{Builder, Secret, Totp};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{clock::Timestamp, entropy::Entropy};

/// How long a code is the current one, in seconds.
pub const STEP: u64 = 30;
/// The bytes of a key: what the RFC recommends for SHA-1.
const KEY: usize = 20;

/// The key that codes are made from.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct TotpKey([u8; KEY]);

impl TotpKey {
    /// Draws a key.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; KEY];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// From its bytes; `None` where there are not 20.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes: to be sealed.
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The step that the code belongs to, if it is the code of now or of a step beside it and later than `last`.
    pub fn step_of(&self, code: &Code, last: i64, now: Timestamp) -> Option<i64> {
        let code: String = code.expose().chars().filter(|c| !c.is_whitespace()).collect();
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let step = self.rule("", "")?.check(&code, seconds(now))?;
        i64::try_from(step).ok().filter(|step| *step > last)
    }

    /// The code of a moment.
    pub fn code_at(&self, now: Timestamp) -> Option<Code> {
        self.rule("", "").map(|rule| Code::new(rule.generate(seconds(now)).to_string()))
    }

    /// The key as people type it: base32 in groups of four.
    pub fn to_text(&self) -> Code {
        let text = Secret::from(self.0.to_vec()).to_base32();
        let groups: Vec<&str> =
            text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        Code::new(groups.join(" "))
    }

    /// A QR code with everything that an authenticator app needs, as an SVG document; `None` if it does not fit.
    pub fn picture(&self, app_name: &str, username: &str) -> Option<String> {
        let url = self.rule(app_name, username)?.to_url().ok()?;
        let code = QrCode::with_error_correction_level(url, EcLevel::M).ok()?;
        let black = svg::Color("#000");
        Some(code.render().min_dimensions(200, 200).dark_color(black).light_color(svg::Color("#fff")).build())
    }

    fn rule(&self, app_name: &str, username: &str) -> Option<Totp> {
        // A colon separates the two in the address that the app reads.
        let plain = |text: &str| text.replace(':', " ");
        let builder = Builder::new().with_secret(self.0.to_vec()).with_account_name(plain(username));
        let issuer = (!app_name.is_empty()).then(|| plain(app_name).into_boxed_str());
        builder.with_issuer(issuer).build().ok()
    }
}

impl std::fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpKey(…)")
    }
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.0 / 1000).unwrap_or_default()
}

#[cfg(test)]
mod tests;
