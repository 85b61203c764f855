//! The lab in memory, as fuzz targets call it.

use contract::{Contract, OperationId, Timestamp};
use service::{Call, Clock, Failure, Gone, LAB_ACCOUNT, LAB_PASSWORD, LAB_USER, Notes, Random, Service, Settings, Unbounded};
use soap::{Codec, Incoming, Limits, Meter, OverBudget, Quirks};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use store::{Location, Options, Store};
use tokio::runtime::Runtime;

/// The lab that all inputs of a run share.
pub static LAB: Mutex<Option<Lab>> = Mutex::new(None);

/// After so many calls the lab begins anew, so that its memory stays small.
const CALLS: usize = 2_000;

/// Noon on the day of the golden cases.
const NOW: Timestamp = Timestamp(1_795_521_600_000_000);

/// Where the data of the lab's objects stands.
const OBJECTS: &str = include_str!("../../crates/service/src/lab.jsonl");

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        NOW
    }
}

struct Counter(AtomicU64);

impl Random for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (slot, byte) in buffer.iter_mut().rev().zip(number.iter().rev().cycle()) {
            *slot = *byte;
        }
    }
}

struct Free;

impl Meter for Free {
    fn charge(&mut self, _: usize) -> Result<(), OverBudget> {
        Ok(())
    }
}

/// A service on the lab's data, with a session.
pub struct Lab {
    pub contract: &'static Contract,
    pub session: String,
    /// Values that mean something: the lab's ids, names and addresses.
    pub texts: Vec<String>,
    runtime: Runtime,
    service: Service,
    codec: Codec,
    calls: usize,
}

impl Lab {
    pub fn new() -> Lab {
        let contract = Contract::get().unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(Store::open(contract, &Location::Memory, &Options::default())).unwrap();
        let random = Arc::new(Counter(AtomicU64::new(1)));
        let service = Service::new(contract, store, Settings::default(), Arc::new(Noon), random);
        runtime.block_on(service.admin().seed_lab()).unwrap();
        let codec = Codec::new(contract, Limits::default(), Quirks::default());
        let texts = OBJECTS.split('"').filter(|text| (2..60).contains(&text.len()) && !text.contains('\\'));
        let texts = texts.map(str::to_owned).collect();
        let mut lab = Lab { contract, session: String::new(), texts, runtime, service, codec, calls: 0 };
        lab.log_in();
        lab
    }

    /// The operation of a number; Login is left out, for each one costs a hash.
    pub fn operation(&self, number: u8) -> OperationId {
        let operations = &self.contract.model.operations;
        let named = operations.iter().filter(|operation| operation.name != "Login");
        let name = &named.cycle().nth(usize::from(number)).unwrap().name;
        self.contract.model.find_operation(name).unwrap()
    }

    fn log_in(&mut self) {
        let message = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><Login xmlns=\"{}\">\
             <AccountNumber>{LAB_ACCOUNT}</AccountNumber><UserName>{LAB_USER}</UserName><Password>{LAB_PASSWORD}</Password>\
             </Login></s:Body></s:Envelope>",
            self.contract.address(contract::Namespace::Messages)
        );
        let login = self.contract.model.find_operation("Login").unwrap();
        let answer = self.call(login, message.as_bytes()).unwrap();
        let value = answer.split("CventSessionHeader=\"").nth(1).and_then(|rest| rest.split('"').next());
        self.session = value.unwrap_or_else(|| panic!("{answer}")).to_owned();
    }

    /// Sends a message through codec and service. Gives the answer, if it is no fault.
    pub fn call(&mut self, operation: OperationId, message: &[u8]) -> Option<String> {
        if self.calls == CALLS {
            *self = Lab::new();
        }
        self.calls += 1;
        let action = format!("\"{}\"", self.contract.action(operation));
        let incoming = Incoming {
            soap_action: Some(action.as_bytes()),
            content_type: Some(b"text/xml; charset=utf-8"),
            body: message,
            now: NOW,
            endpoint: "http://localhost/soap/V200611.ASMX",
        };
        // A value that is out of its type's range is refused here.
        let request = self.codec.read(incoming, &mut Free).ok()?;
        assert!(request.operation == operation);
        let call = Call {
            operation,
            request: request.body,
            session: request.session.as_ref().and_then(|session| session.value()).map(str::to_owned),
            peer: Some(std::net::Ipv4Addr::LOCALHOST.into()),
            endpoint: incoming.endpoint.to_owned(),
            gone: Gone::new(),
            room: Arc::new(Unbounded),
            notes: Notes::default(),
        };
        let name = &self.contract.model.operation(operation).name;
        match self.runtime.block_on(self.service.call(call)) {
            Ok(record) => {
                let written = self.codec.write(request.version, operation, request.session.as_ref(), &record);
                let written = written.unwrap_or_else(|rejection| panic!("{name}: {rejection:?}"));
                Some(String::from_utf8(written).unwrap())
            }
            Err(Failure::Fault(fault)) => {
                assert!(!fault.reason.contains("the store failed"), "{name}: {}", fault.reason);
                None
            }
            Err(other) => panic!("{name}: {other:?}"),
        }
    }
}
