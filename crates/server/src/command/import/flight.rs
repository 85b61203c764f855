//! A batch that is being written.

use super::batch::Batch;
use service::table::{Import, Verdict};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use store::StoreError;

type Written = Result<Vec<Verdict>, StoreError>;

/// A batch on its way into the database, from [`Flight::start`] to [`Flight::land`].
pub struct Flight {
    batch: Batch,
    writing: Pin<Box<dyn Future<Output = Written> + Send>>,
    /// What came of it, if that is known already.
    written: Option<Written>,
    refused: Vec<Option<Verdict>>,
}

impl Flight {
    /// Begins to write a batch: it stands in the store's queue, behind those that were begun before.
    /// Nothing is kept of it unless `keeps`.
    pub async fn start(table: Arc<Import>, mut batch: Batch, keeps: bool) -> Flight {
        let (good, refused) = batch.split();
        let writing = async move { if keeps { table.write(good).await } else { table.try_out(good).await } };
        let mut flight = Flight { batch, writing: Box::pin(writing), written: None, refused };
        // A future does nothing until somebody asks for what comes of it.
        poll_fn(|context| {
            if let Poll::Ready(written) = flight.writing.as_mut().poll(context) {
                flight.written = Some(written);
            }
            Poll::Ready(())
        })
        .await;
        flight
    }

    /// Waits until the batch is written; gives a verdict for each of its lines.
    ///
    /// # Errors
    /// The store's trouble; then nothing of the batch is written.
    pub async fn land(self) -> Result<(Batch, Vec<Verdict>), StoreError> {
        let written = match self.written {
            Some(written) => written,
            None => self.writing.await,
        };
        let mut written = written?.into_iter();
        let verdicts = self.refused.into_iter().map(|refused| refused.or_else(|| written.next()));
        Ok((self.batch, verdicts.map_while(|verdict| verdict).collect()))
    }
}
