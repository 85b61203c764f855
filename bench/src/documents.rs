//! The WSDL and a page, which the server keeps in memory once it has rendered them.

use crate::http::Connection;
use crate::machine;
use crate::measure::{Measured, at_once};
use crate::message;
use crate::stages::{Bench, Running, Store};
use anyhow::{Context, Result, ensure};
use contract::handles::operation;
use contract::render::wsdl;
use std::time::Instant;

/// Connections that ask.
const READERS: usize = 4;

/// How often the WSDL is rendered to learn what that costs.
const RENDERED: u32 = 100;

/// A document that was asked for again and again.
pub struct Fetched {
    /// The query that it is found under.
    pub query: String,
    /// Its length in bytes.
    pub length: usize,
    /// Calls and their times.
    pub measured: Measured,
    /// Processor time of the server for one, in seconds.
    pub processor: f64,
    /// Processor time of rendering it, in seconds, where that is measured.
    pub rendering: Option<f64>,
}

/// Measures on a store whose server is stopped. The WSDL is the first.
pub fn measure(bench: &Bench, store: &Store) -> Result<Vec<Fetched>> {
    let contract = message::contract()?;
    let running = bench.open(store, &[])?;
    let endpoint = &running.server.endpoint;
    let address = format!("http://{}{}", endpoint.authority, endpoint.path);
    let used = machine::own_time()?;
    for _ in 0..RENDERED {
        std::hint::black_box(wsdl(contract, &address));
    }
    let rendering = (machine::own_time()? - used) / f64::from(RENDERED);
    let page = format!("?op={}", contract.model.operation(operation::UPDATE_CONTACT).name);
    let first = Fetched { rendering: Some(rendering), ..fetch(bench, &running, "?WSDL".to_owned())? };
    ensure!(first.length == wsdl(contract, &address).len(), "the WSDL has another length");
    let fetched = vec![first, fetch(bench, &running, page)?];
    running.server.stop().context("after the documents")?;
    Ok(fetched)
}

fn fetch(bench: &Bench, running: &Running, query: String) -> Result<Fetched> {
    let endpoint = &running.server.endpoint;
    let length = Connection::open(endpoint)?.get(&query)?.len();
    let (used, start) = (running.server.processor_time()?, Instant::now());
    let asked = query.as_str();
    let measured = at_once(0, READERS, bench.timing, |_| {
        let mut connection = Connection::open(endpoint)?;
        Ok(move || {
            let answer = connection.get(asked)?;
            ensure!(answer.len() == length, "another length");
            Ok(())
        })
    })?;
    let cores = (running.server.processor_time()? - used) / start.elapsed().as_secs_f64();
    let processor = cores / measured.calls();
    eprintln!("GET {query}: {:.0} calls/s", measured.calls());
    Ok(Fetched { query, length, measured, processor, rendering: None })
}
