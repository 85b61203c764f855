//! Passwords: hashed with Argon2id, away from the threads that answer calls, one at a time, so
//! that logins can never starve other calls.

use crate::{Fault, Service};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use contract::handles::code;
use contract::{FieldId, ObjectId, Record};
use std::sync::Arc;
use tokio::sync::Semaphore;

impl Service {
    /// The records of objects of a type with the members that are only kept hashed, hashed. Blank ones
    /// stay for the rules to see.
    ///
    /// # Errors
    /// CV10000 if the machine would not do it.
    pub(crate) async fn hash_secrets(
        &self,
        object: ObjectId,
        mut records: Vec<Record>,
    ) -> Result<Vec<Record>, Fault> {
        let fields: Vec<FieldId> = self.contract().object(object).hashed().collect();
        for record in &mut records {
            for field in &fields {
                let Some(text) = record.text(*field).filter(|text| !text.trim().is_empty()) else { continue };
                let hash = self.inner.passwords.hash(text.to_owned(), self.random()).await;
                let hash = hash.ok_or_else(|| Fault::new(code::CV10000, "a password could not be hashed"))?;
                record.set(*field, hash);
            }
        }
        Ok(records)
    }
}

/// Hashes and verifies.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords { turns: Arc::new(Semaphore::new(1)) }
    }
}

impl Passwords {
    /// The PHC string to store; nothing if the machine would not do it.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Option<String> {
        self.run(move || {
            let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).ok()?;
            Some(hash.to_string())
        })
        .await
        .flatten()
    }

    /// Whether the password is the one that was hashed. Without a hash the same work is done and
    /// the answer is no, so that the time does not tell whether the user exists.
    pub async fn verify(&self, password: String, hash: Option<String>) -> bool {
        self.run(move || match &hash {
            Some(hash) => PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
            None => {
                let _ = Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16]);
                false
            }
        })
        .await
        .unwrap_or(false)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}

/// Whether a text is a hash of a password, and no password.
pub(crate) fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| hash.hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_told_from_a_password() {
        let hash = Passwords::default().hash("correct horse".to_owned(), [7; 16]).await.unwrap();
        assert!(is_hash(&hash));
        for text in ["", "correct horse", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1"] {
            assert!(!is_hash(text), "{text}");
        }
    }
}
