//! Delivers the outbox's mails by SMTP: a task beside the HTTP server, where a relay is configured.
//!
//! The outbox decides what is due and how long to wait after a failure; here is the talking to the
//! relay. A mail is taken for a while, so that several processes share an outbox, and marked after its try:
//! one that was sent and not yet marked when the program dies is sent again.

mod message;
mod relay;
#[cfg(test)]
mod tests;

pub use relay::{Relay, is_address};

use service::{Delivery, Outbox};
use std::sync::Arc;
use std::time::Duration;
use store::{AccountId, Mail, MailState, StoreError};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// Mails on their way at once.
const AT_ONCE: usize = 8;

/// Mails that one round takes.
const ROUND: usize = 2 * AT_ONCE;

/// How long a try may take, whatever the relay does meanwhile.
const TRY: Duration = Duration::from_secs(60);

/// For how long a mail that was taken is nobody else's: until the second half of a round has had its
/// try, and some more. After that another process, or this one started anew, tries it again.
const OURS: Duration = Duration::from_secs(150);

/// How long to wait when nothing is due.
const IDLE: Duration = Duration::from_secs(1);

/// How long to wait when the database is in trouble: what was sent can't be marked then, and each
/// round would send it again.
const TROUBLE: Duration = Duration::from_secs(60);

/// How long mails on their way may take at the program's end.
const LAST: Duration = Duration::from_secs(5);

/// The task that delivers.
pub struct Postman {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Postman {
    /// Starts it.
    pub fn start(outbox: Outbox, relay: Relay) -> Postman {
        let (stop, stopped) = oneshot::channel();
        Postman { stop, task: tokio::spawn(deliver(outbox, Arc::new(relay), stopped)) }
    }

    /// Ends it after the mails on their way, but not later than in a few seconds.
    pub async fn stop(mut self) {
        // A task that has ended by itself needs no telling.
        let _ = self.stop.send(());
        if timeout(LAST, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

async fn deliver(outbox: Outbox, relay: Arc<Relay>, mut stopped: oneshot::Receiver<()>) {
    loop {
        let wait = match round(&outbox, &relay, &mut stopped).await {
            Ok(0) => IDLE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::error!(%error, "the outbox can't be read or marked; trying again in a minute");
                TROUBLE
            }
        };
        tokio::select! {
            biased;
            _ = &mut stopped => return,
            () = sleep(wait) => {}
        }
    }
}

/// Tries what is due, a few at a time; returns how many that were. If an outcome can't be noted, no further try begins,
/// but those under way come to their end: a mail that its relay has in part would be sent once more.
async fn round(
    outbox: &Outbox,
    relay: &Arc<Relay>,
    stopped: &mut oneshot::Receiver<()>,
) -> Result<usize, StoreError> {
    let mut tally = Tally::default();
    let mut under_way = JoinSet::new();
    for (account, mail) in outbox.take(ROUND, OURS.as_secs() as i64).await? {
        if under_way.len() == AT_ONCE {
            tally.count(under_way.join_next().await);
        }
        // The sender gone is as good as its word.
        let is_stopped = !matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        if is_stopped || tally.trouble.is_some() {
            break;
        }
        under_way.spawn(one(outbox.clone(), Arc::clone(relay), account, mail));
    }
    while let Some(result) = under_way.join_next().await {
        tally.count(Some(result));
    }
    tally.log();
    tally.result()
}

async fn one(
    outbox: Outbox,
    relay: Arc<Relay>,
    account: AccountId,
    mail: Mail,
) -> Result<MailState, StoreError> {
    let delivery = timeout(TRY, relay.send(&mail)).await.unwrap_or(Delivery::Later("timeout"));
    let state = outbox.report(account, &mail, delivery).await?;
    if let Delivery::Later(class) | Delivery::Refused(class) | Delivery::Bounced(class) = delivery {
        tracing::debug!(mail = %mail.id, tries = mail.attempts + 1, class, state = state.as_str(), "no delivery");
    }
    Ok(state)
}

/// What a round came to.
#[derive(Default)]
struct Tally {
    sent: usize,
    waiting: usize,
    failed: usize,
    /// Why an outcome could not be noted: the first reason there was.
    trouble: Option<StoreError>,
}

impl Tally {
    /// Counts a mail. One whose task has panicked is still due.
    fn count(&mut self, result: Option<Result<Result<MailState, StoreError>, JoinError>>) {
        match result.map(|ended| ended.unwrap_or(Err(StoreError::Panicked))) {
            Some(Ok(MailState::Sent)) => self.sent += 1,
            Some(Ok(MailState::Queued)) => self.waiting += 1,
            Some(Ok(MailState::Failed)) => self.failed += 1,
            Some(Err(error)) => _ = self.trouble.get_or_insert(error),
            None => {}
        }
    }

    fn log(&self) {
        let Tally { sent, waiting, failed, .. } = *self;
        match sent + waiting + failed {
            0 => {}
            _ if waiting + failed > 0 => tracing::warn!(sent, waiting, failed, "mail: not all was delivered"),
            _ => tracing::info!(sent, "mail delivered"),
        }
    }

    fn result(self) -> Result<usize, StoreError> {
        self.trouble.map_or(Ok(self.sent + self.waiting + self.failed), Err)
    }
}
