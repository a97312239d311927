//! Runs asynchronous work to its end, on this thread, in paused time.

use std::future::Future;

/// The result of `work`. May be called from anywhere, inside a `#[tokio::test]` too.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> T {
    if tokio::runtime::Handle::try_current().is_err() {
        return run(work);
    }
    // A runtime cannot be entered from inside another; a thread of its own has none.
    std::thread::scope(|scope| match scope.spawn(|| run(work)).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime with time alone asks nothing of the system")
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_inside_another_runtime() {
        assert_eq!(block_on(async { block_on(async { 42 }) }), 42);
    }
}
