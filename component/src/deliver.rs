//! Answers on their way to Python, from one thread that waits for the GIL, so that no worker of the runtime does.

use std::sync::mpsc::{Sender, channel};

use pyo3::prelude::*;

/// One call into Python.
type Delivery = Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>;

/// The way to that thread.
#[derive(Debug, Clone)]
pub(crate) struct Deliver(Sender<Delivery>);

impl Deliver {
    /// Starts the thread; it ends with the process.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = channel::<Delivery>();
        std::thread::Builder::new().name("gatehouse-python".into()).spawn(move || {
            for delivery in receiver {
                // While the interpreter shuts down there is nobody left to tell.
                let told = Python::try_attach(|py| {
                    if let Err(error) = delivery(py) {
                        tracing::debug!(%error, "an answer found nobody");
                    }
                });
                if told.is_none() {
                    return;
                }
            }
        })?;
        Ok(Self(sender))
    }

    /// Calls into Python soon.
    pub(crate) fn send(&self, delivery: impl FnOnce(Python<'_>) -> PyResult<()> + Send + 'static) {
        // A closed channel means that the interpreter is gone.
        let _ = self.0.send(Box::new(delivery));
    }
}
