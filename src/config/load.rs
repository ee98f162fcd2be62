//! Loading: the sources in rising order, merged, made absolute and checked.

use std::{
    fmt,
    path::{Path, PathBuf, absolute},
};

use figment::{Figment, error::Kind as Wrong, providers::Serialized};

use super::{
    Database, Settings,
    layer::{ENVIRONMENT, Layer, nearest, variable_of},
    reference::{ANY, entries},
    source::source,
    validate::validate,
};
use crate::identity::Source;

/// Where to look for settings. Environment and arguments may hold passwords: they are not in `Debug`.
#[derive(Clone)]
pub struct LoadFrom {
    /// The app's main script, where one is served.
    pub app_path: Option<PathBuf>,
    /// The current directory.
    pub cwd: PathBuf,
    /// The environment's variables.
    pub environment: Vec<(String, String)>,
    /// What the caller sets, by dotted path; it overrides everything else.
    pub arguments: Vec<(String, serde_json::Value)>,
}

/// Settings that may be started with.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings; every path is absolute, `database` is set, and where it is a file, `key_file` or `key` is.
    pub settings: Settings,
    /// The files they came from.
    pub files: Vec<PathBuf>,
    /// Where people come from that these settings declare: tells them from those of another app on the same database.
    pub source: Source,
    /// The directory beside which things are kept.
    pub home: PathBuf,
}

impl Loaded {
    /// How these settings would be told from those of another app on that database.
    pub fn source_on(&self, database: &Database) -> Source {
        source(&self.home, Some(database), self.settings.public_origin().as_ref())
    }
}

/// Why the settings are refused: each a sentence or two, with where it came from and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Debug for LoadFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app_path, cwd, .. } = self;
        f.debug_struct("LoadFrom").field("app_path", app_path).field("cwd", cwd).finish_non_exhaustive()
    }
}

impl LoadFrom {
    /// The process's own directory and environment.
    pub fn process(app_path: Option<PathBuf>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            app_path,
            cwd: std::env::current_dir().unwrap_or_default(),
            environment,
            arguments: Vec::new(),
        }
    }

    /// The same, with a value that overrides everything else.
    #[must_use]
    pub fn with(mut self, path: &str, value: impl Into<serde_json::Value>) -> Self {
        self.arguments.push((path.to_owned(), value.into()));
        self
    }

    /// The directory beside which things are kept: the app's, or else the current one.
    fn home(&self) -> PathBuf {
        match self.app_path.as_deref().and_then(Path::parent) {
            Some(parent) => self.cwd.join(parent),
            None => self.cwd.clone(),
        }
    }

    /// The file beside the app, or else in the current directory.
    fn beside(&self, name: &str) -> PathBuf {
        let beside = self.home().join(name);
        if beside.exists() { beside } else { self.cwd.join(name) }
    }

    /// Every file that would be read, there or not.
    pub fn candidates(&self) -> Vec<PathBuf> {
        let homes = [self.home(), self.cwd.clone()];
        let files = FILES.iter().flat_map(|(name, _)| homes.iter().map(move |home| home.join(name)));
        let mut files: Vec<_> = files.collect();
        files.dedup();
        files
    }
}

/// The files that are read, the later over the earlier, and the section that is ours.
const FILES: [(&str, Option<&str>); 2] =
    [("gatehouse.toml", None), (".streamlit/secrets.toml", Some("gatehouse"))];

/// Whether the settings have one password for everybody. Nothing else of them is looked at.
pub fn has_shared_password(from: &LoadFrom) -> Result<bool, ConfigError> {
    let (figment, _) = gather(from)?;
    Ok(matches!(figment.find_value("shared_password"), Ok(figment::value::Value::String(..))))
}

/// Loads the settings and refuses unsafe ones.
pub fn load(from: &LoadFrom) -> Result<Loaded, ConfigError> {
    let (figment, files) = gather(from)?;
    let mut settings: Settings = figment
        .extract()
        .map_err(|error| ConfigError(error.into_iter().map(|error| sentence(&error)).collect()))?;
    resolve(&mut settings, from, &figment);
    let place = |path: &str| match figment.find_metadata(path) {
        Some(metadata) => place(metadata, path),
        None => format!("`{path}`"),
    };
    let wrong = validate(&mut settings, &place);
    if !wrong.is_empty() {
        return Err(ConfigError(wrong));
    }
    let home = absolute(from.home()).unwrap_or_else(|_| from.home());
    let source = source(&home, settings.database().as_ref(), settings.public_origin().as_ref());
    Ok(Loaded { settings, files, source, home })
}

/// The sources in rising order, not yet understood, and the files among them.
fn gather(from: &LoadFrom) -> Result<(Figment, Vec<PathBuf>), ConfigError> {
    let one = |sentence| ConfigError(vec![sentence]);
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    let mut files = Vec::new();
    for (name, section) in FILES {
        let path = from.beside(name);
        if let Some(layer) = Layer::file(&path, section).map_err(one)? {
            figment = figment.merge(layer);
            files.push(path);
        }
    }
    figment = figment
        .merge(Layer::environment(&from.environment).map_err(ConfigError)?)
        .merge(Layer::arguments(&from.arguments).map_err(one)?);
    Ok((figment, files))
}

/// Makes every path absolute: from the file it is written in, else from the current directory.
fn resolve(settings: &mut Settings, from: &LoadFrom, figment: &Figment) {
    let resolved = |key: &str, path: &Path| {
        let file = figment.find_metadata(key).and_then(|metadata| metadata.source.as_ref()?.file_path());
        let mut base = file.and_then(Path::parent).unwrap_or(&from.cwd);
        if base.ends_with(".streamlit") {
            base = base.parent().unwrap_or(base);
        }
        let path = from.cwd.join(base).join(path);
        absolute(&path).unwrap_or(path)
    };
    let home = from.home().join(".gatehouse");
    let home = absolute(&home).unwrap_or(home);
    let file = |path: &Path| format!("sqlite:{}", path.display()).into();
    match (settings.database(), &settings.database) {
        (Some(Database::Sqlite(path)), _) => settings.database = Some(file(&resolved("database", &path))),
        (None, None) => settings.database = Some(file(&home.join("gatehouse.db"))),
        _ => {}
    }
    settings.key_file = settings.key_file.take().map(|path| resolved("key_file", &path));
    // The key of a server belongs to all its replicas: nothing is made beside one of them.
    if settings.key_file.is_none() && settings.key.is_none() {
        settings.key_file = settings.database_path().map(|path| path.with_file_name("gatehouse.key"));
    }
    settings.endpoint_ca = settings.endpoint_ca.take().map(|path| resolved("endpoint_ca", &path));
    settings.logo = settings.logo.take().map(|path| resolved("logo", &path));
    for (name, provider) in &mut settings.providers {
        let key = format!("providers.{name}.client_secret_file");
        provider.client_secret_file = provider.client_secret_file.take().map(|path| resolved(&key, &path));
        let key = format!("providers.{name}.ca");
        provider.ca = provider.ca.take().map(|path| resolved(&key, &path));
    }
    settings.assets = settings.assets.take().map(|path| resolved("assets", &path));
}

/// Names a setting as its source spells it.
fn place(metadata: &figment::Metadata, path: &str) -> String {
    match metadata.source.as_ref().and_then(figment::Source::file_path) {
        Some(file) => format!("`{path}` in {}", file.display()),
        None if metadata.name == ENVIRONMENT => format!("The environment variable {}", variable_of(path)),
        None if metadata.name == "arguments" => format!("`{path}` in the arguments"),
        None => format!("`{path}` (not set)"),
    }
}

/// What is wrong with the shape of a value, as a sentence. A value is quoted only where it can't be a secret.
fn sentence(error: &figment::Error) -> String {
    let mut path = error.path.join(".");
    let known = entries();
    let at = general(&error.path);
    let meaning = || match known.iter().find(|entry| entry.path == at) {
        Some(entry) => entry.kind.meaning().to_owned(),
        None => format!("a section `[{}]`", error.path.join(".")),
    };
    let where_from = |path: &str| {
        error.metadata.as_ref().map_or_else(|| format!("`{path}`"), |metadata| place(metadata, path))
    };
    match &error.kind {
        Wrong::UnknownField(name, _) => {
            if path.is_empty() {
                path.clone_from(name);
            } else if !path.ends_with(name.as_str()) {
                path = format!("{path}.{name}");
            }
            let general = general(&path.split('.').map(str::to_owned).collect::<Vec<_>>());
            let meant = nearest(&general, known.iter().map(|entry| &entry.path))
                .map(|key| format!(" Is `{key}` meant?"))
                .unwrap_or_default();
            format!("{} is not a setting.{meant} Remove it, or see `gatehouse settings`.", where_from(&path))
        }
        Wrong::UnknownVariant(word, allowed) => {
            let allowed: Vec<String> = allowed.iter().map(|word| format!("\"{word}\"")).collect();
            format!("{} is {word:?}. Write one of {}.", where_from(&path), allowed.join(", "))
        }
        Wrong::MissingField(name) => {
            let there = if path.is_empty() { name.to_string() } else { path };
            format!("{} has no `{name}`. Write `{name} = \"…\"` there.", where_from(&there))
        }
        Wrong::InvalidType(..) => format!("{} must be {}.", where_from(&path), meaning()),
        Wrong::InvalidValue(..) | Wrong::ISizeOutOfRange(_) | Wrong::USizeOutOfRange(_) => {
            format!("{} is out of bounds. Leave it out to get the default.", where_from(&path))
        }
        _ => format!("{} can't be used. See `gatehouse settings`.", where_from(&path)),
    }
}

/// The path of a setting as the reference has it: a name that the operator chose is any name there.
fn general(path: &[String]) -> String {
    let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
    if let ["users" | "providers", name, ..] = path.as_mut_slice() {
        *name = ANY;
    }
    path.join(".")
}

#[cfg(test)]
mod tests;
