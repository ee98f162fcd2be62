use std::fs;

use super::*;

fn here(directory: &Path) -> LoadFrom {
    LoadFrom { app_path: None, cwd: directory.to_owned(), environment: Vec::new(), arguments: Vec::new() }
}

fn variable(mut from: LoadFrom, name: &str, value: &str) -> LoadFrom {
    from.environment.push((name.to_owned(), value.to_owned()));
    from
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn each_source_overrides_the_one_before() {
    let home = temp();
    fs::create_dir(home.path().join(".streamlit")).unwrap();
    let name = |from: &LoadFrom| load(from).unwrap().settings.app_name;
    assert_eq!(name(&here(home.path())), "This app");
    fs::write(home.path().join("gatehouse.toml"), "app_name = \"File\"\n[session]\nidle_ttl = 120").unwrap();
    assert_eq!(name(&here(home.path())), "File");
    fs::write(
        home.path().join(".streamlit/secrets.toml"),
        "db = \"other\"\n[connections.x]\ny = 1\n[gatehouse]\napp_name = \"Secrets\"",
    )
    .unwrap();
    assert_eq!(name(&here(home.path())), "Secrets");
    let from = variable(here(home.path()), "GATEHOUSE_APP_NAME", "2048");
    assert_eq!(name(&from), "2048");
    let from = from.with("app_name", "Argument");
    let loaded = load(&from).unwrap();
    assert_eq!(loaded.settings.app_name, "Argument");
    assert_eq!(loaded.settings.session.idle_ttl, 120);
    assert_eq!(loaded.files.len(), 2);
}

#[test]
fn files_beside_the_app_come_before_the_current_directory() {
    let (cwd, app) = (temp(), temp());
    let mut from = here(cwd.path());
    from.app_path = Some(app.path().join("app.py"));
    fs::write(cwd.path().join("gatehouse.toml"), "app_name = \"Cwd\"").unwrap();
    assert_eq!(load(&from).unwrap().settings.app_name, "Cwd");
    fs::write(app.path().join("gatehouse.toml"), "app_name = \"Beside\"").unwrap();
    let settings = load(&from).unwrap().settings;
    assert_eq!(settings.app_name, "Beside");
    assert_eq!(settings.database_path().unwrap(), app.path().join(".gatehouse/gatehouse.db"));
    assert_eq!(settings.key_file.unwrap(), app.path().join(".gatehouse/gatehouse.key"));
}

#[test]
fn a_relative_path_is_taken_from_the_file_it_is_written_in() {
    let (cwd, app) = (temp(), temp());
    let mut from = here(cwd.path());
    from.app_path = Some(app.path().join("app.py"));
    fs::write(app.path().join("gatehouse.toml"), "database = \"sqlite:data/a.db\"").unwrap();
    let settings = load(&from).unwrap().settings;
    assert_eq!(settings.database_path().unwrap(), app.path().join("data/a.db"));
    assert_eq!(settings.key_file.unwrap(), app.path().join("data/gatehouse.key"));
    let from = variable(from, "GATEHOUSE_DATABASE", "sqlite:b.db");
    assert_eq!(load(&from).unwrap().settings.database_path().unwrap(), cwd.path().join("b.db"));
    let secrets = temp();
    fs::create_dir(secrets.path().join(".streamlit")).unwrap();
    fs::write(secrets.path().join(".streamlit/secrets.toml"), "[gatehouse]\ndatabase = \"sqlite:c.db\"")
        .unwrap();
    let settings = load(&here(secrets.path())).unwrap().settings;
    assert_eq!(settings.database_path().unwrap(), secrets.path().join("c.db"));
}

#[test]
fn the_environment_reaches_sections_lists_and_switches() {
    let home = temp();
    let from = variable(here(home.path()), "GATEHOUSE_SESSION__IDLE_TTL", "90");
    let from = variable(from, "GATEHOUSE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8");
    let from = variable(from, "GATEHOUSE_ALLOW_INSECURE_HTTP", "true");
    let from = variable(from, "GATEHOUSE_REGISTRATION", "open");
    let from = variable(from, "GATEHOUSE_PUBLIC_URL", "");
    // What Kubernetes puts beside a service that is called gatehouse.
    let from = variable(from, "GATEHOUSE_PORT_8501_TCP_ADDR", "10.0.0.9");
    let settings = load(&from).unwrap().settings;
    assert_eq!(settings.session.idle_ttl, 90);
    assert_eq!(settings.trusted_proxies, ["127.0.0.1", "10.0.0.0/8"]);
    assert!(settings.allow_insecure_http);
    assert_eq!(settings.registration, gatehouse_protocol::RegistrationMode::Open);
    assert_eq!(settings.public_url, None);
}

#[track_caller]
fn refuses(from: &LoadFrom, parts: &[&str]) {
    let error = load(from).unwrap_err().to_string();
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_to_write() {
    let home = temp();
    let write = |text: &str| fs::write(home.path().join("gatehouse.toml"), text).unwrap();
    write("publc_url = \"https://a.example\"");
    refuses(
        &here(home.path()),
        &["`publc_url` in", "gatehouse.toml", "not a setting", "Is `public_url` meant?"],
    );
    write("[session]\nidle = 3");
    refuses(&here(home.path()), &["`session.idle` in"]);
    write("[session]\nidle_ttl = \"long\"");
    refuses(&here(home.path()), &["`session.idle_ttl` in", "must be a whole number"]);
    write("session = 3");
    refuses(&here(home.path()), &["`session` in", "section `[session]`"]);
    write("registration = \"everyone\"");
    refuses(&here(home.path()), &["`registration` in", "\"open\""]);
    write("public_url = \"http://a.example\"\n[limits]\naccount_attempts = 0");
    refuses(&here(home.path()), &["`public_url` in", "https://a.example", "`limits.account_attempts` in"]);
    write("");
    refuses(
        &variable(here(home.path()), "GATEHOUSE_APPNAME", "x"),
        &["GATEHOUSE_APPNAME", "GATEHOUSE_APP_NAME"],
    );
    refuses(
        &variable(here(home.path()), "GATEHOUSE_SESSION__IDLE_TTL", "1h"),
        &["GATEHOUSE_SESSION__IDLE_TTL", "whole number"],
    );
    refuses(
        &variable(here(home.path()), "GATEHOUSE_PUBLIC_URL", "http://a.example"),
        &["The environment variable GATEHOUSE_PUBLIC_URL is http://a.example"],
    );
}

/// A secrets file with a mistake: the message must not print the line, which holds somebody's password.
#[test]
fn a_broken_secrets_file_is_not_quoted() {
    let home = temp();
    fs::create_dir(home.path().join(".streamlit")).unwrap();
    let write = |text: &str| fs::write(home.path().join(".streamlit/secrets.toml"), text).unwrap();
    write("[gatehouse.mail]\nsmtp_password = \"hunter2");
    let error = load(&here(home.path())).unwrap_err().to_string();
    assert!(error.contains("secrets.toml") && error.contains("line 2"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    write("[gatehouse.mail]\nsmtp_password = 87654321");
    let error = load(&here(home.path())).unwrap_err().to_string();
    assert!(error.contains("`mail.smtp_password` in") && error.contains("must be a text"), "{error}");
    assert!(!error.contains("87654321"), "{error}");
}

fn secrets(home: &Path, text: &str) {
    fs::create_dir_all(home.join(".streamlit")).unwrap();
    fs::write(home.join(".streamlit/secrets.toml"), text).unwrap();
}

#[test]
fn one_password_is_a_text_and_the_rules_of_passwords_are_a_section() {
    let home = temp();
    let from = here(home.path());
    let shared = |from: &LoadFrom| {
        let settings = load(from).unwrap().settings;
        let password = settings.shared_password.map(|password| password.expose().to_owned());
        (password, settings.shared_username, settings.password.argon2_time)
    };
    let some = |text: &str| Some(text.to_owned());
    secrets(home.path(), "[gatehouse.password]\nargon2_time = 3");
    assert_eq!(shared(&from), (None, None, 3));
    secrets(home.path(), "[gatehouse]\npassword = \"from the secrets\"\nusername = \"team\"");
    assert_eq!(shared(&from), (some("from the secrets"), some("team"), 2));
    assert!(has_shared_password(&from).unwrap());
    fs::write(home.path().join("gatehouse.toml"), "[password]\nargon2_time = 4").unwrap();
    assert_eq!(shared(&from), (some("from the secrets"), some("team"), 4), "each has a file of its own");
    let named = "[gatehouse]\nshared_password = \"by name\"\n[gatehouse.password]\nargon2_time = 5";
    secrets(home.path(), named);
    assert_eq!(shared(&from), (some("by name"), None, 5));
    let from = variable(from, "GATEHOUSE_PASSWORD", "from outside");
    let from = variable(from, "GATEHOUSE_USERNAME", "crew");
    assert_eq!(shared(&from), (some("from outside"), some("crew"), 5));
    let from = from.with("shared_password", "typed");
    assert_eq!(shared(&from).0, some("typed"));
    assert!(!has_shared_password(&here(temp().path())).unwrap());
}

#[test]
fn people_are_read_from_every_file() {
    let home = temp();
    fs::write(home.path().join("gatehouse.toml"), "[users.bob]\npassword = \"quiet harbor\"").unwrap();
    secrets(
        home.path(),
        "[gatehouse.users.alice]\npassword = \"loud harbor\"\nroles = [\"admin\"]\nemail = \"a@example.org\"",
    );
    let loaded = load(&here(home.path())).unwrap();
    let people: Vec<_> =
        loaded.settings.people().map(|person| (person.username, person.roles.len())).collect();
    assert_eq!(people, [("alice", 1), ("bob", 0)]);
    assert_eq!(loaded.source.0, "settings:..");
    let from = here(home.path()).with("database", "sqlite:elsewhere/app.db");
    assert_eq!(load(&from).unwrap().source.0, "settings:..");
    assert_eq!(
        here(home.path()).candidates(),
        [home.path().join("gatehouse.toml"), home.path().join(".streamlit/secrets.toml")]
    );
}

#[test]
fn what_is_wrong_with_people_is_said_without_their_passwords() {
    let home = temp();
    let says = |text: &str, parts: &[&str]| {
        secrets(home.path(), text);
        let error = load(&here(home.path())).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
        assert!(!error.contains("hunter2"), "{error}");
    };
    says("[gatehouse]\npassword = 87654321", &["`password` in", "secrets.toml", "text in quotes"]);
    says(
        "[gatehouse]\nusername = [\"hunter2\"]\npassword = \"hunter2\"",
        &["`username` in", "text in quotes"],
    );
    says(
        "[gatehouse]\npassword = \"hunter2\"\nshared_password = \"hunter2\"",
        &["both `password` and `shared_password`"],
    );
    says("[gatehouse.users.alice]\nroles = [\"admin\"]", &["`users.alice` in", "no `password`"]);
    says(
        "[gatehouse.users.alice]\npasword = \"hunter2\"",
        &["`users.alice.pasword` in", "Is `users.NAME.password` meant?"],
    );
    says("[gatehouse.users.alice]\npassword = 87654321", &["`users.alice.password` in", "must be a text"]);
    says(
        "[gatehouse.users.alice]\npassword = \"hunter2\"\nroles = \"admin\"",
        &["`users.alice.roles` in", "must be texts"],
    );
    says("[gatehouse]\nusers = \"hunter2\"", &["`users` in", "section"]);
    says("[gatehouse.users]\nalice = \"hunter2\"", &["`users.alice` in", "section `[users.alice]`"]);
    secrets(home.path(), "");
    refuses(
        &variable(here(home.path()), "GATEHOUSE_USERS__ALICE__PASSWORD", "hunter2"),
        &["GATEHOUSE_USERS__ALICE__PASSWORD", "[gatehouse.users.NAME]"],
    );
    refuses(
        &variable(here(home.path()), "GATEHOUSE_PASSWORD", "$2b$12$abcdefghijklmnopqrstuv"),
        &["GATEHOUSE_PASSWORD"],
    );
}

/// An address of PostgreSQL comes from every source, no file is made beside it, and its password is in nothing printed.
#[test]
fn a_server_is_named_by_every_source_and_its_password_is_shown_nowhere() {
    let home = temp();
    let url = "postgres://app:hunter2@db.example.org/gatehouse";
    let key = "A".repeat(43);
    let keyed = || variable(here(home.path()), "GATEHOUSE_KEY", &key);
    let by_file = home.path().join("gatehouse.toml");
    for source in ["environment", "argument", "file", "secrets"] {
        let from = match source {
            "environment" => variable(keyed(), "GATEHOUSE_DATABASE", url),
            "argument" => keyed().with("database", url),
            "file" => {
                fs::write(&by_file, format!("database = \"{url}\"\n")).unwrap();
                keyed()
            }
            _ => {
                fs::remove_file(&by_file).unwrap();
                fs::create_dir(home.path().join(".streamlit")).unwrap();
                let text = format!("[gatehouse]\ndatabase = \"{url}\"\nkey = \"{key}\"\n");
                fs::write(home.path().join(".streamlit/secrets.toml"), text).unwrap();
                here(home.path())
            }
        };
        let loaded = load(&from).unwrap();
        assert!(matches!(loaded.settings.database(), Some(Database::Postgres(_))), "{source}");
        assert_eq!((&loaded.settings.key_file, loaded.settings.database_path()), (&None, None));
        let shown = format!("{loaded:?} {from:?}");
        assert!(!shown.contains("hunter2") && !shown.contains(&key), "{shown}");
    }
    let refused =
        load(&variable(here(home.path()), "GATEHOUSE_DATABASE", "postgres://app:hunter2@/x")).unwrap_err();
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    assert!(refused.to_string().contains("GATEHOUSE_DATABASE"), "{refused}");
}
