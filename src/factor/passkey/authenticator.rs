//! A software authenticator and the browser around it: makes passkeys and signs with them, as honestly or not as a test
//! asks.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A passkey with its private half.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user: Option<String>,
    /// What the browser says where it is.
    pub(crate) origin: String,
    /// What the browser lets the key sign for; what was asked, unless a test says otherwise.
    pub(crate) rp_id: Option<String>,
    /// Whether it verifies its person.
    pub(crate) verifies: bool,
    /// Counts up by one with each use; zero for one that counts nothing.
    pub(crate) counter: u32,
    /// Whether the browser says that the page stands in a frame of another site.
    pub(crate) framed: bool,
}

impl Authenticator {
    /// A new one at this origin, with this id.
    pub(crate) fn new(origin: &str, id: &[u8]) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        Self {
            key,
            id: id.to_vec(),
            user: None,
            origin: origin.to_owned(),
            rp_id: None,
            verifies: true,
            counter: 1,
            framed: false,
        }
    }

    /// What `navigator.credentials.create()` gives for these options.
    pub(crate) fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.user = options["user"]["id"].as_str().map(str::to_owned);
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        self.answer(&json!({
            "clientDataJSON": text(&self.client_data("webauthn.create", &options)),
            "attestationObject": text(&object),
            "transports": ["internal"],
        }))
    }

    /// What `navigator.credentials.get()` gives for these options.
    pub(crate) fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.counter += u32::from(self.counter > 0);
        let data = self.data(options["rpId"].as_str().unwrap(), 0);
        let client_data = self.client_data("webauthn.get", &options);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let mut response = json!({
            "clientDataJSON": text(&client_data),
            "authenticatorData": text(&data),
            "signature": text(signature.as_ref()),
        });
        // Who was asked for by id often does not say whose it is.
        if options["allowCredentials"].as_array().is_none_or(Vec::is_empty) {
            response["userHandle"] = json!(self.user);
        }
        self.answer(&response)
    }

    /// Its id, as it is kept.
    pub(crate) fn id(&self) -> &[u8] {
        &self.id
    }

    fn answer(&self, response: &Value) -> String {
        json!({
            "id": text(&self.id),
            "rawId": text(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
        .to_string()
    }

    fn data(&self, rp_id: &str, flags: u8) -> Vec<u8> {
        let rp_id = self.rp_id.as_deref().unwrap_or(rp_id);
        let flags = flags | PRESENT | if self.verifies { VERIFIED } else { 0 };
        [Sha256::digest(rp_id.as_bytes()).as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let said = json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": self.framed,
        });
        said.to_string().into_bytes()
    }

    /// The public half as a COSE key: EC2, ES256, P-256, x, y.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..65]);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), x, b"\x22\x58\x20", y].concat()
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
