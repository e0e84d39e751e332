//! Writes of many at once: jobs that arrive while a transaction is being committed share the
//! next one, so that a busy server waits for the disk as often as an idle one.

use core::fmt;
use core::future::Future;
use core::pin::Pin;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, Connection};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use super::database::{Backend, PATIENCE, connect};

/// Jobs that may wait.
const QUEUE: usize = 4096;
/// Jobs in one transaction.
const TOGETHER: usize = 512;

/// What a job does.
pub type BoxFuture<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;

/// A job that has run: its own error, if it had one, and how to answer once the transaction is through.
struct Ran {
    failed: Option<StoreError>,
    answer: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

trait Job: Send {
    fn run<'c>(self: Box<Self>, connection: &'c mut AnyConnection) -> BoxFuture<'c, Ran>;
    fn refuse(self: Box<Self>, error: StoreError);
}

struct Asked<F, T> {
    job: F,
    sender: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Asked<F, T>
where
    F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    T: Send + 'static,
{
    fn run<'c>(self: Box<Self>, connection: &'c mut AnyConnection) -> BoxFuture<'c, Ran> {
        Box::pin(async move {
            // Whoever asked may have gone away: nobody hears the answer then.
            let Self { job, sender } = *self;
            match job(connection).await {
                Ok(value) => {
                    Ran { failed: None, answer: Box::new(move |through| drop(sender.send(through.map(|()| value)))) }
                }
                Err(error) => {
                    Ran { failed: Some(error.clone()), answer: Box::new(move |_| drop(sender.send(Err(error)))) }
                }
            }
        })
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        drop(self.sender.send(Err(error)));
    }
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// Writes to one database, one transaction at a time. Copies write to the same.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Message>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer(..)")
    }
}

impl Writer {
    pub(super) fn start(options: AnyConnectOptions, backend: Backend, connection: AnyConnection) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(Worker { options, backend, connection: Some(connection), queue }.work());
        Self { jobs }
    }

    /// Runs a job within a transaction that other jobs may share, and answers once it is on the disk.
    ///
    /// A job uses no statement that can fail on its data (`ON CONFLICT DO NOTHING`, conditional
    /// `UPDATE`): one that fails takes the others of its transaction with it. It may also be that the
    /// transaction was committed and the answer got lost, so what a job does must bear repetition.
    ///
    /// # Errors
    /// [`StoreError`]; the job had no effect, or, with [`StoreError::Unavailable`], may have had one.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        let job = Message::Job(Box::new(Asked { job, sender }));
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Finishes the jobs that wait and takes no more.
    pub(super) async fn close(&self) {
        let (sender, done) = oneshot::channel();
        if self.jobs.send(Message::Close(sender)).await.is_ok() {
            let _ = done.await;
        }
    }
}

struct Worker {
    options: AnyConnectOptions,
    backend: Backend,
    connection: Option<AnyConnection>,
    queue: mpsc::Receiver<Message>,
}

impl Worker {
    async fn work(mut self) {
        let mut waiting = Vec::with_capacity(TOGETHER);
        while self.queue.recv_many(&mut waiting, TOGETHER).await > 0 {
            let mut jobs = Vec::with_capacity(waiting.len());
            let mut closing = None;
            for message in waiting.drain(..) {
                match message {
                    Message::Job(job) if closing.is_none() => jobs.push(job),
                    Message::Job(job) => job.refuse(StoreError::Closed),
                    Message::Close(sender) => closing = Some(sender),
                }
            }
            if !jobs.is_empty() {
                self.together(jobs).await;
            }
            if let Some(sender) = closing {
                self.queue.close();
                if let Some(connection) = self.connection.take() {
                    let _ = connection.close().await;
                }
                let _ = sender.send(());
                return;
            }
        }
    }

    /// One transaction.
    async fn together(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match connect(&self.options, self.backend).await {
                Ok(connection) => connection,
                Err(error) => return jobs.into_iter().for_each(|job| job.refuse(error.clone())),
            },
        };
        let mut ran = Vec::with_capacity(jobs.len());
        let transaction = transaction(&mut connection, self.backend, jobs, &mut ran);
        let late = |_| Err(StoreError::Unavailable { what: "a transaction took too long".to_owned() });
        let through = tokio::time::timeout(PATIENCE.saturating_mul(6), transaction).await.unwrap_or_else(late);
        // After a failure nobody knows what state it is in.
        if through.is_ok() {
            self.connection = Some(connection);
        }
        for Ran { answer, .. } in ran {
            answer(through.clone());
        }
    }
}

async fn transaction(
    connection: &mut AnyConnection,
    backend: Backend,
    jobs: Vec<Box<dyn Job>>,
    ran: &mut Vec<Ran>,
) -> Result<(), StoreError> {
    let mut transaction = match connection.begin_with(backend.begin()).await {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = StoreError::from(error);
            jobs.into_iter().for_each(|job| job.refuse(error.clone()));
            return Err(error);
        }
    };
    let mut jobs = jobs.into_iter();
    for job in jobs.by_ref() {
        let outcome = job.run(&mut transaction).await;
        let failed = outcome.failed.clone();
        ran.push(outcome);
        if let Some(error) = failed {
            jobs.for_each(|job| job.refuse(error.clone()));
            let _ = transaction.rollback().await;
            return Err(error);
        }
    }
    Ok(transaction.commit().await?)
}
