//! The disk under PostgreSQL is full.

use std::{fs, io::Write as _, path::PathBuf, process::Command};

use crate::{
    cluster::Cluster,
    load::{Told, a_while},
    replica::Replica,
};

/// A small disk; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    /// Nothing where this process may not mount anything.
    fn mount(folder: &tempfile::TempDir, size: &str) -> Option<Self> {
        let path = folder.path().to_owned();
        let size = format!("size={size}");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "tmpfs", path.to_str()?]);
        command.status().ok()?.success().then_some(Self(path))
    }

    /// Takes all that is left of it.
    fn fill(&self) {
        let mut filler = fs::File::create(self.0.join("filler")).unwrap();
        for size in [1 << 20, 1 << 12] {
            while filler.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_under_postgresql() {
    let folder = tempfile::Builder::new().prefix("gatehouse-disk-").tempdir_in("/tmp").unwrap();
    let Some(disk) = Disk::mount(&folder, "64m") else {
        eprintln!("nothing was tried: this process may not mount a small disk");
        return;
    };
    let cluster = Cluster::start_with(Some(folder.path()), "");
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.create("gatehouse"));
    let mut replicas = [Replica::start(&cluster.url("gatehouse"))];
    replicas[0].add("alice");
    let kept = replicas[0].sign_in("alice");
    let told = Told::meanwhile(&replicas, || {
        a_while(1500);
        disk.fill();
        // What is free within the pages of the tables is used up first.
        replicas[0].until("is refused", || replicas[0].login("alice").filter(|answer| answer.status == 503));
        for _ in 0..5 {
            let answer = replicas[0].login("alice").expect("an answer");
            assert!(
                answer.session().is_none() || answer.status == 200,
                "let in without a session: {answer:?}"
            );
        }
        if cluster.runs() {
            replicas[0].until("keeps who is in", || {
                replicas[0].session(&kept).filter(|answer| answer.status == 200)
            });
        }
        disk.free();
        // A server that lost its own log to the full disk is started again by whoever watches over it.
        cluster.revive();
        a_while(1500);
    });
    told.holds(&mut replicas);
    let known = replicas[0].session(&kept).unwrap();
    assert!(known.is_signed_in(), "what was acknowledged before is there");
}
