//! What each operation means: sessions, quotas, rules, and the operations themselves.
//!
//! Nothing here knows XML or HTTP. A call comes in as a record of its request wrapper and goes out
//! as a record of its response wrapper, or as a [`Fault`]; a batch's records are validated and
//! written together, in one transaction, and answered one by one in request order.

mod admin;
mod batch;
pub mod data;
mod derived;
mod dispatch;
mod environment;
mod failure;
mod fault;
mod gone;
mod lab;
mod login;
mod members;
mod nested;
mod network;
mod notes;
mod op;
mod outbox;
mod outside;
mod parent;
mod password;
mod question;
mod queues;
mod quota;
mod remove;
mod room;
mod rules;
mod session;
mod settings;
pub mod table;
mod turns;
mod unreadable;
mod write;

pub use admin::{AccountChange, Admin, AdminError, UserChange};
pub use dispatch::Call;
pub use environment::{Clock, Random};
pub use failure::Failure;
pub use fault::Fault;
pub use gone::Gone;
pub use lab::{LAB_ACCOUNT, LAB_PASSWORD, LAB_USER};
pub use network::{Network, NoNetwork};
pub use notes::{Noted, Notes};
pub use outbox::{Delivery, Outbox};
pub use queues::Waiting;
pub use room::{Room, Unbounded};
pub use settings::{Settings, Share, TurnSettings};
pub use unreadable::{GivenOut, LeftOut, Unreadable};

use contract::{Contract, Guid, Timestamp};
use std::sync::Arc;
use store::{Store, StoreError};

/// The service. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    contract: &'static Contract,
    store: Store,
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    quota: quota::Quota,
    queues: queues::Queues,
    recent: session::Recent,
    outside: outside::Outside,
}

impl Service {
    /// A service on a store, with its settings and its sources of time and randomness.
    pub fn new(
        contract: &'static Contract,
        store: Store,
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Service {
        let quota = quota::Quota::default();
        let queues = queues::Queues::new(&settings.turns);
        let recent = session::Recent::default();
        let outside = outside::Outside::default();
        let inner = Inner { contract, store, settings, clock, random, quota, queues, recent, outside };
        Service { inner: Arc::new(inner) }
    }

    /// Administration: accounts and API users. For the command line; no client can reach it.
    pub fn admin(&self) -> Admin {
        Admin::new(self.clone())
    }

    /// The outbox: mails to deliver. For whoever delivers them; no client can reach it.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.clone())
    }

    /// How many calls wait for their turn.
    pub fn waiting(&self) -> Waiting {
        self.inner.queues.waiting()
    }

    /// Writes what is still counted in memory only: calls that changed nothing. Due every second
    /// and before the store is closed.
    ///
    /// # Errors
    /// The store's trouble; the counts are kept for the next time.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.inner.quota.flush(&self.inner.store).await
    }

    /// Whether the database answers.
    pub async fn answers(&self) -> bool {
        self.inner.store.look_up(|reader| reader.account("")).await.is_ok()
    }

    fn contract(&self) -> &'static Contract {
        self.inner.contract
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner.random.fill(&mut bytes);
        bytes
    }

    fn new_id(&self) -> Guid {
        Guid::from_random(self.random())
    }
}
