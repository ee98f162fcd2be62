//! A provider whose certificate an authority of its own signed.

use std::{
    io::{Read, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use gatehouse::config::ProviderSettings;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::{
    kit::{App, app, provider},
    rogue::Rogue,
};

/// The lying provider behind TLS, at `localhost`.
struct Behind {
    rogue: Rogue,
    folder: tempfile::TempDir,
}

impl Behind {
    async fn up() -> Self {
        let folder = tempfile::tempdir().unwrap();
        certificates(folder.path());
        let mut rogue = Rogue::up().await;
        let plain = rogue.issuer.strip_prefix("http://").unwrap().to_owned();
        rogue.issuer = format!("https://localhost:{}", relay(folder.path(), plain));
        rogue.describes(|_| ());
        Self { rogue, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn app(&self, ca: Option<PathBuf>) -> App {
        app(ProviderSettings { ca, ..provider(&self.rogue.issuer) }).await
    }
}

/// An authority, another one, and a certificate for `localhost` that the first one signed.
fn certificates(folder: &Path) {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().unwrap().success(), "openssl {arguments}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for name in ["ca", "other"] {
        openssl(&format!("req -x509 {key} -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"));
    }
    let says = "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n";
    std::fs::write(folder.join("server.ext"), says).unwrap();
    openssl(&format!("req {key} -subj /CN=localhost -keyout server.key -out server.csr"));
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.pem",
    );
}

/// Takes TLS off, one request a connection. Returns its port.
fn relay(folder: &Path, to: String) -> u16 {
    let chain =
        CertificateDer::pem_file_iter(folder.join("server.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(tls, stream.unwrap());
            // Whoever does not believe the certificate asks nothing.
            let Some(request) = whole(&mut stream) else { continue };
            let mut plain = TcpStream::connect(&to).unwrap();
            plain.write_all(&request).unwrap();
            let mut answer = Vec::new();
            plain.read_to_end(&mut answer).unwrap();
            let _ = stream.write_all(&answer);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    port
}

/// A request with its body, asking for the connection to be closed after it.
fn whole(stream: &mut impl Read) -> Option<Vec<u8>> {
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&part[..read]);
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if request.len() >= end + 4 + length.unwrap_or(0) {
            request.splice(end..end, *b"\r\nconnection: close");
            return Some(request);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_the_settings_name_vouches_for_it() {
    let behind = Behind::up().await;
    let app = behind.app(Some(behind.file("ca.pem"))).await;
    behind.rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
}

/// Whoever is on the way answers in the provider's place, with a certificate of his own.
#[tokio::test(flavor = "multi_thread")]
async fn another_authority_is_refused() {
    let behind = Behind::up().await;
    for ca in [None, Some(behind.file("other.pem"))] {
        let app = behind.app(ca).await;
        app.visit("/_gatehouse/provider/company", &[]).await.expect_refused("provider_unavailable");
    }
    assert!(behind.rogue.asked("/.well-known/openid-configuration").is_empty());
}

/// The right authority, and a name that the certificate does not say.
#[tokio::test(flavor = "multi_thread")]
async fn another_name_is_refused() {
    let mut behind = Behind::up().await;
    behind.rogue.issuer = behind.rogue.issuer.replace("localhost", "127.0.0.1");
    behind.rogue.describes(|_| ());
    let app = behind.app(Some(behind.file("ca.pem"))).await;
    app.visit("/_gatehouse/provider/company", &[]).await.expect_refused("provider_unavailable");
}
