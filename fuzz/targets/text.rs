//! Any bytes in an unnamed format give rows or errors: encoding, format, separator and
//! header are detected.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use trendtag_fuzz::read_any;

fuzz_target!(|bytes: &[u8]| read_any(bytes));
