//! Passwords: hashed with Argon2id, away from the threads that answer calls, one at a time, so
//! that logins can never starve other calls.

use crate::queues::HashTurn;
use crate::session::Session;
use crate::{Failure, Fault, Gone, Service, batch};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use contract::handles::code;
use contract::{Contract, FieldId, OperationId, Record, Value};
use std::net::IpAddr;

/// The members of a call's records that are only kept hashed.
pub(crate) fn secrets(contract: &Contract, operation: OperationId) -> Vec<FieldId> {
    let item = contract.calls.get(usize::from(operation.0)).and_then(|call| call.batch);
    let object = item.and_then(|batch| contract.objects.iter().find(|object| object.ty == batch.item_type));
    object.into_iter().flat_map(|object| object.hashed()).collect()
}

impl Service {
    /// Hashes the members of a call's records that are only kept hashed, each in its turn. Blank ones stay
    /// for the rules to see, and so does all of a call that will be refused whole.
    ///
    /// # Errors
    /// CV10000 if the machine would not do it; Busy and Gone as every turn.
    pub(crate) async fn hash_secrets(
        &self,
        session: &Session,
        peer: Option<IpAddr>,
        operation: OperationId,
        request: &mut Record,
        gone: &Gone,
    ) -> Result<(), Failure> {
        let fields = secrets(self.contract(), operation);
        if fields.is_empty() {
            return Ok(());
        }
        let batch = self.contract().call(operation).batch;
        let Some(items) = batch.and_then(|batch| batch::items_mut(&batch, request)) else { return Ok(()) };
        let too_many = batch::within_limit(self.contract(), operation, items.len()).is_err();
        if too_many || self.is_used_up(session).await? {
            return Ok(());
        }
        for record in items.iter_mut().filter_map(Value::as_record_mut) {
            for field in &fields {
                if record.text(*field).is_none_or(|text| text.trim().is_empty()) {
                    continue;
                }
                let turn = self.inner.queues.to_hash(peer, session.account.id, gone).await?;
                let hash = hash(turn, record.take(*field), self.random()).await;
                let hash = hash.ok_or_else(|| Fault::new(code::CV10000, "a password could not be hashed"))?;
                record.set(*field, hash);
            }
        }
        Ok(())
    }
}

/// The PHC string to store; nothing if the machine would not do it.
pub(crate) async fn hash(turn: HashTurn, password: Value, salt: [u8; 16]) -> Option<String> {
    let (hash, _turn) = run(turn, move || {
        let password = password.as_text().unwrap_or_default().as_bytes();
        let hash = Argon2::default().hash_password_with_salt(password, &salt).ok()?;
        Some(hash.to_string())
    })
    .await?;
    hash
}

/// Whether the password is the one that was hashed, and the turn, which goes on. Without a hash the same work
/// is done and the answer is no, so that the time does not tell whether the user exists. Nothing if the machine
/// would not do it.
pub(crate) async fn verify(
    turn: HashTurn,
    password: Value,
    hash: Option<String>,
) -> Option<(bool, HashTurn)> {
    run(turn, move || {
        let password = password.as_text().unwrap_or_default().as_bytes();
        match &hash {
            Some(hash) => PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok()),
            None => {
                let _ = Argon2::default().hash_password_with_salt(password, &[0; 16]);
                false
            }
        }
    })
    .await
}

/// Does the work in a thread that may block. The turn ends with the work at the earliest, whoever waits for it.
async fn run<T: Send + 'static>(
    turn: HashTurn,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<(T, HashTurn)> {
    tokio::task::spawn_blocking(move || (work(), turn)).await.ok()
}

/// Whether a text is a hash of a password, and no password.
pub(crate) fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| hash.hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queues::Queues;
    use crate::settings::TurnSettings;
    use contract::handles::object::user;
    use contract::handles::operation;
    use std::net::Ipv4Addr;
    use store::AccountId;

    #[tokio::test]
    async fn a_hash_is_told_from_a_password() {
        let queues = Queues::new(&TurnSettings::default());
        let turn =
            queues.to_hash(Some(Ipv4Addr::LOCALHOST.into()), AccountId(1), &Gone::new()).await.unwrap();
        let hash = hash(turn, "correct horse".into(), [7; 16]).await.unwrap();
        assert!(is_hash(&hash));
        for text in ["", "correct horse", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1"] {
            assert!(!is_hash(text), "{text}");
        }
    }

    #[test]
    fn the_calls_that_make_and_change_users_have_secrets() {
        let contract = Contract::get().unwrap();
        let have = (0..contract.calls.len()).map(|index| OperationId(index.try_into().unwrap()));
        let have = have.filter(|operation| !secrets(contract, *operation).is_empty());
        assert_eq!(have.collect::<Vec<_>>(), [operation::CREATE_USER, operation::UPDATE_USER]);
        assert_eq!(secrets(contract, operation::CREATE_USER), [user::PASSWORD]);
    }
}
