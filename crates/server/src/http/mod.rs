//! HTTP: from a request's bytes to an answer's, by the rules of an ASMX endpoint.
//!
//! [`listen`] accepts connections and hands each request to [`App::answer`]. [`edges`] says what is wrong
//! with its head, and [`route`] what it asks for; [`body`] reads it whole; [`exchange`] makes a SOAP call of it and [`form`] a form's.
//! [`entry`] is its line in the log.

mod activity;
mod address;
mod answer;
mod body;
mod budget;
mod caller;
mod connections;
mod documents;
mod edges;
mod entry;
mod exchange;
mod fields;
mod form;
mod forwarded;
mod heads;
mod inflate;
mod listen;
mod message;
mod meter;
mod payload;
mod query;
mod ready;
mod room;
mod route;
mod shares;
mod socket;
mod work;

pub use caller::Site;
pub use listen::{Bounds, bind, serve};
pub use route::ENDPOINT;
pub use shares::least_memory;

use crate::pages::{self, Visit};
use activity::{Activity, Working};
use address::AddressKey;
use answer::{Answer, charged_page, content_type, document, error_page, page, plain_error};
use body::Intake;
use budget::{Budget, Charge, Leave};
use caller::{Caller, Ends};
use connections::Connections;
use contract::Contract;
use documents::Documents;
use entry::Entry;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Version};
use ready::Readiness;
use room::AnswerRoom;
use route::{Place, Wanted};
use service::{Clock, Service};
use soap::Codec;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use work::Work;

/// More calls than ever run at once.
const CALLS: u32 = 1 << 16;

/// All that answering a request takes.
pub struct App {
    contract: &'static Contract,
    service: Service,
    clock: Arc<dyn Clock>,
    codec: Codec,
    intake: Intake,
    site: Site,
    lab: bool,
    readiness: Readiness,
    documents: Documents,
    requests: AtomicU64,
    calls: Arc<Semaphore>,
    budget: Arc<Budget>,
    connections: Arc<Connections>,
    room: Arc<AnswerRoom>,
    work: Arc<Work>,
}

/// What is done about a request that has just come in.
enum Admitted {
    /// It is looked at; the charge is that of its head.
    Asked(Charge),
    /// It is answered at once.
    Answered(Answer),
    /// Its stream is refused.
    Refused,
}

/// What requests may take.
#[derive(Clone, Copy, Debug)]
pub struct Intakes {
    /// The longest body, in bytes.
    pub body: usize,
    /// How long a body may take.
    pub time: Duration,
    /// How long a client may take to send or to take 4 KiB.
    pub silence: Duration,
    /// How many bytes all requests may hold together.
    pub memory: usize,
    /// How many connections there may be.
    pub connections: usize,
}

impl App {
    /// Puts the pieces together.
    ///
    /// # Errors
    /// The system gives no threads for long work.
    pub fn new(
        contract: &'static Contract,
        service: Service,
        clock: Arc<dyn Clock>,
        codec: Codec,
        intakes: Intakes,
        site: Site,
        (lab, folder): (bool, Option<PathBuf>),
    ) -> io::Result<App> {
        let budget = Budget::new(intakes.memory, intakes.connections);
        let connections = Connections::new(intakes.connections);
        let work = Arc::new(Work::new()?);
        let readiness = Readiness::new(service.clone(), Arc::clone(&clock), folder);
        let room = AnswerRoom { budget: Arc::clone(&budget), connections: Arc::clone(&connections) };
        Ok(App {
            contract,
            service,
            clock,
            codec,
            intake: Intake::new(intakes, Arc::clone(&budget), Arc::clone(&work)),
            site,
            lab,
            readiness,
            documents: Documents::new(contract),
            requests: AtomicU64::new(0),
            calls: Arc::new(Semaphore::new(CALLS as usize)),
            budget,
            connections,
            room: Arc::new(room),
            work,
        })
    }

    /// Answers a request. What its head takes is charged, or the head refused and dropped, before this returns: as many
    /// heads as there are streams may have come before anything more is done about the first.
    ///
    /// # Errors
    /// `REFUSED_STREAM` for an HTTP/2 request for which there is no memory: nothing of it was done, as the client knows by
    /// that. An answer would take memory, too, as long as the client does not take it.
    pub fn answer(
        self: Arc<App>,
        request: Request<Incoming>,
        ends: Ends,
        activity: Arc<Activity>,
        proxy: bool,
    ) -> impl Future<Output = Result<Answer, h2::Error>> + Send {
        let mut working = activity.begin();
        let (head, body) = request.into_parts();
        let caller = Caller::of(&head, ends, &self.site);
        working.passed_on(proxy.then(|| self.connections.forwarded(AddressKey::from(caller.address))));
        let id = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut entry = Entry::new(id, caller.address);
        let admitted = self.admit(&head, (&activity, &mut working), &mut entry);
        let asked = match admitted {
            Admitted::Asked(charge) => Ok((head, (body, charge), caller)),
            Admitted::Answered(answer) => Err(Some(self.finish(answer, &head))),
            Admitted::Refused => Err(None),
        };
        async move {
            let mut answer = match asked {
                Ok((head, body, caller)) => {
                    let answer = self.clone().dispatch(&head, body, &caller, &mut entry).await;
                    self.finish(answer, &head)
                }
                Err(Some(answer)) => answer,
                Err(None) => {
                    entry.unanswered();
                    return Err(h2::Error::from(h2::Reason::REFUSED_STREAM));
                }
            };
            if !answer.body_mut().charge_to(|| self.budget.open(activity.allowance())) {
                // It tells of nothing that was done.
                entry.refuse("busy", "answers that their clients do not take leave no room for another");
                answer =
                    answer::in_place_of(&answer, answer::busy(self.codec.reject_busy(soap::Version::V11)));
            }
            entry.answered(&answer);
            activity.deliver(working, answer.body_mut());
            Ok(answer)
        }
    }

    /// Adds to an answer what every answer has.
    fn finish(&self, mut answer: Answer, head: &Parts) -> Answer {
        answer::finish(&mut answer, head.version, &head.headers, self.lab);
        answer
    }

    /// Charges what a request takes before anything is done about it. Not waited for: it would be there meanwhile. What is
    /// wrong with a head is told before that there is no room for it.
    fn admit(
        &self,
        head: &Parts,
        (activity, working): (&Activity, &mut Working),
        entry: &mut Entry,
    ) -> Admitted {
        let is_stream = head.version == Version::HTTP_2;
        let has_stream = !is_stream || working.is_alone() || {
            let mut stream = self.budget.open(None);
            let has_room = stream.try_common(heads::STREAM, Leave::Half).is_ok();
            working.hold(stream);
            has_room
        };
        if has_stream && let Some(refusal) = edges::refusal(head) {
            entry.refuse("bad-head", refusal.reason);
            return Admitted::Answered(answer::refused(refusal, head.version));
        }
        let mut charge = self.budget.open(activity.allowance());
        if has_stream && charge.try_grow(heads::weight(head)).is_ok() {
            return Admitted::Asked(charge);
        }
        if is_stream {
            entry.refuse("busy", "other requests hold the memory that --request-memory allows");
            return Admitted::Refused;
        }
        Admitted::Answered(exchange::no_room(self, head, entry))
    }

    /// Waits until no call runs any more, not even one whose client is gone.
    pub async fn calls_finished(&self) {
        // The semaphore is never closed.
        let _ = self.calls.acquire_many(CALLS).await;
    }

    async fn dispatch(
        self: Arc<App>,
        head: &Parts,
        (body, mut charge): (Incoming, Charge),
        caller: &Caller,
        entry: &mut Entry,
    ) -> Answer {
        match route::place(head.uri.path()) {
            Place::Endpoint(path) => match route::wanted(&head.method, head.uri.query()) {
                Wanted::Call => exchange::call(self, head, body, caller, (&path, charge), entry).await,
                wanted => {
                    // It asks for no more, and others may.
                    charge.settle();
                    if self.room.room().await {
                        return self.document(wanted, caller, (&path, charge), entry);
                    }
                    entry.refuse("busy", "the answers that wait for their clients leave no room for another");
                    answer::busy_page()
                }
            },
            Place::Below(path, rest) if head.method == Method::POST && caller.local => {
                form::call(self, head, (body, charge), caller, (&path, &rest), entry).await
            }
            Place::Below(_, rest) => unexpected_ending(&rest, entry),
            Place::Home => {
                entry.operation = "home".into();
                answer::to_endpoint(&caller.path(ENDPOINT))
            }
            Place::Health => {
                entry.operation = "health".into();
                entry.routine = true;
                document(StatusCode::OK, content_type::TEXT, "ok")
            }
            Place::Ready => {
                entry.operation = "ready".into();
                match self.readiness.trouble().await {
                    None => {
                        entry.routine = true;
                        document(StatusCode::OK, content_type::TEXT, "ok")
                    }
                    Some(trouble) => {
                        entry.refuse("not-ready", trouble);
                        document(StatusCode::SERVICE_UNAVAILABLE, content_type::TEXT, trouble)
                    }
                }
            }
            Place::Nowhere => {
                entry.operation = "nowhere".into();
                entry.refuse("not-found", "there is nothing at that path");
                error_page(StatusCode::NOT_FOUND, &format!("The service is at {ENDPOINT}."))
            }
        }
    }

    /// What a GET of the endpoint is answered with.
    fn document(
        &self,
        wanted: Wanted,
        caller: &Caller,
        (path, charge): (&str, Charge),
        entry: &mut Entry,
    ) -> Answer {
        let address = caller.endpoint(path);
        let path = caller.path(path);
        let visit = Visit { path: &path, host: caller.host(), local: caller.local };
        let ok = StatusCode::OK;
        match wanted {
            Wanted::Wsdl => {
                entry.operation = "wsdl".into();
                document(ok, content_type::XML, self.documents.wsdl(&address))
            }
            Wanted::Disco => {
                entry.operation = "disco".into();
                document(ok, content_type::XML, self.documents.disco(&address))
            }
            Wanted::Index => {
                entry.operation = "page".into();
                page(ok, self.documents.page(None, &visit))
            }
            Wanted::Operation(name) => {
                entry.operation = "page".into();
                match self.contract.model.find_operation(&name) {
                    Some(id) => page(ok, self.documents.page(Some(id), &visit)),
                    None => charged_page(pages::operation(self.contract, &visit, &name).into_bytes(), charge),
                }
            }
            Wanted::OtherWsdl => {
                entry.operation = "wsdl".into();
                entry.refuse("not-found", "a WSDL was asked for by a number");
                plain_error("XML Web service description was not found.")
            }
            Wanted::OtherSchema => {
                entry.operation = "wsdl".into();
                entry.refuse("not-found", "a schema was asked for by a number");
                plain_error("Schema not found.")
            }
            Wanted::Danger(piece) => {
                entry.refuse("dangerous", "the query has markup in it");
                dangerous("QueryString", &piece)
            }
            Wanted::TooMany => {
                entry.refuse("too-many", "the query has more than 1,000 pairs");
                error_page(StatusCode::INTERNAL_SERVER_ERROR, query::TOO_MANY)
            }
            Wanted::NotAllowed | Wanted::Call => {
                entry.refuse("not-allowed", "the endpoint answers GET and POST only");
                error_page(StatusCode::METHOD_NOT_ALLOWED, "Request format is unrecognized.")
            }
        }
    }
}

/// The answer to a request below the endpoint that nobody understands.
fn unexpected_ending(rest: &str, entry: &mut Entry) -> Answer {
    entry.refuse("not-found", "there is nothing below the endpoint for remote callers");
    let text = format!("Request format is unrecognized for URL unexpectedly ending in '{rest}'.");
    error_page(StatusCode::INTERNAL_SERVER_ERROR, &text)
}

/// The answer to a value that ASP.NET's request validation rejects.
fn dangerous(collection: &str, piece: &str) -> Answer {
    let text =
        format!("A potentially dangerous Request.{collection} value was detected from the client ({piece}).");
    error_page(StatusCode::INTERNAL_SERVER_ERROR, &text)
}
