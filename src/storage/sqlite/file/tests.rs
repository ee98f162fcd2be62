use super::*;

const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /srv/team rw shared:9 - nfs4 server:/team rw
41 40 0:41 / /srv/team/my\\040disk rw - xfs /dev/sdb rw
42 22 0:42 / /home rw - ext4 /dev/sdc rw
43 42 0:43 / /home rw - fuse.sshfs other:/home rw";

#[test]
fn the_deepest_and_latest_mount_says_which_file_system_it_is() {
    let on = |folder: &str| file_system(MOUNTS, Path::new(folder));
    assert_eq!(on("/srv/teamwork"), Some("ext4"));
    assert_eq!(on("/srv/team/app/.gatehouse"), Some("nfs4"));
    assert_eq!(on("/srv/team/my disk/app"), Some("xfs"));
    assert_eq!(on("/home/ann"), Some("fuse.sshfs"));
}

#[test]
fn a_new_file_is_private_before_anything_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app/.gatehouse/gatehouse.db");
    assert!(create(&path).unwrap());
    assert!(!create(&path).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(folder_of(&path)), 0o700);
    assert_eq!(fs::read_to_string(folder_of(&path).join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn loose_modes_are_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let wal = folder.path().join("a.db-wal");
    for file in [&path, &wal] {
        fs::write(file, "").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o664)).unwrap();
    }
    secure(&path).unwrap();
    for file in [&path, &wal] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

fn folder_of(path: &Path) -> &Path {
    folder(path)
}
