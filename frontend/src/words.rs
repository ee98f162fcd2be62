//! The sentences in the person's language. English is part of the bundle; another language is fetched when asked for.

use js_sys::{Array, Intl, JSON, JsString, Object, Reflect};
#[cfg(feature = "later")]
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::*;

use crate::{
    http,
    machine::{Gap, Line, Text},
};

/// Where the other languages are, relative to the bundle: `tag=file`, separated by commas.
const LANGUAGES: &str = match option_env!("GATEHOUSE_LANGUAGES") {
    Some(list) => list,
    None => "de=messages/de.json",
};

/// The same for what is loaded later: setting factors up, and the account page.
#[cfg(feature = "later")]
const ACCOUNT_LANGUAGES: &str = match option_env!("GATEHOUSE_ACCOUNT_LANGUAGES") {
    Some(list) => list,
    None => "de=messages/account/de.json",
};

#[wasm_bindgen]
extern "C" {
    /// The address of the bundle itself.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static BUNDLE_URL: JsString;
}

/// The message table of one language.
#[derive(Debug)]
pub(crate) struct Words {
    table: JsValue,
}

impl Words {
    /// The language that is always there.
    pub(crate) fn english() -> Self {
        let forms = Self { table: parsed(include_str!("../messages/en.json")) };
        #[cfg(feature = "later")]
        let forms = forms.and(&parsed(include_str!("../messages/account/en.json")));
        forms
    }

    /// The language that fits best: what the app asks for, then what the browser's owner prefers, then English.
    pub(crate) async fn load(wished: Option<&str>) -> Self {
        let preferred: Vec<String> = match (wished, web_sys::window()) {
            (Some(tag), _) => vec![tag.to_owned()],
            (None, Some(window)) => {
                window.navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
            }
            (None, None) => Vec::new(),
        };
        for tag in preferred {
            let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
            if primary == "en" {
                break;
            }
            if let Some(file) = file_of(LANGUAGES, &primary)
                && let Ok(table) = http::file(beside_bundle(file)).await
            {
                let forms = Self { table };
                #[cfg(feature = "later")]
                let forms = forms.with_later().await;
                return forms;
            }
        }
        Self::english()
    }

    /// With the sentences of what is loaded later.
    #[cfg(feature = "later")]
    async fn with_later(self) -> Self {
        let own = match file_of(ACCOUNT_LANGUAGES, &self.lang()) {
            Some(file) => http::file(beside_bundle(file)).await.ok(),
            None => None,
        };
        match own {
            Some(own) => self.and(&own),
            None => Self::english(),
        }
    }

    #[cfg(feature = "later")]
    fn and(self, more: &JsValue) -> Self {
        let (table, more): (&Object, &Object) = (self.table.unchecked_ref(), more.unchecked_ref());
        Self { table: Object::assign(table, more).into() }
    }

    /// The language's tag, for `lang`.
    pub(crate) fn lang(&self) -> String {
        self.get("lang")
    }

    /// Left to right or right to left, for `dir`.
    pub(crate) fn dir(&self) -> String {
        self.get("dir")
    }

    /// A text without gaps.
    pub(crate) fn text(&self, text: Text) -> String {
        self.get(text.key())
    }

    /// A text with its gaps filled.
    pub(crate) fn line(&self, line: &Line) -> String {
        self.fill(line.text.key(), &line.gaps)
    }

    /// The text of a key with its gaps filled.
    pub(crate) fn fill(&self, key: &str, gaps: &[(&'static str, Gap)]) -> String {
        // Words and the names of gaps take turns: `Hello {name}, welcome`.
        let mut said = String::new();
        for (index, part) in self.get(key).split(['{', '}']).enumerate() {
            match gaps.iter().find(|(name, _)| index % 2 == 1 && *name == part) {
                Some((_, gap)) => said.push_str(&self.gap(gap)),
                None => said.push_str(part),
            }
        }
        said
    }

    fn get(&self, key: &str) -> String {
        let found =
            Reflect::get(&self.table, &JsValue::from_str(key)).ok().and_then(|value| value.as_string());
        found.unwrap_or_default()
    }

    fn gap(&self, gap: &Gap) -> String {
        match gap {
            // Names are isolated where the text runs the other way.
            Gap::Words(words) if self.dir() == "rtl" => ["\u{2068}", words, "\u{2069}"].concat(),
            Gap::Words(words) => words.clone(),
            Gap::Number(number) => self.number(*number, None),
            Gap::Seconds(seconds @ 0..=90) => self.number(*seconds, Some("second")),
            Gap::Seconds(seconds @ 91..=5400) => self.number(seconds.div_ceil(60), Some("minute")),
            Gap::Seconds(seconds) => self.number(seconds.div_ceil(3600), Some("hour")),
        }
    }

    /// A number as the language writes it, with its unit.
    fn number(&self, number: u32, unit: Option<&str>) -> String {
        let options = Object::new();
        if let Some(unit) = unit {
            for (key, value) in [("style", "unit"), ("unit", unit), ("unitDisplay", "long")] {
                let set = Reflect::set(&options, &key.into(), &value.into());
                debug_assert!(set.is_ok(), "a plain object takes any key");
            }
        }
        let format = Intl::NumberFormat::new(&Array::of1(&self.lang().into()), &options).format();
        let text = format.call1(&JsValue::UNDEFINED, &number.into()).ok().and_then(|text| text.as_string());
        text.unwrap_or_else(|| number.to_string())
    }
}

fn parsed(table: &str) -> JsValue {
    JSON::parse(table).unwrap_or(JsValue::NULL)
}

/// The file of a language in a list of them.
fn file_of(list: &'static str, tag: &str) -> Option<&'static str> {
    list.split(',')
        .filter_map(|entry| entry.split_once('='))
        .find(|(known, _)| *known == tag)
        .map(|(_, file)| file)
}

/// The address of a file that lies beside the bundle.
fn beside_bundle(file: &str) -> String {
    let base = BUNDLE_URL.with(|url| String::from(url));
    web_sys::Url::new_with_base(file, &base).map(|url| url.href()).unwrap_or_default()
}
