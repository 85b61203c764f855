//! Login: credentials in, a session value out. A refusal is an answer, not a fault.

use crate::dispatch::find_room;
use crate::outside::{Lockout, Name};
use crate::password::verify;
use crate::session::{is_allowed, new_value};
use crate::{Call, Failure, Fault, Service};
use contract::handles::code;
use contract::handles::message::{login, login_response};
use contract::handles::object::login_result;
use contract::{Record, Timestamp, Value};
use std::net::IpAddr;
use store::{Account, AccountId, ApiUser, Session, Sessions};

/// The text for wrong credentials and for an address that is not allowed alike.
const DENIED: &str = "Access is denied.";
/// The text while a user is locked.
const LOCKED: &str = "Your account has been locked out. Please contact Customer care or wait for 30 minutes";

/// Reasons for the log.
const IS_LOCKED: &str = "locked out after wrong passwords";
const CHANGED: &str = "changed meanwhile";

/// What a client is told, and what the log.
type Refused = (&'static str, &'static str);

/// How long an expired session is remembered, so that its value answers CV10105, not CV10107.
const REMEMBERED_SECONDS: i64 = 7 * 86_400;

/// How many bytes each member may have. Longer ones are nobody's, and are not kept while others log in.
const LONGEST: usize = 4096;

pub(crate) async fn login(service: &Service, call: Call) -> Result<Record, Failure> {
    let Call { mut request, peer, endpoint, gone, room, notes, .. } = call;
    let members = [login::ACCOUNT_NUMBER, login::USER_NAME, login::PASSWORD];
    let [number, name, password] = members.map(|member| request.take(member));
    drop(request);
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    if [&number, &name, &password].iter().any(|value| value.as_text().unwrap_or_default().len() > LONGEST) {
        notes.refused("account number, user name or password is over 4,096 bytes");
        return Ok(refusal(service, DENIED));
    }
    let (number, name) = (text(&number), text(&name));
    // Held until the outcome is written, so that guesses made at once count one by one.
    let turn = service.inner.queues.to_hash(peer, AccountId::of(&number), &gone).await?;
    find_room(&*room, &gone).await?;
    let at = service.now();
    let outside = Name::new(&number, &name);
    let found = service.store().look_up(move |reader| {
        let Some(account) = reader.account(&number)? else { return Ok((None, None)) };
        let user = reader.user(account.id, &name)?;
        Ok((Some(account), user))
    });
    let caller = Caller { peer, at };
    let (account, user) = found.await?;
    if let Some(account) = &account {
        notes.caller(&account.number, user.as_ref().map(|user| &*user.name));
    }
    let stranger = caller.stranger(account.as_ref(), user.as_ref());
    let known = account.zip(user).filter(|_| stranger.is_none());
    let locked = match &known {
        Some((_, user)) => caller.is_locked(user),
        None => service.inner.outside.is_locked(outside, at),
    };
    // Who is refused anyway waits as long: what it takes tells nobody whom there is.
    let hash = known.as_ref().filter(|_| !locked).map(|(_, user)| user.password_hash.clone());
    let verified = verify(turn, password, hash).await;
    let (right, _turn) =
        verified.ok_or_else(|| Fault::new(code::CV10000, "a password could not be hashed"))?;
    let (text, reason) = match known {
        Some(_) if locked => (LOCKED, IS_LOCKED),
        Some((account, user)) if right => match start(service, account.id, user, caller).await? {
            Ok(value) => return Ok(success(service, &endpoint, &value)),
            Err(refused) => refused,
        },
        Some((account, user)) => {
            count_failure(service, account.id, user, at).await?;
            (DENIED, "wrong password")
        }
        None => {
            let text = if locked { LOCKED } else { DENIED };
            if !locked {
                service.inner.outside.fail(outside, at, service.settings().lockout());
            }
            (text, stranger.unwrap_or_default())
        }
    };
    notes.refused(reason);
    Ok(refusal(service, text))
}

/// Who asks, and when.
#[derive(Clone, Copy)]
struct Caller {
    peer: Option<IpAddr>,
    at: Timestamp,
}

impl Caller {
    /// Why no user may log in from there at all; none if one may. Failures of who may not are not the user's.
    fn stranger(self, account: Option<&Account>, user: Option<&ApiUser>) -> Option<&'static str> {
        match (account, user) {
            (None, _) => Some("no such account"),
            (Some(account), _) if !account.active => Some("the account is disabled"),
            (_, None) => Some("no such user"),
            (_, Some(user)) if !user.active => Some("the user is disabled"),
            (_, Some(user)) if !is_allowed(user, self.peer) => {
                Some("not from an address that the user allows")
            }
            _ => None,
        }
    }

    fn is_locked(self, user: &ApiUser) -> bool {
        user.locked_until.is_some_and(|until| until > self.at)
    }
}

/// Opens a session for who knew the user's password, unless the user has changed since: then the refusal's text, and its
/// reason for the log.
async fn start(
    service: &Service,
    account: AccountId,
    user: ApiUser,
    caller: Caller,
) -> Result<Result<String, Refused>, Fault> {
    let at = caller.at;
    let (value, hash) = new_value(account, service.random());
    let session = Session {
        user: user.name,
        created: at,
        expires: at.plus_seconds(service.settings().session_seconds),
    };
    let written = service.store().write(move |writer| {
        let (account_now, now) = (writer.account_by_id(account)?, writer.user(account, &session.user)?);
        let is_stranger = caller.stranger(account_now.as_ref(), now.as_ref()).is_some();
        let Some(now) = now.filter(|_| !is_stranger) else { return Ok(Err((DENIED, CHANGED))) };
        if now.password_hash != user.password_hash {
            return Ok(Err((DENIED, CHANGED)));
        }
        if caller.is_locked(&now) {
            return Ok(Err((LOCKED, IS_LOCKED)));
        }
        let forgotten = at.plus_seconds(-REMEMBERED_SECONDS);
        writer.remove_sessions(account, Sessions::ExpiredBefore(forgotten))?;
        writer.clear_failures(account, &session.user, Timestamp::MAX)?;
        writer.add_session(account, &hash, &session)?;
        Ok(Ok(()))
    });
    Ok(written.await?.map(|()| value))
}

/// Counts a failure of a user, and locks it out if it was one too many. Against another password than the user's present
/// one nothing was tried.
async fn count_failure(
    service: &Service,
    account: AccountId,
    user: ApiUser,
    at: Timestamp,
) -> Result<(), Fault> {
    let Lockout { failures, window_seconds, seconds } = service.settings().lockout();
    let since = at.plus_seconds(-window_seconds);
    let until = at.plus_seconds(seconds);
    let written = service.store().write(move |writer| {
        if writer.user(account, &user.name)?.is_none_or(|now| now.password_hash != user.password_hash) {
            return Ok(());
        }
        writer.clear_failures(account, &user.name, since)?;
        writer.add_failure(account, &user.name, at)?;
        if writer.failures(account, &user.name, since)? < failures {
            return Ok(());
        }
        writer.clear_failures(account, &user.name, Timestamp::MAX)?;
        writer.lock_user(account, &user.name, Some(until))?;
        Ok(())
    });
    Ok(written.await?)
}

fn success(service: &Service, endpoint: &str, value: &str) -> Record {
    answer(service, |result| {
        result.set(login_result::LOGIN_SUCCESS, true);
        result.set(login_result::SERVER_URL, endpoint);
        result.set(login_result::CVENT_SESSION_HEADER, value);
    })
}

fn refusal(service: &Service, text: &str) -> Record {
    answer(service, |result| {
        result.set(login_result::LOGIN_SUCCESS, false);
        result.set(login_result::ERROR_MESSAGE, text);
    })
}

fn answer(service: &Service, fill: impl FnOnce(&mut Record)) -> Record {
    let contract = service.contract();
    let mut result = contract.record(login_result::TYPE_ID);
    fill(&mut result);
    let mut response = contract.record(login_response::TYPE_ID);
    response.set(login_response::LOGIN_RESULT, result);
    response
}
