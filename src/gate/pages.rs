//! The operator's rules for pages: which roles a page asks for, whatever the page's own code does.

use std::collections::BTreeMap;

use crate::identity::Identity;

/// Rules by a page's name: the last part of its address, empty for the page at the app's own address.
#[derive(Debug, Clone, Default)]
pub struct PageRules(BTreeMap<String, Vec<String>>);

impl PageRules {
    /// The rules of the settings; `"/"` and `""` both mean the page at the app's own address.
    pub fn new(pages: &BTreeMap<String, Vec<String>>) -> Self {
        Self(pages.iter().map(|(page, roles)| (name_of(page).to_owned(), roles.clone())).collect())
    }

    /// The roles of which a page asks for any; `None` where it has no rule, empty where being signed in is enough.
    pub fn roles(&self, page: &str) -> Option<&[String]> {
        self.0.get(name_of(page)).map(Vec::as_slice)
    }

    /// Whether the page may be run for this person, or for nobody.
    pub fn allows(&self, page: &str, identity: Option<&Identity>) -> bool {
        let Some(asked) = self.roles(page) else { return true };
        identity.is_some_and(|identity| {
            asked.is_empty()
                || identity.roles.iter().any(|role| asked.iter().any(|name| name == role.as_str()))
        })
    }

    /// Every rule, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> + '_ {
        self.0.iter().map(|(page, roles)| (page.as_str(), roles.as_slice()))
    }
}

/// A page's name in the path below the app's address.
pub(super) fn name_of(path: &str) -> &str {
    path.trim_matches('/')
}

#[cfg(test)]
mod tests;
