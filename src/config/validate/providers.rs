//! Who else may say who somebody is.

use std::path::Path;

use url::Url;

use super::Place;
use crate::{
    config::{ProviderSettings, Settings, Speaks},
    identity::{EmailAddress, Role},
};

/// The longest name and label, in characters.
const NAME_MAX: usize = 32;
const LABEL_MAX: usize = 40;

pub(super) fn check(settings: &mut Settings, place: Place<'_>, wrong: &mut Vec<String>) {
    let https = settings.is_secure();
    for (name, provider) in &mut settings.providers {
        let at = |key: &str| place(&format!("providers.{name}.{key}"));
        let section = place(&format!("providers.{name}"));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(plain) {
            wrong.push(format!(
                "{section} has a name that stands in addresses. Write 1 to {NAME_MAX} of a-z, 0-9, - and _, for example \
                 `[providers.company]`."
            ));
        }
        if provider.label.as_ref().is_some_and(|text| {
            text.trim().is_empty() || text.chars().count() > LABEL_MAX || text.chars().any(char::is_control)
        }) {
            wrong.push(format!(
                "{} must have 1 to {LABEL_MAX} characters on one line. Shorten it.",
                at("label")
            ));
        }
        if provider.client_id.as_ref().is_none_or(|id| id.is_empty() || id.chars().any(char::is_control)) {
            wrong.push(format!(
                "{section} has no `client_id`. Write the one that the provider shows for this app."
            ));
        }
        issuer(provider, &at, &section, wrong);
        secret(provider, &at, &section, wrong);
        if let Some(file) = provider.ca.as_deref().filter(|file| !Path::is_file(file)) {
            wrong.push(format!("{} names {}, which is no file. Mend the path.", at("ca"), file.display()));
        }
        if provider.kind.preset().speaks == Speaks::Apple && !https {
            wrong.push(format!(
                "{section} leads back to https addresses alone. Write `public_url = \"https://app.example.org\"`."
            ));
        }
        people(provider, &at, wrong);
    }
}

fn issuer(provider: &ProviderSettings, at: Place<'_>, section: &str, wrong: &mut Vec<String>) {
    let kind = provider.kind.preset();
    if let Some(tenant) = &provider.tenant {
        let fits = tenant.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        if tenant.is_empty() || !fits || !kind.issuer.contains('{') {
            wrong.push(format!(
                "{} goes with kind \"microsoft\" (the directory's id), \"auth0\" and \"okta\" (the host). Mend or remove it.",
                at("tenant")
            ));
            return;
        }
        // Where a directory is for everybody, anybody can make one and name people as he likes.
        if ["common", "organizations", "consumers"].contains(&tenant.as_str()) {
            wrong.push(format!(
                "{} is {tenant:?}, which stands for no directory in particular. Write the id of your own.",
                at("tenant")
            ));
        }
    }
    let Some(text) = provider.issuer() else {
        let missing =
            if kind.issuer.is_empty() { "issuer = \"https://id.example.org\"" } else { "tenant = \"…\"" };
        wrong.push(format!("{section} does not say where the provider is. Write `{missing}` there."));
        return;
    };
    let url = Url::parse(&text).ok().filter(|url| {
        url.host().is_some() && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
    });
    let Some(url) = url else {
        wrong.push(format!("{} is no address. Write `issuer = \"https://id.example.org\"`.", at("issuer")));
        return;
    };
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && here) {
        wrong.push(format!(
            "{} is {text:?}: whoever is on the way could say who somebody is. Write an https address.",
            at("issuer")
        ));
    }
}

fn secret(provider: &ProviderSettings, at: Place<'_>, section: &str, wrong: &mut Vec<String>) {
    if provider.client_secret.is_some() && provider.client_secret_file.is_some() {
        wrong.push(format!("{} and `client_secret_file` are one setting. Remove one.", at("client_secret")));
    }
    let apple = provider.kind.preset().speaks == Speaks::Apple;
    let has = provider.client_secret.is_some() || provider.client_secret_file.is_some();
    if !has {
        wrong.push(format!(
            "{section} has no secret. Write `client_secret_file = \"…\"` there, or set \
             GATEHOUSE_PROVIDERS__NAME__CLIENT_SECRET."
        ));
    }
    if provider.client_secret.as_ref().is_some_and(|secret| secret.expose().trim().is_empty()) {
        wrong.push(format!("{} is empty. Write the one that the provider shows.", at("client_secret")));
    }
    if let Some(file) = provider.client_secret_file.as_deref().filter(|file| !Path::is_file(file)) {
        wrong.push(format!(
            "{} names {}, which is no file. Mend the path.",
            at("client_secret_file"),
            file.display()
        ));
    }
    if apple && (provider.apple_team.is_none() || provider.apple_key_id.is_none()) {
        wrong.push(format!("{section} needs `apple_team` and `apple_key_id`, as Apple shows them."));
    }
}

fn people(provider: &mut ProviderSettings, at: Place<'_>, wrong: &mut Vec<String>) {
    for domain in &mut provider.domains {
        match EmailAddress::parse(&format!("name@{}", domain.trim_start_matches('@'))) {
            Ok(address) if !domain.contains('*') => address.domain().clone_into(domain),
            _ => wrong.push(format!(
                "{} has {domain:?}, which is no mail domain. Write `domains = [\"example.org\"]`.",
                at("domains")
            )),
        }
    }
    for role in provider.roles.values().flatten() {
        if let Err(error) = Role::parse(role) {
            wrong.push(format!("{}: {error}.", at("roles")));
        }
    }
    if provider.roles.is_empty() != provider.groups_claim.is_none() {
        wrong.push(format!(
            "{} and the section `roles` go together: one names the claim, the other what its groups give. Write both or \
             neither.",
            at("groups_claim")
        ));
    }
    if provider
        .scopes
        .iter()
        .any(|scope| scope.is_empty() || !scope.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        wrong.push(format!(
            "{} has what is no scope. Write `scopes = [\"openid\", \"email\"]`.",
            at("scopes")
        ));
    }
    let speaks = provider.kind.preset().speaks;
    let openid = matches!(speaks, Speaks::Oidc | Speaks::Apple);
    if openid && !provider.scopes.is_empty() && !provider.scopes.iter().any(|scope| scope == "openid") {
        wrong.push(format!("{} must have \"openid\" among them. Add it.", at("scopes")));
    }
}

#[cfg(test)]
mod tests;
