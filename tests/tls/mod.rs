//! What ends TLS in front of something else. Its certificate is for `localhost` alone, by an authority of its own: that of
//! the tests' PostgreSQL, which `tools/postgres` makes.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A file beside the certificate: `ca.pem` is the authority, `other-ca.pem` another one.
pub(crate) fn file(name: &str) -> PathBuf {
    let folder = std::env::var("GATEHOUSE_TEST_POSTGRES_DIR");
    let folder = folder.expect("run `eval \"$(tools/postgres start)\"` first");
    PathBuf::from(folder).join(name)
}

/// A place for it, and its port.
pub(crate) async fn place() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Ends TLS there from now on; what is inside goes to an address.
pub(crate) fn end(listener: TcpListener, behind: SocketAddr) {
    let chain = vec![CertificateDer::from_pem_file(file("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Who refuses the certificate goes away; that is what some tests want.
                if let Ok(mut outside) = acceptor.accept(stream).await {
                    let mut inside = TcpStream::connect(behind).await.unwrap();
                    tokio::io::copy_bidirectional(&mut outside, &mut inside).await.ok();
                }
            });
        }
    });
}
