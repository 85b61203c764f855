//! From a call to its operation.

use crate::nested::{Refused, below};
use crate::room::Seat;
use crate::session::Session;
use crate::{Failure, Fault, Gone, Notes, Room, Service, batch, login, op};
use contract::call::Work;
use contract::handles::{code, operation};
use contract::{OperationId, Record};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// One call, decoded.
#[derive(Debug)]
pub struct Call {
    /// Which operation.
    pub operation: OperationId,
    /// Its request wrapper.
    pub request: Record,
    /// The value of the session header, as received.
    pub session: Option<String>,
    /// Where the call comes from, if a proxy has not hidden it.
    pub peer: Option<IpAddr>,
    /// The endpoint's address as the client knows it: Login's ServerURL.
    pub endpoint: String,
    /// Whether the client is still there.
    pub gone: Gone,
    /// Finds room for the answer.
    pub room: Arc<dyn Room>,
    /// Where what the log is to know is noted.
    pub notes: Notes,
}

/// How many items below records count as a record where calls take turns: they take memory and time, too.
const NESTED: usize = 100;

/// What a call asks of the store.
#[derive(Default)]
struct Asks {
    work: Work,
    /// With how many records.
    records: usize,
    /// How many items the lists below its records have in all.
    below: usize,
}

impl Service {
    /// Runs a call: the session first, then its turn and room for its answer, the quota, and the operation.
    /// A call that writes and has begun runs to its end, whether or not its client is still there.
    ///
    /// # Errors
    /// A fault: the session's, the quota's or the operation's own. An operation that is not built
    /// answers CV10108. Busy where its turn or room did not come, Gone where the client went away.
    pub async fn call(&self, call: Call) -> Result<Record, Failure> {
        if call.operation == operation::LOGIN {
            return login::login(self, call).await;
        }
        let Call { operation, mut request, session, peer, gone, room, notes, .. } = call;
        let mut session = self.open_session(session.as_deref(), peer).await?;
        notes.caller(&session.account.number, Some(&session.user));
        self.hash_secrets(&session, peer, operation, &mut request, &gone).await?;
        let Asks { work, records, below } = self.asks(operation, &request);
        let turn = self.inner.queues.of_call(session.account.id, work, records, &gone).await?;
        find_room(&*room, &gone).await?;
        session.at = self.now();
        self.count_call(&session).await?;
        let seat = Seat {
            room: &*room,
            queues: &self.inner.queues,
            account: session.account.id,
            work,
            gone: &gone,
            turn: Mutex::new(Some(turn)),
        };
        let running = async {
            let response = self.run(operation, (&session, &seat), request, below).await?;
            notes.results(self.contract(), operation, &response);
            Ok(response)
        };
        if work == Work::Write {
            return running.await;
        }
        tokio::select! {
            biased;
            result = running => result,
            () = gone.left() => Err(Failure::Gone),
        }
    }

    fn asks(&self, operation: OperationId, request: &Record) -> Asks {
        let Some(call) = self.contract().calls.get(usize::from(operation.0)) else { return Asks::default() };
        let items = call.batch.map_or(&[][..], |batch| batch::items(&batch, request));
        let below = items.iter().map(below).sum();
        // What such an object counts is not found by key alone.
        let counts = operation == operation::RETRIEVE && op::counts(request);
        let work = if counts { Work::Read } else { call.work };
        Asks { work, records: items.len().max(below / NESTED), below }
    }

    /// Runs a call's operation on the records that it may see, and answers all of them.
    async fn run(
        &self,
        operation: OperationId,
        (session, seat): (&Session, &Seat<'_>),
        mut request: Record,
        below: usize,
    ) -> Result<Record, Failure> {
        let most = self.settings().nested_items;
        let refused = match below > most {
            true => Refused::take(self.contract(), operation, &mut request, most),
            false => Refused::default(),
        };
        let mut response = self.operate(operation, (session, seat), request).await?;
        refused.answer(self.contract(), operation, &mut response);
        Ok(response)
    }

    async fn operate(
        &self,
        operation: OperationId,
        (session, seat): (&Session, &Seat<'_>),
        request: Record,
    ) -> Result<Record, Failure> {
        let response = match operation {
            operation::DESCRIBE_GLOBAL => op::describe_global(self, (session, seat), request).await?,
            operation::DESCRIBE_CV_OBJECT => op::describe_object(self, (session, seat), request).await?,
            operation::CREATE_CONTACT => op::create_contact(self, session, request).await?,
            operation::UPDATE_CONTACT => op::update_contact(self, session, request).await?,
            operation::UPSERT_CONTACT => op::upsert_contact(self, session, request).await?,
            operation::DELETE_CONTACT => op::delete_contact(self, session, request).await?,
            operation::CREATE_CONTACT_GROUP => op::create_contact_group(self, session, request).await?,
            operation::MANAGE_CONTACT_GROUP_MEMBERS => {
                op::manage_contact_group_members(self, session, request).await?
            }
            operation::CREATE_DISTRIBUTION_LIST => {
                op::create_distribution_list(self, session, request).await?
            }
            operation::MANAGE_DISTRIBUTION_LIST_MEMBERS => {
                op::manage_distribution_list_members(self, session, request).await?
            }
            operation::CREATE_CUSTOM_FIELD => op::create_custom_field(self, session, request).await?,
            operation::UPDATE_CUSTOM_FIELD => op::update_custom_field(self, session, request).await?,
            operation::CREATE_NO_REG_EVENT => op::create_no_reg_event(self, session, request).await?,
            operation::COPY_EVENT => op::copy_event(self, session, request).await?,
            operation::UPDATE_EVENT_PARAMETERS => op::update_event_parameters(self, session, request).await?,
            operation::CREATE_POST_EVENT_FEEDBACK => {
                op::create_post_event_feedback(self, session, request).await?
            }
            operation::CREATE_SURVEY_ANSWER => op::create_survey_answer(self, session, request).await?,
            operation::ADD_ADVANCED_LOGIC => op::add_advanced_logic(self, session, request).await?,
            operation::CREATE_SESSION => op::create_session(self, session, request).await?,
            operation::UPDATE_SESSION => op::update_session(self, session, request).await?,
            operation::TRANSFER_INVITEE => op::transfer_invitee(self, session, request).await?,
            operation::SIMPLE_EVENT_REGISTRATION => {
                op::simple_event_registration(self, session, request).await?
            }
            operation::CHECK_IN => op::check_in(self, session, request).await?,
            operation::VALIDATE_INVITEE => op::validate_invitee(self, session, request).await?,
            operation::SESSION_REG_ACTION => op::session_reg_action(self, session, request).await?,
            operation::UPDATE_INVITEE_INTERNAL_INFO => {
                op::update_invitee_internal_info(self, session, request).await?
            }
            operation::UPDATE_GUEST_INFO => op::update_guest_info(self, session, request).await?,
            operation::UPDATE_REGISTRATION_TYPE => {
                op::update_registration_type(self, session, request).await?
            }
            operation::CREATE_TRANSACTION => op::create_transaction(self, session, request).await?,
            operation::SEARCH => op::search(self, session, request).await?,
            operation::RETRIEVE => op::retrieve(self, (session, seat), request).await?,
            operation::GET_UPDATED => op::get_updated(self, session, request).await?,
            operation::GET_DELETED => op::get_deleted(self, session, request).await?,
            operation::SEND_EMAIL => op::send_email(self, session, request).await?,
            operation::CREATE_USER => op::create_user(self, session, request).await?,
            operation::UPDATE_USER => op::update_user(self, session, request).await?,
            operation::DELETE_USER => op::delete_user(self, session, request).await?,
            operation::MANAGE_USER_GROUP => op::manage_user_group(self, session, request).await?,
            operation::CREATE_APPROVER => op::create_approver(self, session, request).await?,
            operation::UPDATE_APPROVER => op::update_approver(self, session, request).await?,
            operation::DELETE_APPROVER => op::delete_approver(self, session, request).await?,
            operation::CREATE_MEETING_REQUEST => op::create_meeting_request(self, session, request).await?,
            operation::UPDATE_MEETING_REQUEST => op::update_meeting_request(self, session, request).await?,
            operation::CREATE_RFP => op::create_rfp(self, session, request).await?,
            operation::CREATE_RATE_HISTORY => op::create_rate_history(self, session, request).await?,
            operation::DELETE_RATE_HISTORY => op::delete_rate_history(self, session, request).await?,
            operation::CREATE_BUDGET_ITEM => op::create_budget_item(self, session, request).await?,
            operation::DELETE_BUDGET_ITEM => op::delete_budget_item(self, session, request).await?,
            operation::CREATE_CONVERSION_RATE => op::create_conversion_rate(self, session, request).await?,
            operation::DELETE_CONVERSION_RATE => op::delete_conversion_rate(self, session, request).await?,
            _ => return Err(Fault::new(code::CV10108, "the operation is not built").into()),
        };
        Ok(response)
    }
}

/// Finds room for a call's answer.
pub(crate) async fn find_room(room: &dyn Room, gone: &Gone) -> Result<(), Failure> {
    let found = gone.unless_left(room.room()).await.ok_or(Failure::Gone)?;
    if found { Ok(()) } else { Err(Failure::Busy("there was no room for its answer in time")) }
}
