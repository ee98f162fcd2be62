use super::*;

#[test]
fn a_key_file_is_made_once_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatehouse.key");
    let first = Key::load_or_create(&path).unwrap();
    let second = Key::load_or_create(&path).unwrap();
    assert_eq!(first.mac("a", b"b"), second.mac("a", b"b"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_repaired() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatehouse.key");
    Key::load_or_create(&path).unwrap();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    Key::load_or_create(&path).unwrap();
    assert_eq!(mode(), 0o600);
}

#[test]
fn a_file_with_something_else_is_refused_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatehouse.key");
    fs::write(&path, "not a key").unwrap();
    assert!(matches!(Key::load_or_create(&path), Err(KeyError::Malformed(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a key");
}

#[test]
fn a_mac_of_one_purpose_is_none_of_another() {
    let key = Key::from_bytes([7; 32]);
    assert!(key.verify("device", b"data", &key.mac("device", b"data")));
    assert!(!key.verify("limit", b"data", &key.mac("device", b"data")));
    assert!(!key.verify("device", b"datb", &key.mac("device", b"data")));
    assert!(!key.verify("device", b"data", &[]));
    assert_ne!(key.mac("ab", b"c"), key.mac("a", b"bc"));
    assert_eq!(format!("{key:?}"), "Key(…)");
}
