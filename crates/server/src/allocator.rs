//! The allocator, and when it gives memory back.

/// Requests allocate many small strings in several threads at once; mimalloc is quicker at that than
/// the system's allocator, above all musl's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Makes sure that freed pages go back to the system at once, unless the environment says otherwise: by default the
/// allocator keeps them for a second, in which requests that follow each other take several times what they hold.
///
/// The allocator reads that setting once, before the program begins, so that the program is begun anew. Returns if it has
/// been, or can't be.
#[cfg(unix)]
pub fn give_back_at_once() {
    use std::env;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const DELAY: &str = "MIMALLOC_PURGE_DELAY";
    let mut arguments = env::args_os();
    let name = arguments.next().filter(|_| env::var_os(DELAY).is_none());
    let (Some(name), Ok(program)) = (name, env::current_exe()) else { return };
    let error = Command::new(program).arg0(name).args(arguments).env(DELAY, "0").exec();
    tracing::warn!(%error, "can't begin anew with {DELAY}=0: set it in the environment where memory is limited");
}

/// Where a program can't be begun anew, the environment says it.
#[cfg(not(unix))]
pub fn give_back_at_once() {}
