//! Every step of an election that costs time, one by one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that fails has nothing to say")]

use core::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use escrutinio_benches::ballots::{BATCH, Contest};
use escrutinio_benches::shuffles::Lists;
use escrutinio_benches::tally::Tally;
use escrutinio_core::tally::Sum;

const OPTIONS: [usize; 2] = [17, 41];

fn ballots(c: &mut Criterion) {
    for options in OPTIONS {
        let mut contest = Contest::new(options);
        let credential = contest.credential();
        let encoded = contest.cast_many(BATCH).unwrap();
        let decoded = contest.decode(&encoded).unwrap();
        let mut group = c.benchmark_group("ballot");
        group.bench_function(BenchmarkId::new("encrypt and prove", options), |b| {
            b.iter(|| contest.encrypt(1, &credential).unwrap());
        });
        group.bench_function(BenchmarkId::new("verify alone", options), |b| {
            b.iter(|| contest.verify(&encoded[..1]).unwrap());
        });
        group.throughput(Throughput::Elements(BATCH.try_into().unwrap()));
        group.bench_function(BenchmarkId::new("decode", options), |b| b.iter(|| contest.decode(&encoded).unwrap()));
        group.bench_function(BenchmarkId::new("verify together", options), |b| {
            b.iter(|| contest.verify(&encoded).unwrap());
        });
        group.bench_function(BenchmarkId::new("aggregate", options), |b| {
            b.iter(|| {
                let mut sum = Sum::empty(options);
                decoded.iter().for_each(|ballot| sum.add(black_box(&ballot.body)));
                sum
            });
        });
        group.finish();
    }
}

fn tally(c: &mut Criterion) {
    for options in OPTIONS {
        let mut tally = Tally::new(options).unwrap();
        let partials: Vec<_> = (0..3).map(|place| tally.decrypt(place).unwrap()).collect();
        let mut group = c.benchmark_group("tally");
        group.bench_function(BenchmarkId::new("decrypt", options), |b| b.iter(|| tally.decrypt(0).unwrap()));
        group.bench_function(BenchmarkId::new("verify a custodian", options), |b| {
            b.iter(|| tally.verify(0, &partials[0]).unwrap());
        });
        group.bench_function(BenchmarkId::new("combine and count", options), |b| {
            b.iter(|| tally.open(&partials).unwrap());
        });
        group.finish();
    }
}

fn shuffles(c: &mut Criterion) {
    const ROWS: u32 = 1000;
    let mut lists = Lists::new(ROWS);
    let keys = lists.shuffle_keys().unwrap();
    let texts = lists.shuffle_texts().unwrap();
    let mut group = c.benchmark_group("shuffle");
    group.throughput(Throughput::Elements(ROWS.into()));
    group.bench_function("prove keys", |b| b.iter(|| lists.shuffle_keys().unwrap()));
    group.bench_function("verify keys", |b| b.iter(|| lists.verify_keys(&keys).unwrap()));
    group.bench_function("prove texts", |b| b.iter(|| lists.shuffle_texts().unwrap()));
    group.bench_function("verify texts", |b| b.iter(|| lists.verify_texts(&texts).unwrap()));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = ballots, tally, shuffles
}
criterion_main!(benches);
