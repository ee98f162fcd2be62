//! The memory that hashes are computed in. A thread keeps its own: to take 19 MiB of pages from the system and give them
//! back costs a login several milliseconds.

use argon2::{
    Algorithm, Argon2, Block, Error, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt},
};

/// The memory of one thread, as large as its last hash needed.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// One hash.
    pub(super) fn hash_into(
        &mut self,
        argon2: &Argon2<'_>,
        text: &[u8],
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<(), Error> {
        let count = argon2.params().block_count();
        if self.0.len() != count {
            self.0 = Vec::new();
            self.0.try_reserve_exact(count).map_err(|_| Error::OutOfMemory)?;
            self.0.resize(count, Block::new());
        }
        argon2.hash_password_into_with_memory(text, salt, out, &mut self.0)
    }

    /// A new hash as a PHC string.
    pub(super) fn hash(&mut self, argon2: &Argon2<'_>, text: &[u8], salt: &[u8]) -> Option<String> {
        let mut out = [0_u8; Params::DEFAULT_OUTPUT_LEN];
        self.hash_into(argon2, text, salt, &mut out).ok()?;
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(argon2.params()).ok()?,
            salt: Some(Salt::new(salt).ok()?),
            hash: Some(Output::new(&out).ok()?),
        };
        Some(phc.to_string())
    }

    /// Whether a text is the one behind a hash, with whatever parameters that was made.
    pub(super) fn matches(&mut self, phc: &Phc, text: &[u8]) -> bool {
        self.recompute(phc, text).is_some_and(|computed| phc.hash == Some(computed))
    }

    /// What the text comes to under the parameters and the salt of a hash.
    fn recompute(&mut self, phc: &Phc, text: &[u8]) -> Option<Output> {
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).ok()?;
        let version = phc.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let params = Params::try_from(phc).ok()?;
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut buffer = [0_u8; Output::MAX_LENGTH];
        let out = buffer.get_mut(..length)?;
        self.hash_into(&Argon2::new(algorithm, version, params), text, phc.salt.as_ref()?, out).ok()?;
        Output::new(out).ok()
    }
}

#[cfg(test)]
mod tests;
