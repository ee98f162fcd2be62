//! What belongs into settings and secrets and not into the database: a piece of TOML for `.streamlit/secrets.toml`.

use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use url::Url;
use zeroize::Zeroizing;

use super::read::{Config, Provider};
use crate::{entropy::OsEntropy, identity::EmailAddress, session::Secret};

/// What can be written, and what is to be said about it line by line.
pub(super) struct Draft {
    toml: Zeroizing<String>,
    pub(super) remarks: Vec<Remark>,
}

/// One finding.
pub(super) struct Remark {
    pub(super) line: usize,
    pub(super) about: String,
    /// Whether the draft has it.
    pub(super) drafted: bool,
    pub(super) sentence: String,
}

impl Draft {
    /// The draft for a file of this name.
    pub(super) fn of(config: &Config, file: &str) -> Self {
        let mut draft = Self { toml: Zeroizing::new(String::new()), remarks: Vec::new() };
        draft.addresses(config);
        draft.providers(config);
        if !draft.toml.is_empty() {
            let head = format!(
                "# From {} by `gatehouse import`. This is a piece of .streamlit/secrets.toml: keep it as secret.\n",
                serde_json::Value::from(file)
            );
            draft.toml.insert_str(0, &head);
        }
        draft
    }

    /// Whether there is anything to write.
    pub(super) fn is_empty(&self) -> bool {
        self.toml.is_empty()
    }

    /// Writes the draft into a new file that its owner alone can read.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(self.toml.as_bytes())?;
        file.sync_all()
    }

    fn addresses(&mut self, config: &Config) {
        let mut named = Vec::new();
        for listed in &config.preauthorized {
            match EmailAddress::parse(&listed.text) {
                Ok(address) => {
                    named.push(text(address.folded()));
                    self.say(listed.line, address.as_str(), true, "may register");
                }
                Err(_) => {
                    self.say(listed.line, &listed.text, false, "is no address: mend it, and add it by hand");
                }
            }
        }
        named.dedup();
        if !named.is_empty() {
            // Each address makes one account: it need not be taken out afterwards.
            let _ = write!(
                self.toml,
                "\n[gatehouse]\nregistration = \"domains\"\nregistration_addresses = [\n    {},\n]\n",
                named.join(",\n    ")
            );
        }
    }

    fn providers(&mut self, config: &Config) {
        let ready: Vec<(&Provider, String, &str)> = config
            .providers
            .iter()
            .filter_map(|provider| match prepared(provider) {
                Ok((metadata, client_id)) => Some((provider, metadata, client_id)),
                Err(sentence) => {
                    self.say(provider.line, &provider.name, false, sentence);
                    None
                }
            })
            .collect();
        if ready.is_empty() {
            return;
        }
        let secret = Secret::draw(&OsEntropy);
        let callback = ready.iter().find_map(|(provider, ..)| callback(provider.redirect_uri.as_deref()?));
        let redirect = match &callback {
            Some(url) => format!("redirect_uri = {}", text(url)),
            None => "# Where the app is, for example:\n# redirect_uri = \"https://app.example.org/oauth2callback\"".to_owned(),
        };
        let _ = write!(
            self.toml,
            "\n# For `st.login`, which needs Authlib (pip install \"streamlit[auth]\").\n[auth]\n{redirect}\n\
             cookie_secret = \"{}\"\n",
            secret.expose()
        );
        for (provider, metadata, client_id) in ready {
            let key = match &provider.client_secret {
                Some(key) => Zeroizing::new(format!("client_secret = {}", text(key.expose()))),
                None => Zeroizing::new("# client_secret = \"…\"".to_owned()),
            };
            let _ = write!(
                self.toml,
                "\n[auth.{}]\nclient_id = {}\n{}\nserver_metadata_url = {}\n",
                provider.name,
                text(client_id),
                key.as_str(),
                text(&metadata)
            );
            let register = match &callback {
                Some(url) => format!("for `st.login({:?})`: register {url} with the provider", provider.name),
                None => {
                    format!("for `st.login({:?})`: write its redirect_uri, and register it", provider.name)
                }
            };
            self.say(provider.line, &provider.name, true, &register);
        }
    }

    fn say(&mut self, line: usize, about: &str, drafted: bool, sentence: &str) {
        let (about, sentence) = (about.to_owned(), sentence.to_owned());
        self.remarks.push(Remark { line, about, drafted, sentence });
    }
}

/// Where the provider describes itself, and the client's id; or why it can't be written.
fn prepared(provider: &Provider) -> Result<(String, &str), &'static str> {
    let metadata = match provider.name.as_str() {
        "google" => "https://accounts.google.com/.well-known/openid-configuration".to_owned(),
        "microsoft" => {
            let tenant =
                provider.tenant_id.as_deref().ok_or("has no `tenant_id`: add it, and run this again")?;
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            if tenant.is_empty() || !tenant.chars().all(plain) {
                return Err("has a `tenant_id` that is no name: mend it, and run this again");
            }
            format!("https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration")
        }
        _ => return Err("is a provider that the package does not know either"),
    };
    let client_id = provider.client_id.as_deref().ok_or("has no `client_id`: add it, and run this again")?;
    Ok((metadata, client_id))
}

/// Where Streamlit takes the answer of a provider: beside the page that the other package named.
fn callback(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.join("oauth2callback").ok().map(String::from)
}

/// A text in TOML: JSON's quotes, and the one control character that JSON lets pass.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests;
