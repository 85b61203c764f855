//! The allocator, and when it gives memory back.

use std::io;

/// Requests allocate many small strings in several threads at once; mimalloc is quicker at that than
/// the system's allocator, above all musl's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// After how many milliseconds freed pages go back to the system.
#[cfg(unix)]
const DELAY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "10");

/// Makes sure that freed pages go back to the system after 10 ms, unless the environment says otherwise: by default the
/// allocator keeps them for a second, in which requests that follow each other take several times what they hold. To give
/// them back at once costs 7 % of UpdateContact's speed.
///
/// The allocator reads that setting once, before the program begins, so that the program is begun anew. Returns if it has
/// been.
///
/// # Errors
/// It can't be begun anew.
#[cfg(unix)]
pub fn give_back_soon() -> io::Result<()> {
    use std::env;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    let (name, value) = DELAY;
    if env::var_os(name).is_some() {
        return Ok(());
    }
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    Err(Command::new(env::current_exe()?).arg0(program).args(arguments).env(name, value).exec())
}

/// Where a program can't be begun anew, the environment says it.
#[cfg(not(unix))]
pub fn give_back_soon() -> io::Result<()> {
    Ok(())
}
