//! A service to test: account A001 with the user `api`, contact type MEM, at a time that the test
//! sets. Records are built and read by the contract's own names.

use contract::handles::enumeration::cv_search_operator_type;
use contract::handles::object::{
    array_of_error, contact, cv_object, cv_search, error, filter, id_array, login_result, retrieve_result,
};
use contract::handles::{code, message, operation};
use contract::scalar::parse_date_time;
use contract::{
    Code, Contract, FieldId, Guid, Kind, ObjectId, OperationId, Record, Scalar, Timestamp, TypeId, TypeRef,
    Value,
};
use service::{
    AccountChange, Call, Clock, Failure, Fault, Gone, Notes, Random, Service, Settings, Unbounded,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use store::{Location, Options, Store};

pub const ENDPOINT: &str = "http://localhost/soap/V200611.ASMX";
pub const PASSWORD: &str = "correct horse";

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

struct Counter(AtomicU64);

impl Random for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (slot, byte) in buffer.iter_mut().rev().zip(number.iter().rev().cycle()) {
            *slot = *byte;
        }
    }
}

pub struct Bench {
    pub contract: &'static Contract,
    pub service: Service,
    pub session: String,
    hands: Arc<Hands>,
    pub store: Store,
    ids: AtomicU64,
}

/// What came back for one record.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub id: String,
    pub source: String,
    pub reference: Option<String>,
    pub created: Option<bool>,
    pub codes: Vec<Code>,
}

impl Bench {
    pub async fn new() -> Bench {
        Bench::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Bench {
        let contract = Contract::get().unwrap();
        let store = Store::open(contract, &Location::Memory, &Options::default()).await.unwrap();
        let hands = Arc::new(Hands(AtomicI64::new(0)));
        let random = Arc::new(Counter(AtomicU64::new(1)));
        let service = Service::new(contract, store.clone(), settings, hands.clone(), random);
        let ids = AtomicU64::new(0x7e57_0000_0000_0001);
        let mut bench = Bench { contract, service, session: String::new(), hands, store, ids };
        bench.set_time("2026-11-24T12:00:00");
        bench.add_account("A001").await;
        bench.session = bench.login("A001", "api", PASSWORD).await.unwrap();
        bench
    }

    pub async fn add_account(&self, number: &str) {
        let admin = self.service.admin();
        admin.add_account(number, "Test").await.unwrap();
        let contact_types = vec![("MEM".to_owned(), "Member".to_owned())];
        admin.set_account(number, AccountChange { contact_types, ..AccountChange::default() }).await.unwrap();
        admin.add_user(number, "api", PASSWORD, "").await.unwrap();
    }

    pub fn set_time(&self, text: &str) {
        let time = parse_date_time(text, Timestamp(0)).unwrap();
        self.hands.0.store(time.0, Ordering::SeqCst);
    }

    pub fn pass_seconds(&self, seconds: i64) {
        self.hands.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// A record of a type with the members named; text, `true`/`false`, dates and enumeration
    /// values are read as the member's type.
    pub fn record(&self, ty: TypeId, members: &[(&str, &str)]) -> Record {
        let mut record = self.contract.record(ty);
        for (name, text) in members {
            let found = self.contract.model.ty(ty);
            let field = found.find_any(name).or_else(|| found.find(Kind::Hidden, name));
            let field = field.unwrap_or_else(|| panic!("no member {name}"));
            record.set(field, self.value(ty, field, text));
        }
        record
    }

    fn value(&self, ty: TypeId, field: FieldId, text: &str) -> Value {
        match self.contract.model.member(ty, field).ty {
            TypeRef::Scalar(Scalar::Boolean) => Value::Boolean(text == "true"),
            TypeRef::Scalar(Scalar::DateTime) => Value::Time(parse_date_time(text, Timestamp(0)).unwrap()),
            TypeRef::Scalar(Scalar::Int | Scalar::Long) => Value::Integer(text.parse().unwrap()),
            TypeRef::Scalar(Scalar::Decimal) => Value::Decimal(text.parse().unwrap()),
            TypeRef::Scalar(Scalar::Double) => Value::Double(text.parse().unwrap()),
            TypeRef::Enumeration(id) => {
                let values = &self.contract.model.enumeration(id).values;
                let index = values.iter().position(|value| value == text).unwrap();
                Value::Enumeration(contract::EnumValue(index as u16))
            }
            _ => text.into(),
        }
    }

    pub fn contact(&self, members: &[(&str, &str)]) -> Record {
        self.record(contact::TYPE_ID, members)
    }

    /// The request of a batch: the records, and the other parameters by name.
    pub fn request(&self, operation: OperationId, records: Vec<Record>, others: &[(&str, &str)]) -> Record {
        let batch = self.contract.call(operation).batch.unwrap();
        let wrapper = self.contract.model.operation(operation).request;
        let inner = batch.within.map(|field| self.contract.model.member(wrapper, field).ty);
        let ty = inner.map_or(wrapper, |ty| if let TypeRef::Complex(ty) = ty { ty } else { panic!() });
        let mut request = self.record(ty, others);
        let parameter = self.contract.model.member(request.ty(), batch.parameter).ty;
        let TypeRef::Complex(array) = parameter else { panic!("not an array") };
        let mut items = self.contract.record(array);
        for record in records {
            items.push(batch.item, record);
        }
        request.set(batch.parameter, items);
        let Some(within) = batch.within else { return request };
        let mut outer = self.contract.record(wrapper);
        outer.set(within, request);
        outer
    }

    /// Puts an object of a type that no operation makes into account A001, and gives its Id. Members
    /// that never travel may be named too.
    pub async fn put(&self, object: ObjectId, members: &[(&str, &str)]) -> String {
        self.put_record(object, self.record(self.contract.object(object).ty, members)).await
    }

    /// Puts an object with its details into account A001, and gives its Id.
    pub async fn put_record(&self, object: ObjectId, mut record: Record) -> String {
        let id =
            Guid(*self.ids.fetch_add(1, Ordering::SeqCst).to_be_bytes().repeat(2).first_chunk().unwrap());
        record.set(cv_object::ID, id.to_string());
        let at = Timestamp(self.hands.0.load(Ordering::SeqCst));
        let job = move |writer: &mut store::Writer<'_>| {
            let account = writer.account("A001")?.unwrap().id;
            writer.insert(account, object, std::slice::from_ref(&record), at)
        };
        self.store.write(job).await.unwrap();
        id.to_string()
    }

    /// Writes an object of account A001 anew.
    pub async fn replace(&self, object: ObjectId, record: Record) {
        let at = Timestamp(self.hands.0.load(Ordering::SeqCst));
        let job = move |writer: &mut store::Writer<'_>| {
            let account = writer.account("A001")?.unwrap().id;
            writer.update(account, object, std::slice::from_ref(&record), at)
        };
        self.store.write(job).await.unwrap();
    }

    /// The identifiers of the objects whose field has that value.
    pub async fn search_ids(&self, object: ObjectId, field: &str, value: &str) -> Vec<String> {
        let mut filter = self.record(filter::TYPE_ID, &[("Field", field), ("Value", value)]);
        filter.set(filter::OPERATOR, Value::Enumeration(cv_search_operator_type::EQUALS));
        let mut search = self.record(cv_search::TYPE_ID, &[("SearchType", "AndSearch")]);
        search.push(cv_search::FILTER, filter);
        let mut request = self.contract.record(message::search::TYPE_ID);
        request.set(message::search::OBJECT_TYPE, Value::Enumeration(contract::EnumValue(object.0)));
        request.set(message::search::CV_SEARCH_OBJECT, search);
        let response = self.call(operation::SEARCH, request).await.unwrap();
        ids(&response, message::search_response::SEARCH_RESULT)
    }

    /// The identifiers of the objects that were changed in a span.
    pub async fn updated(&self, object: ObjectId, start: &str, end: &str) -> Vec<String> {
        let members = [("StartDate", start), ("EndDate", end)];
        let mut request = self.record(message::get_updated::TYPE_ID, &members);
        request.set(message::get_updated::OBJECT_TYPE, Value::Enumeration(contract::EnumValue(object.0)));
        let response = self.call(operation::GET_UPDATED, request).await.unwrap();
        ids(&response, message::get_updated_response::GET_UPDATED_RESULT)
    }

    pub async fn call_as(
        &self,
        session: &str,
        operation: OperationId,
        request: Record,
    ) -> Result<Record, Fault> {
        self.call_from(Ipv4Addr::LOCALHOST.into(), session, operation, request).await
    }

    pub async fn call_from(
        &self,
        peer: IpAddr,
        session: &str,
        operation: OperationId,
        request: Record,
    ) -> Result<Record, Fault> {
        let call = Call { peer: Some(peer), ..self.ready(session, operation, request) };
        self.service.call(call).await.map_err(|failure| match failure {
            Failure::Fault(fault) => fault,
            other => panic!("{other:?}"),
        })
    }

    /// A call that the test may change and run itself.
    pub fn ready(&self, session: &str, operation: OperationId, request: Record) -> Call {
        Call {
            operation,
            request,
            session: Some(session.to_owned()).filter(|value| !value.is_empty()),
            peer: Some(Ipv4Addr::LOCALHOST.into()),
            endpoint: ENDPOINT.to_owned(),
            gone: Gone::new(),
            room: Arc::new(Unbounded),
            notes: Notes::default(),
        }
    }

    pub async fn call(&self, operation: OperationId, request: Record) -> Result<Record, Fault> {
        self.call_as(&self.session, operation, request).await
    }

    /// Runs a batch and gives the answers in order.
    pub async fn batch(&self, operation: OperationId, records: Vec<Record>) -> Vec<Answer> {
        self.batch_with(operation, records, &[]).await
    }

    pub async fn batch_with(
        &self,
        operation: OperationId,
        records: Vec<Record>,
        others: &[(&str, &str)],
    ) -> Vec<Answer> {
        let response = self.call(operation, self.request(operation, records, others)).await.unwrap();
        self.answers(operation, &response)
    }

    pub fn answers(&self, operation: OperationId, response: &Record) -> Vec<Answer> {
        let batch = self.contract.call(operation).batch.unwrap();
        let roles = batch.roles;
        let results = response.record(batch.result).unwrap();
        let text =
            |result: &Record, field: Option<FieldId>| field.and_then(|f| result.text(f)).map(str::to_owned);
        let answer = |result: &Record| {
            let errors = roles.errors.and_then(|field| result.record(field));
            let codes: Vec<Code> = errors
                .iter()
                .flat_map(|errors| errors.records(array_of_error::ERROR))
                .map(|item| self.contract.codes.find(item.text(error::CODE).unwrap()).unwrap())
                .collect();
            assert_eq!(result.boolean(roles.success), Some(codes.is_empty()));
            Answer {
                id: text(result, roles.id).unwrap_or_default(),
                source: text(result, roles.source).unwrap_or_default(),
                reference: text(result, roles.reference),
                created: roles.created.and_then(|field| result.boolean(field)),
                codes,
            }
        };
        results.records(batch.outcome).map(answer).collect()
    }

    /// Creates a contact and gives its Id.
    pub async fn create(&self, members: &[(&str, &str)]) -> String {
        let answers = self.batch(operation::CREATE_CONTACT, vec![self.contact(members)]).await;
        assert_eq!(answers[0].codes, [], "{answers:?}");
        answers[0].id.clone()
    }

    /// Updates one contact and gives the codes.
    pub async fn update(&self, members: &[(&str, &str)]) -> Vec<Code> {
        let answers = self.batch(operation::UPDATE_CONTACT, vec![self.contact(members)]).await;
        answers.into_iter().flat_map(|answer| answer.codes).collect()
    }

    pub async fn retrieve(&self, object: ObjectId, ids: &[&str]) -> Result<Vec<Record>, Fault> {
        let mut list = self.contract.record(id_array::TYPE_ID);
        for id in ids {
            list.push(id_array::ID, *id);
        }
        let mut request = self.contract.record(message::retrieve::TYPE_ID);
        request.set(message::retrieve::OBJECT_TYPE, Value::Enumeration(contract::EnumValue(object.0)));
        request.set(message::retrieve::IDS, list);
        let response = self.call(operation::RETRIEVE, request).await?;
        let result = response.record(message::retrieve_response::RETRIEVE_RESULT).unwrap();
        Ok(result.records(retrieve_result::CV_OBJECT).cloned().collect())
    }

    /// The one contact of an Id.
    pub async fn get(&self, id: &str) -> Record {
        let mut found = self.retrieve(contract::handles::object_type::CONTACT, &[id]).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text(cv_object::ID), Some(id));
        found.remove(0)
    }

    /// A member of a record as text.
    pub fn show(&self, record: &Record, name: &str) -> String {
        let ty = self.contract.model.ty(record.ty());
        let field = ty.find(Kind::Attribute, name).unwrap_or_else(|| panic!("no attribute {name}"));
        match record.get(field) {
            Value::Absent => "-".to_owned(),
            Value::Boolean(truth) => truth.to_string(),
            Value::Time(time) => time.to_string(),
            Value::Text(text) => text.to_string(),
            other => format!("{other:?}"),
        }
    }

    pub async fn login(&self, account: &str, user: &str, password: &str) -> Result<String, String> {
        self.login_from(Ipv4Addr::LOCALHOST.into(), account, user, password).await
    }

    pub async fn login_from(
        &self,
        peer: IpAddr,
        account: &str,
        user: &str,
        password: &str,
    ) -> Result<String, String> {
        let members = [("AccountNumber", account), ("UserName", user), ("Password", password)];
        let request = self.record(message::login::TYPE_ID, &members);
        let response = self.call_from(peer, "", operation::LOGIN, request).await.unwrap();
        let result = response.record(message::login_response::LOGIN_RESULT).unwrap();
        let text = |field| result.text(field).map(str::to_owned);
        match result.boolean(login_result::LOGIN_SUCCESS) {
            Some(true) => {
                assert_eq!(text(login_result::SERVER_URL).as_deref(), Some(ENDPOINT));
                Ok(text(login_result::CVENT_SESSION_HEADER).unwrap())
            }
            _ => Err(text(login_result::ERROR_MESSAGE).unwrap()),
        }
    }
}

/// The identifiers of an answer that is a list of them.
pub fn ids(response: &Record, result: FieldId) -> Vec<String> {
    let result = response.record(result).unwrap();
    let (_, list) = result.iter().next().unwrap();
    match list {
        Value::List(items) => items.iter().map(|item| item.as_text().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn an_operation_that_is_not_built_says_so() {
    let bench = Bench::new().await;
    let request = bench.contract.record(message::create_rfp::TYPE_ID);
    let fault = bench.call(OperationId(u16::MAX), request).await.unwrap_err();
    assert_eq!(fault.code, code::CV10108);
}
