//! Login: credentials in, a session value out. A refusal is an answer, not a fault.

use crate::dispatch::find_room;
use crate::password::verify;
use crate::session::{is_allowed, new_value};
use crate::{Call, Failure, Fault, Service};
use contract::handles::code;
use contract::handles::message::{login, login_response};
use contract::handles::object::login_result;
use contract::{Record, Timestamp, Value};
use store::{Account, AccountId, ApiUser, Session, Sessions};

/// The text for wrong credentials and for an address that is not allowed alike.
const DENIED: &str = "Access is denied.";
/// The text while a user is locked.
const LOCKED: &str = "Your account has been locked out. Please contact Customer care or wait for 30 minutes";
/// How long an expired session is remembered, so that its value answers CV10105, not CV10107.
const REMEMBERED_SECONDS: i64 = 7 * 86_400;

/// How many bytes each member may have. Longer ones are nobody's, and are not kept while others log in.
const LONGEST: usize = 4096;

pub(crate) async fn login(service: &Service, call: Call) -> Result<Record, Failure> {
    let Call { mut request, peer, endpoint, gone, room, .. } = call;
    let members = [login::ACCOUNT_NUMBER, login::USER_NAME, login::PASSWORD];
    let [number, name, password] = members.map(|member| request.take(member));
    drop(request);
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    if [&number, &name, &password].iter().any(|value| value.as_text().unwrap_or_default().len() > LONGEST) {
        return Ok(refusal(service, DENIED));
    }
    let (number, name) = (text(&number), text(&name));
    // Held until the outcome is written, so that guesses made at once count one by one.
    let turn = service.inner.queues.to_hash(peer, AccountId::of(&number), &gone).await?;
    find_room(&*room, &gone).await?;
    let at = service.now();
    let found = service.store().look_up(move |reader| {
        let Some(account) = reader.account(&number)? else { return Ok(None) };
        let user = reader.user(account.id, &name)?;
        Ok(user.map(|user| (account, user)))
    });
    let known = found.await?.filter(|(account, user)| account.active && user.active);
    if known.as_ref().is_some_and(|(_, user)| user.locked_until.is_some_and(|until| until > at)) {
        return Ok(refusal(service, LOCKED));
    }
    let hash = known.as_ref().map(|(_, user)| user.password_hash.clone());
    let verified = verify(turn, password, hash).await;
    let (right, _turn) =
        verified.ok_or_else(|| Fault::new(code::CV10000, "a password could not be hashed"))?;
    match known {
        Some((account, user)) if right && is_allowed(&user, peer) => {
            let value = start(service, account, user, at).await?;
            Ok(success(service, &endpoint, &value))
        }
        Some((account, user)) if !right => {
            count_failure(service, account, user, at).await?;
            Ok(refusal(service, DENIED))
        }
        _ => Ok(refusal(service, DENIED)),
    }
}

async fn start(service: &Service, account: Account, user: ApiUser, at: Timestamp) -> Result<String, Fault> {
    let (value, hash) = new_value(account.id, service.random());
    let expires = at.plus_seconds(service.settings().session_seconds);
    let session = Session { user: user.name, created: at, expires };
    let written = service.store().write(move |writer| {
        let forgotten = at.plus_seconds(-REMEMBERED_SECONDS);
        writer.remove_sessions(account.id, Sessions::ExpiredBefore(forgotten))?;
        writer.clear_failures(account.id, &session.user, Timestamp::MAX)?;
        writer.add_session(account.id, &hash, &session)
    });
    written.await?;
    Ok(value)
}

async fn count_failure(
    service: &Service,
    account: Account,
    user: ApiUser,
    at: Timestamp,
) -> Result<(), Fault> {
    let settings = service.settings();
    let since = at.plus_seconds(-settings.lockout_window_seconds);
    let until = at.plus_seconds(settings.lockout_seconds);
    let limit = settings.lockout_failures;
    let written = service.store().write(move |writer| {
        writer.clear_failures(account.id, &user.name, since)?;
        writer.add_failure(account.id, &user.name, at)?;
        if writer.failures(account.id, &user.name, since)? < limit {
            return Ok(());
        }
        writer.clear_failures(account.id, &user.name, Timestamp::MAX)?;
        let mut locked = user.clone();
        locked.locked_until = Some(until);
        writer.update_user(account.id, &locked)
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
