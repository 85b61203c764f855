//! Load: UpdateContact calls over several connections for a fixed time, every answer checked.

use crate::http::{Connection, Endpoint};
use crate::measure::{Measured, Timing, at_once};
use crate::message::{self, Results};
use crate::population::Population;
use crate::updates::Update;
use anyhow::{Result, bail};
use contract::Contract;
use contract::handles::operation::UPDATE_CONTACT;

/// Calls of `size` contacts over that many connections, each its own share of the contacts in turn.
pub fn run(
    endpoint: &Endpoint,
    session: &str,
    population: &Population,
    (size, connections): (usize, usize),
    timing: Timing,
) -> Result<Measured> {
    let contract = message::contract()?;
    at_once(size, connections, timing, |index| {
        let mut visits = population.share(index, connections);
        let mut call = Update::new(contract, session, size, &visits)?;
        let mut client = Client::new(endpoint, contract)?;
        Ok(move || {
            call.aim(&mut visits);
            client.call(&call)
        })
    })
}

/// One connection's sender.
struct Client<'a> {
    endpoint: &'a Endpoint,
    action: String,
    results: Results,
    connection: Option<Connection>,
}

impl<'a> Client<'a> {
    fn new(endpoint: &'a Endpoint, contract: &Contract) -> Result<Client<'a>> {
        let (action, results) = (contract.action(UPDATE_CONTACT), Results::of(contract, UPDATE_CONTACT)?);
        Ok(Client { endpoint, action, results, connection: None })
    }

    /// Sends the call and checks the answer. After a failure nothing is known of the connection, so that
    /// the next call takes a new one.
    fn call(&mut self, call: &Update) -> Result<()> {
        let mut connection = self.connection.take().map_or_else(|| Connection::open(self.endpoint), Ok)?;
        let answer = connection.call(&self.action, &call.bytes)?;
        if !self.results.ids(answer, call.size())?.eq(call.ids()) {
            bail!("the identifiers are not those of the call, or not in its order");
        }
        self.connection = Some(connection);
        Ok(())
    }
}
