//! The allocator, and when it gives memory back.

use std::io;

/// Requests allocate many small strings in several threads at once; mimalloc is quicker at that than
/// the system's allocator, above all musl's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// After how many milliseconds freed pages go back to the system.
#[cfg(unix)]
const DELAY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "3");

/// What runs programs of other systems or by hand: to start that anew would start something else.
#[cfg(unix)]
const LOADERS: [&str; 3] = ["ld-", "ld.", "qemu-"];

/// Makes sure that freed pages go back to the system after 3 ms, unless the environment says otherwise: by default the
/// allocator keeps them for a second, so that a run of requests can occupy several times the memory in use. To give them
/// back at once costs 7 % of UpdateContact's speed.
///
/// The allocator reads the setting once, before the program begins, so that the program starts itself anew. Returns once the
/// setting is in the environment.
///
/// # Errors
/// The program can't be started anew.
#[cfg(unix)]
pub fn give_back_soon() -> io::Result<()> {
    use std::env;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    let (name, value) = DELAY;
    if env::var_os(name).is_some() {
        return Ok(());
    }
    let program = env::current_exe()?;
    let file = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if LOADERS.iter().any(|loader| file.starts_with(loader)) {
        return Err(io::Error::other(format!("{file} runs the program")));
    }
    let mut arguments = env::args_os();
    let own = arguments.next().unwrap_or_default();
    Err(Command::new(program).arg0(own).args(arguments).env(name, value).exec())
}

/// Where a program can't be started anew, the environment says it.
#[cfg(not(unix))]
pub fn give_back_soon() -> io::Result<()> {
    Ok(())
}
