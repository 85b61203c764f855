//! The process is killed in the middle of its work: what it acknowledged is there afterwards, and
//! the session still holds.

use crate::support::Server;
use crate::support::soap::{call, session};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

const WRITERS: usize = 4;
const RECORDS: usize = 20;

#[test]
fn a_killed_server_has_kept_every_acknowledged_write() {
    let mut server = Server::start(&["--lab"]);
    let session = session(&server);
    for round in 0..3 {
        let acknowledged = write_until_killed(&server, &session, round);
        assert!(!acknowledged.is_empty(), "no write was acknowledged before the kill");
        let (_, _, folder) = server.wait();
        server = Server::start_in(folder, &["--lab"], &[]);
        for ids in &acknowledged {
            assert_eq!(stored(&server, &session, ids), ids.len(), "a batch is not whole");
        }
    }
}

/// Several clients create contacts, batch by batch, until the server is killed under them. Gives
/// the identifiers of each batch that was answered.
fn write_until_killed(server: &Server, session: &str, round: usize) -> Vec<Vec<String>> {
    let acknowledged = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let acknowledged = &acknowledged;
            let address = server.address;
            scope.spawn(move || {
                let mut batch = 0;
                while let Some(ids) = create(address, session, &format!("{round}-{writer}-{batch}")) {
                    acknowledged.lock().unwrap().push(ids);
                    batch += 1;
                }
            });
        }
        while acknowledged.lock().unwrap().len() < WRITERS * 5 {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(17 * round as u64));
        server.signal("KILL");
    });
    acknowledged.into_inner().unwrap()
}

/// One batch on a connection of its own; nothing if the server is gone.
fn create(address: SocketAddr, session: &str, batch: &str) -> Option<Vec<String>> {
    let contact = |index| format!("<Contact LastName=\"K\" EmailAddress=\"k{index}@{batch}.example\" />");
    let contacts: String = (0..RECORDS).map(contact).collect();
    let request = call(session, "CreateContact", &format!("<Contacts>{contacts}</Contacts>"));
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(&request.header("Connection", "close").bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    // An answer that was cut off acknowledged nothing.
    answer.ends_with("</soap:Envelope>").then(|| values(&answer, "Id"))
}

fn stored(server: &Server, session: &str, ids: &[String]) -> usize {
    let list: String = ids.iter().map(|id| format!("<Id>{id}</Id>")).collect();
    let body = format!(
        "<ObjectType>Contact</ObjectType><Ids xmlns=\"http://schemas.cvent.com/api/2006-11\">{list}</Ids>"
    );
    let answer = server.send(&call(session, "Retrieve", &body));
    assert_eq!(answer.status, 200, "{}", answer.text());
    values(answer.text(), "Id").len()
}

/// The values of an attribute, in order.
fn values(answer: &str, name: &str) -> Vec<String> {
    let mark = format!(" {name}=\"");
    answer.split(&mark).skip(1).filter_map(|piece| piece.split('"').next()).map(str::to_owned).collect()
}
