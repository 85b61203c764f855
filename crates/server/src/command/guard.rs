//! What a server makes sure of before it serves a database: that no other server does, and that nobody takes a lab's
//! data, whose password everybody knows, for others'.

use crate::exit::{Exit, Failure};
use service::{AdminError, LAB_ACCOUNT, LAB_USER, Service};
use std::fs::{File, TryLockError};
use store::Location;

/// Locks a data folder for as long as the file that it gives is open.
///
/// # Errors
/// [`Exit::DataFolder`] where another server has it.
pub fn lock(location: &Location) -> Result<Option<File>, Failure> {
    let Location::Folder(folder) = location else { return Ok(None) };
    let locked = File::open(folder).map_err(TryLockError::Error).and_then(|file| {
        file.try_lock()?;
        Ok(file)
    });
    match locked {
        Ok(file) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            Exit::DataFolder,
            format!(
                "another understudy serves {location}; stop it, or name another folder with --data. Several servers \
                 on one database need PostgreSQL (--database)"
            ),
        )),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, folder = %folder.display(), "the folder can't be locked; see that one server uses it");
            Ok(None)
        }
    }
}

/// A lab's database is one in which the lab's account has the lab's API user.
///
/// # Errors
/// [`Exit::Refused`] for a lab's database without `--lab`, and for `--lab` on a database that has other accounts and not
/// the lab's.
pub async fn check_lab(service: &Service, lab: bool, location: &Location) -> Result<(), Failure> {
    let admin = service.admin();
    let failed = |error: AdminError| Failure::new(Exit::Failed, error.to_string());
    let accounts = admin.accounts().await.map_err(failed)?;
    let has_labs = accounts.iter().any(|account| account.number == LAB_ACCOUNT);
    if lab {
        return if has_labs || accounts.is_empty() { Ok(()) } else { Err(others(location)) };
    }
    if has_labs && admin.users(LAB_ACCOUNT).await.map_err(failed)?.iter().any(|user| user.name == LAB_USER) {
        return Err(labs(location));
    }
    Ok(())
}

fn labs(location: &Location) -> Failure {
    Failure::new(
        Exit::Refused,
        format!(
            "{location} has the data of a lab (account {LAB_ACCOUNT}, API user {LAB_USER}), whose password everybody \
             knows: start it with --lab, or name another place with --data or --database"
        ),
    )
}

fn others(location: &Location) -> Failure {
    Failure::new(
        Exit::Refused,
        format!(
            "{location} has accounts that are no lab's, and --lab would add one whose password everybody knows: \
             leave out --lab, or name another place with --data or --database"
        ),
    )
}
