//! Who writes. Together: jobs that arrive while a transaction is being committed share the next one, so that a
//! busy server waits for the disk as often as an idle one. Or apart: every job has a transaction of its own, several
//! at a time, so that none holds what another waits for, and what one runs into is its own.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use std::sync::Arc;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, Connection};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::StoreError;
use super::database::{Backend, PATIENCE, connect};
use super::fault::Fault;

/// Jobs that may wait.
const QUEUE: usize = 4096;
/// Jobs in one transaction.
const TOGETHER: usize = 512;
/// Transactions at a time, where every job has one of its own.
const APART: usize = 6;

/// Whether jobs share transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// One transaction at a time, of all jobs that wait.
    Together,
    /// A transaction for each job.
    Apart,
}

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
    /// Whoever receives it ends: there is one for each worker.
    Close,
}

/// Writes to one database. Copies write to the same.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Message>,
    workers: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer(..)")
    }
}

impl Writer {
    pub(super) fn start(options: &AnyConnectOptions, backend: Backend, sharing: Sharing, fault: &Arc<Fault>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let (workers, limit) = match sharing {
            Sharing::Together => (1, TOGETHER),
            Sharing::Apart => (APART, 1),
        };
        let work = |_| {
            let (options, queue, fault) = (options.clone(), Arc::clone(&queue), Arc::clone(fault));
            tokio::spawn(Worker { options, backend, limit, connection: None, queue, fault }.work())
        };
        Self { jobs, workers: Arc::new(Mutex::new((0..workers).map(work).collect())) }
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
        // It was dropped: it came after the end, or half done, as the time was over or by a fault of the program.
        let dropped = || match self.jobs.is_closed() {
            true => StoreError::Closed,
            false => StoreError::Unavailable { what: "a transaction was given up".to_owned() },
        };
        answer.await.unwrap_or_else(|_| Err(dropped()))
    }

    /// Finishes the jobs that wait and takes no more.
    pub(super) async fn close(&self) {
        let mut workers = self.workers.lock().await;
        for _ in 0..workers.len() {
            let _ = self.jobs.send(Message::Close).await;
        }
        for worker in workers.drain(..) {
            let _ = worker.await;
        }
    }
}

struct Worker {
    options: AnyConnectOptions,
    backend: Backend,
    /// Jobs in one transaction, at most.
    limit: usize,
    connection: Option<AnyConnection>,
    queue: Arc<Mutex<mpsc::Receiver<Message>>>,
    fault: Arc<Fault>,
}

impl Worker {
    async fn work(mut self) {
        let mut waiting = Vec::with_capacity(self.limit);
        let mut closing = false;
        while !closing && self.queue.lock().await.recv_many(&mut waiting, self.limit).await > 0 {
            let mut jobs = Vec::with_capacity(waiting.len());
            for message in waiting.drain(..) {
                match message {
                    Message::Job(job) if closing => job.refuse(StoreError::Closed),
                    Message::Job(job) => jobs.push(job),
                    Message::Close => closing = true,
                }
            }
            if !jobs.is_empty() {
                // A task of its own: a panic ends that one, and the connection with it.
                let (options, fault) = (self.options.clone(), Arc::clone(&self.fault));
                let once = together(options, self.backend, self.connection.take(), jobs, fault);
                self.connection = tokio::spawn(once).await.unwrap_or_default();
            }
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
    }
}

/// One transaction. Gives the connection back, unless it failed: nobody knows then what state it is in.
async fn together(
    options: AnyConnectOptions,
    backend: Backend,
    connection: Option<AnyConnection>,
    jobs: Vec<Box<dyn Job>>,
    fault: Arc<Fault>,
) -> Option<AnyConnection> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => match connect(&options, backend).await {
            Ok(connection) => connection,
            Err(error) => {
                fault.note(&Err(error.clone()), false);
                jobs.into_iter().for_each(|job| job.refuse(error.clone()));
                return None;
            }
        },
    };
    let mut ran = Vec::with_capacity(jobs.len());
    let transaction = transaction(&mut connection, backend, jobs, &mut ran);
    let late = |_| Err(StoreError::Unavailable { what: "a transaction took too long".to_owned() });
    let through = tokio::time::timeout(PATIENCE.saturating_mul(6), transaction).await.unwrap_or_else(late);
    fault.note(&through, ran.iter().any(|ran| ran.failed.is_some()));
    let kept = through.is_ok().then_some(connection);
    for Ran { answer, .. } in ran {
        answer(through.clone());
    }
    kept
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
