//! A device with passkeys, in software: ES256, attestation `none` (W3C Web Authentication Level 3, sections 6.1 and 6.5).
//! What an honest one would never do can be set on it.
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD as TEXT;
use serde_json::{Value, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const SYNCED: u8 = 0x08 | 0x10;
const KEY_FOLLOWS: u8 = 0x40;

/// One passkey and the device that holds it.
pub(crate) struct Device {
    key: EcdsaKeyPair,
    pub(crate) id: Vec<u8>,
    /// Whose it says it is.
    pub(crate) handle: Vec<u8>,
    /// Passkeys that are copied between devices count nothing: 0 for ever.
    pub(crate) counts: bool,
    pub(crate) counter: u32,
    /// Whether it looks who is there.
    pub(crate) verifies: bool,
    pub(crate) present: bool,
    /// Where the browser stands, or says that it does.
    pub(crate) origin: String,
    pub(crate) party: String,
}

impl Device {
    pub(crate) fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let mut id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut id).unwrap();
        let party = "id.localhost".to_owned();
        Self {
            key,
            id,
            handle: Vec::new(),
            counts: false,
            counter: 0,
            verifies: true,
            present: true,
            origin: origin.to_owned(),
            party,
        }
    }

    fn said(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().unwrap();
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let mut flags = SYNCED | more;
        flags |= if self.present { PRESENT } else { 0 } | if self.verifies { VERIFIED } else { 0 };
        let mut data = digest(&SHA256, self.party.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// Answers `navigator.credentials.create`.
    pub(crate) fn make(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        assert_eq!(asked["rp"]["id"], "id.localhost", "{options}");
        assert_eq!(asked["authenticatorSelection"]["residentKey"], "required", "{options}");
        assert_eq!(asked["authenticatorSelection"]["userVerification"], "required", "{options}");
        self.handle = TEXT.decode(asked["user"]["id"].as_str().unwrap().as_bytes()).unwrap();
        let mut data = self.data(KEY_FOLLOWS);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        // COSE_Key: {1: EC2, 3: ES256, -1: P-256, -2: x, -3: y}
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let said = self.said("webauthn.create", options);
        let response = json!({
            "clientDataJSON": TEXT.encode(&said),
            "attestationObject": TEXT.encode(&object),
            "transports": ["internal"],
        });
        self.credential(&response)
    }

    /// Answers `navigator.credentials.get`.
    pub(crate) fn show(&mut self, options: &Value) -> String {
        self.counter += u32::from(self.counts);
        let said = self.said("webauthn.get", options);
        let data = self.data(0);
        let signed = [data.as_slice(), digest(&SHA256, &said).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "clientDataJSON": TEXT.encode(&said),
            "authenticatorData": TEXT.encode(&data),
            "signature": TEXT.encode(signature.as_ref()),
            "userHandle": TEXT.encode(&self.handle),
        });
        self.credential(&response)
    }

    fn credential(&self, response: &Value) -> String {
        let id = TEXT.encode(&self.id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
        .to_string()
    }
}
