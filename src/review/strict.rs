//! Parses requests strictly by their description: objects only from objects, and whole
//! numbers in any notation.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// The whole numbers that every program reads from JSON without loss (RFC 8259).
pub(super) const SAFE: RangeInclusive<i64> = -9_007_199_254_740_991..=9_007_199_254_740_991;

/// Reads an object. A list of its values, which serde would also accept, is refused.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// Reads a list of objects.
pub(super) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Object(value)| value).collect())
}

/// Reads a whole number, `3.0` included: JSON has one kind of number.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Whole::deserialize(deserializer).map(|Whole(number)| number)
}

/// Reads a whole number or null.
pub(super) fn whole_or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    let number = Option::<Whole>::deserialize(deserializer)?;
    Ok(number.map(|Whole(number)| number))
}

/// A value that was read from an object.
pub(super) struct Object<T>(pub(super) T);

struct Whole(i64);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMap<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfMap<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(OfMap(PhantomData)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfNumber;

        impl Visitor<'_> for OfNumber {
            type Value = Whole;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a whole number")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
                let is_safe = SAFE.contains(&number);
                is_safe.then_some(Whole(number)).ok_or_else(|| E::custom("the number is too large"))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
                if number.fract() == 0.0 {
                    // Numbers beyond 64 bits become the nearest number, which is too large.
                    return self.visit_i64(number as i64);
                }
                Err(E::custom("the number is not whole"))
            }
        }

        deserializer.deserialize_any(OfNumber)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[serde(deserialize_with = "whole")]
        version: i64,
        #[serde(default, deserialize_with = "whole_or_null")]
        decision: Option<i64>,
        #[serde(default, deserialize_with = "objects")]
        parts: Vec<Part>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        name: String,
    }

    fn read(json: &str) -> Result<Asked, String> {
        let asked: Result<Object<Asked>, _> = serde_json::from_str(json);
        asked.map(|Object(asked)| asked).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (json, version) in [("3", 3), ("3.0", 3), ("-0.0", 0), ("3e2", 300)] {
            let found = read(&format!("{{\"version\":{json},\"decision\":null}}"));
            assert_eq!(found.unwrap().version, version, "{json}");
        }
        for json in [
            "3.5",
            "1e30",
            "9007199254740992",
            "-9223372036854775809",
            "9223372036854775808",
            "\"3\"",
            "null",
            "true",
        ] {
            assert!(read(&format!("{{\"version\":{json}}}")).is_err(), "{json}");
        }
        assert_eq!(read(r#"{"version":1,"decision":2.0}"#).unwrap().decision, Some(2));
    }

    #[test]
    fn a_list_is_no_object_and_members_are_not_given_twice() {
        assert_eq!(read(r#"{"version":1,"parts":[{"name":"a"}]}"#).unwrap().parts.len(), 1);
        for json in [
            "[1]",
            "[1,2,[]]",
            r#"{"version":1,"parts":[["a"]]}"#,
            r#"{"version":1,"version":2}"#,
            r#"{"version":1,"parts":[{"name":"a","more":1}]}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
