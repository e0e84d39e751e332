//! Everything that a proof depends on, changed one by one.

use proptest::prelude::*;

use super::*;
use crate::encoding::{DecodeErrorKind, Encode, Reader};

fn samples() -> Vec<Sample> {
    vec![keys::sample(5).1, texts::sample(5, 2).1, texts::sample(5, 4).1, keys::sample(0).1, texts::sample(0, 3).1]
}

#[track_caller]
fn rejected(sample: &Sample, change: impl FnOnce(&mut Sample)) {
    assert_eq!(changed(sample, change), Err(ShuffleError::Proof));
}

fn changed(sample: &Sample, change: impl FnOnce(&mut Sample)) -> Result<(), ShuffleError<BadProof>> {
    let mut sample = sample.clone();
    change(&mut sample);
    sample.verify()
}

#[test]
fn binds_context_and_position() {
    for sample in samples() {
        assert_eq!(sample.verify(), Ok(()));
        // That no texts come of no texts is true everywhere.
        if !sample.of_keys && sample.input.is_empty() {
            continue;
        }
        rejected(&sample, |s| s.context[31] ^= 1);
        rejected(&sample, |s| s.position.contest = None);
        rejected(&sample, |s| s.position.style = Some(5));
        rejected(&sample, |s| s.position.unit = Some(6));
        // The next mix, and another custodian's.
        rejected(&sample, |s| s.position.role = Some(2));
        rejected(&sample, |s| s.position.index = Some(3));
    }
}

#[test]
fn rejects_another_base_image_or_key() {
    for sample in samples() {
        for place in 0..sample.points.len() {
            rejected(&sample, |s| s.points[place] = Point::new(element("other", 0)));
        }
        if sample.points.len() > 1 {
            rejected(&sample, |s| s.points.swap(0, 1));
        }
    }
}

/// Base and image under a common factor are another base and image of the same power: only the
/// transcript tells them apart.
#[test]
fn rejects_base_and_image_under_a_common_factor() {
    let (_, sample) = keys::sample(5);
    rejected(&sample, |s| {
        for point in &mut s.points {
            *point = Point::new(point.element + point.element);
        }
    });
}

#[test]
fn rejects_other_generators() {
    for sample in samples().iter().filter(|sample| !sample.input.is_empty()) {
        rejected(sample, |s| s.generators.q.swap(3, 4));
        rejected(sample, |s| s.generators.q[0] = group::compress(&element("other", 0)));
        rejected(sample, |s| s.generators.h = element("other", 0));
        let too_few = ShuffleError::Generators { rows: 5, generators: 4 };
        assert_eq!(changed(sample, |s| s.generators = ShuffleGenerators::new(4)), Err(too_few));
        // Those behind the last row do not count.
        assert_eq!(changed(sample, |s| s.generators = ShuffleGenerators::new(5)), Ok(()));
    }
}

#[test]
fn rejects_changed_rows() {
    for sample in samples().iter().filter(|sample| !sample.input.is_empty()) {
        let width = sample.shape().width();
        let other = group::compress(&element("other", 0));
        for place in 0..sample.input.len() {
            rejected(sample, |s| s.input[place] = other);
            if place % width != 0 {
                rejected(sample, |s| s.output[place] = other);
            }
            for part in [Part::Input, Part::Output] {
                let encoding = changed(sample, |s| match part {
                    Part::Input => s.input[place] = [0xff; 32],
                    // The last of all strings, but not of all encodings.
                    _ => {
                        s.output[place] = if place == 4 * width { [0xff; 32] } else { not_an_element(&s.output[place]) }
                    }
                });
                assert_eq!(encoding, Err(ShuffleError::Encoding { part, place }));
            }
        }
        // Two that go in have changed places.
        rejected(sample, |s| (0..width).for_each(|k| s.input.swap(k, width + k)));
        rejected(sample, |s| s.input.copy_within(..width, width));
        // One that comes out is another, in its order.
        for row in 0..5 {
            rejected(sample, |s| {
                s.output[row * width] = other;
                let mut rows: Vec<_> = s.output.chunks(width).map(<[_]>::to_vec).collect();
                rows.sort_unstable();
                s.output = rows.concat();
            });
        }
        // Swapped, repeated.
        let order = changed(sample, |s| (0..width).for_each(|k| s.output.swap(width + k, 2 * width + k)));
        assert_eq!(order, Err(ShuffleError::Order { row: 2 }));
        let order = changed(sample, |s| s.output.copy_within(..width, width));
        assert_eq!(order, Err(ShuffleError::Order { row: 1 }));
    }
}

/// A string near this one, above it, that encodes nothing: the order of rows stays.
fn not_an_element(string: &ElementBytes) -> ElementBytes {
    let mut next = *string;
    for last in string[31]..=255 {
        next[31] = last;
        if group::decompress(&next).is_none() {
            return next;
        }
    }
    next
}

#[test]
fn rejects_wrong_shape() {
    for sample in samples() {
        let width = sample.shape().width();
        rejected(&sample, |s| s.proof.0.push([0; 32]));
        rejected(&sample, |s| s.proof.0.truncate(s.proof.0.len() - 1));
        rejected(&sample, |s| s.proof.0.clear());
        rejected(&sample, |s| s.input.push([0; 32]));
        rejected(&sample, |s| s.output.push([0xff; 32]));
        if sample.input.is_empty() {
            continue;
        }
        rejected(&sample, |s| s.output.truncate(4 * width));
        rejected(&sample, |s| s.input.truncate(4 * width));
        // One row less everywhere.
        rejected(&sample, |s| {
            for place in [s.shape().responses().end - 1, 9, 4] {
                s.proof.0.remove(place);
            }
            s.input.truncate(4 * width);
            s.output.truncate(4 * width);
        });
    }
}

#[test]
fn rejects_each_changed_string_of_the_proof() {
    let point = group::compress(&element("other", 0));
    let scalar = group::hash_to_scalar("test", b"other").to_bytes();
    for sample in samples() {
        let scalars = sample.shape().responses().start;
        for place in 0..sample.proof.0.len() {
            rejected(&sample, |s| s.proof.0[place] = if place < scalars { point } else { scalar });
            // The sum over no keys is nothing before.
            if sample.proof.0[place] != [0; 32] {
                rejected(&sample, |s| s.proof.0[place] = [0; 32]);
            }
            let encoding = changed(&sample, |s| s.proof.0[place] = [0xff; 32]);
            assert_eq!(encoding, Err(ShuffleError::Encoding { part: Part::Proof, place }));
        }
    }
}

/// A list of one point a row is no list of texts without keys.
#[test]
fn rejects_keys_as_texts() {
    let (_, sample) = keys::sample(3);
    rejected(&sample, |s| {
        s.proof.0.remove(9);
        (s.of_keys, s.points) = (false, Vec::new());
    });
}

#[test]
fn encoding_round_trips_and_knows_its_length() {
    for sample in samples() {
        let bytes = sample.proof.to_bytes();
        let (n, width) = (sample.shape().rows(), sample.shape().width());
        assert_eq!(bytes.len(), 96 * n + if sample.of_keys { 224 } else { 160 + 32 * width });
        let mut reader = Reader::new(&bytes);
        assert_eq!(ShuffleProof::decode(&mut reader, sample.shape()), Ok(sample.proof.clone()));
        assert_eq!(reader.finish(), Ok(()));
        let short = ShuffleProof::decode(&mut Reader::new(&bytes[1..]), sample.shape());
        assert_eq!(short.map_err(|error| error.kind), Err(DecodeErrorKind::Truncated));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bit_counts(n in 0usize..40, width in 1usize..4, place: prop::sample::Index, bit in 0usize..256) {
        let mut sample = if width == 1 { keys::sample(n).1 } else { texts::sample(n, width).1 };
        prop_assert_eq!(sample.verify(), Ok(()));
        let mut strings: Vec<_> =
            sample.input.iter_mut().chain(&mut sample.output).chain(&mut sample.proof.0).collect();
        let place = place.index(strings.len());
        strings[place][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(sample.verify().is_err());
    }
}
