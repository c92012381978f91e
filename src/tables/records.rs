//! Splits a CSV stream into records and records into fields. On well-formed input the
//! result is that of the `csv` crate (a test compares the two). The code is our own
//! because faults must stay local: a quote that is never closed costs one row and not the
//! rest of the file.

use std::io;

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::window::Window;

const QUOTE: u8 = b'"';

/// The next item in the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    /// The bytes of a record, without its line end.
    Whole(&'a [u8]),
    /// A quote is opened and not closed before the end of the stream (or within the
    /// longest record allowed, or before a second cell that runs over lines after one
    /// with text after its closing quote). The quote is on the first line of the record;
    /// reading continues at the next line.
    Unclosed,
    /// A quoted field runs over several lines and has text after its closing quote: most
    /// likely two rows that a stray quote joined. The number is that of the record's last
    /// line.
    RunOn(u64),
    /// A line longer than the longest record allowed.
    TooLong,
}

/// Splits a stream into records. Empty lines are skipped.
pub(super) struct Records {
    window: Window,
    delimiter: u8,
    limit: usize,
    /// Number of the line where the window starts.
    line: u64,
    /// Bytes and lines of the last returned record.
    taken: (usize, u64),
    /// Bytes that were skipped, and bytes that were examined in vain.
    passed: u64,
    wasted: u64,
}

/// After an unclosed quote, the following lines are read again. Once this has cost this
/// many bytes and this many times the bytes read, a quote that is not closed on its line
/// counts as never closed, so that time stays proportional to the file.
const WASTE: u64 = 64 << 20;
const WASTE_SHARE: u64 = 8;

impl Records {
    pub(super) fn new(window: Window, delimiter: u8, limit: usize) -> Self {
        Self { window, delimiter, limit, line: 1, taken: (0, 0), passed: 0, wasted: 0 }
    }

    /// Sets the maximum length of a record.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Returns the next record with the number of its first line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Record<'_>)>> {
        let (bytes, lines) = std::mem::take(&mut self.taken);
        self.pass_over(bytes, lines);
        loop {
            match self.window.line_end_at(0)? {
                0 => break,
                length => self.pass_over(length, 1),
            }
        }
        if self.window.data().is_empty() {
            return Ok(None);
        }
        let line = self.line;
        match self.find_end()? {
            End::At { end, run_on } => {
                let length = end + self.window.line_end_at(end)?;
                let inner = newlines(&self.window.data()[..end]);
                self.taken = (length, inner + 1);
                let record = if run_on {
                    Record::RunOn(line + inner)
                } else {
                    Record::Whole(&self.window.data()[..end])
                };
                Ok(Some((line, record)))
            }
            End::Unclosed => {
                match memchr2(b'\n', b'\r', self.window.data()) {
                    Some(end) => self.taken = (end + self.window.line_end_at(end)?, 1),
                    None => self.skip_line()?,
                }
                Ok(Some((line, Record::Unclosed)))
            }
            End::TooLong => {
                self.skip_line()?;
                Ok(Some((line, Record::TooLong)))
            }
        }
    }

    /// Finds the end of the record at the start of the window.
    fn find_end(&mut self) -> io::Result<End> {
        let mut at = 0;
        let mut opened = None;
        let mut run_on = false;
        let is_narrow = self.wasted > WASTE + WASTE_SHARE * self.passed;
        loop {
            let data = self.window.data();
            match opened {
                None => match memchr3(QUOTE, b'\n', b'\r', &data[at..]).map(|i| at + i) {
                    Some(i) if data[i] == QUOTE => {
                        // A quote opens at the start of a field; elsewhere it is text.
                        if i == 0 || data[i - 1] == self.delimiter {
                            opened = Some(i);
                        }
                        at = i + 1;
                        continue;
                    }
                    Some(end) => return Ok(End::At { end, run_on }),
                    None => at = data.len(),
                },
                Some(start) => match memchr(QUOTE, &data[at..]).map(|i| at + i) {
                    // Whether the last byte in view closes the quote depends on the next
                    // byte.
                    Some(i) if i + 1 == data.len() => at = i,
                    Some(i) if data[i + 1] == QUOTE => {
                        at = i + 2;
                        continue;
                    }
                    Some(i) => {
                        let ends = [self.delimiter, b'\n', b'\r'].contains(&data[i + 1]);
                        let has_lines = memchr2(b'\n', b'\r', &data[start..i]).is_some();
                        if has_lines && (run_on || is_narrow) {
                            self.wasted += i as u64;
                            return Ok(End::Unclosed);
                        }
                        run_on |= !ends && has_lines;
                        opened = None;
                        at = i + 1;
                        continue;
                    }
                    None if is_narrow && memchr2(b'\n', b'\r', &data[start..]).is_some() => {
                        return Ok(End::Unclosed);
                    }
                    None => at = data.len(),
                },
            }
            if at > self.limit {
                self.wasted += at as u64;
                return Ok(if opened.is_some() { End::Unclosed } else { End::TooLong });
            }
            if !self.window.fill()? {
                return Ok(match opened {
                    Some(_) if at == self.window.data().len() => {
                        self.wasted += at as u64;
                        End::Unclosed
                    }
                    _ => End::At { end: self.window.data().len(), run_on },
                });
            }
        }
    }

    /// Skips the current line.
    pub(super) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let data = self.window.data();
            if let Some(end) = memchr2(b'\n', b'\r', data) {
                let length = end + self.window.line_end_at(end)?;
                self.pass_over(length, 1);
                return Ok(());
            }
            let length = data.len();
            self.window.consume(length);
            if !self.window.fill()? {
                return Ok(());
            }
        }
    }

    fn pass_over(&mut self, bytes: usize, lines: u64) {
        self.window.consume(bytes);
        self.passed += bytes as u64;
        self.line += lines;
    }
}

enum End {
    At { end: usize, run_on: bool },
    Unclosed,
    TooLong,
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// Appends the unquoted fields of a record to `text`, and the end of each to `ends`. Text
/// after a closing quote belongs to the field.
pub(super) fn split_fields(record: &[u8], delimiter: u8, text: &mut Vec<u8>, ends: &mut Vec<u32>) {
    let mut rest = record;
    loop {
        if let Some(after) = rest.strip_prefix(&[QUOTE]) {
            rest = after;
            while let Some(i) = memchr(QUOTE, rest) {
                text.extend_from_slice(&rest[..i]);
                rest = &rest[i + 1..];
                let Some(after) = rest.strip_prefix(&[QUOTE]) else { break };
                text.push(QUOTE);
                rest = after;
            }
        }
        let end = memchr(delimiter, rest);
        text.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
        ends.push(text.len() as u32);
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return,
        }
    }
}

/// Returns the fields that [`split_fields`] found.
pub(super) fn cells<'t>(text: &'t [u8], ends: &'t [u32]) -> impl Iterator<Item = &'t [u8]> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| &text[start as usize..end as usize])
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    /// Hands out one byte at a time, so that every look-ahead is tried.
    struct Dribble(io::Cursor<Vec<u8>>);

    impl Read for Dribble {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    /// Returns the fields of a record, or the name of its fault.
    type Cut = Result<Vec<Vec<u8>>, String>;

    fn cut(input: &[u8], limit: usize) -> Vec<(u64, Cut)> {
        let bytes = Dribble(io::Cursor::new(input.to_vec()));
        let window = Window::new(Box::new(bytes)).unwrap();
        let mut records = Records::new(window, b',', limit);
        let mut all = Vec::new();
        while let Some((line, record)) = records.next().unwrap() {
            let fields = match record {
                Record::Whole(bytes) => {
                    let (mut text, mut ends) = (Vec::new(), Vec::new());
                    split_fields(bytes, b',', &mut text, &mut ends);
                    Ok(cells(&text, &ends).map(<[u8]>::to_vec).collect())
                }
                fault => Err(format!("{fault:?}")),
            };
            all.push((line, fields));
        }
        all
    }

    fn fields(names: &[&str]) -> Cut {
        Ok(names.iter().map(|n| n.as_bytes().to_vec()).collect())
    }

    #[test]
    fn records_know_the_line_on_which_they_start() {
        let all = cut(b"a,b\r\n\r\n\"x\ny\",2\r3,\"say \"\"hi\"\"\"", MAX);
        assert_eq!(
            all,
            [
                (1, fields(&["a", "b"])),
                (3, fields(&["x\ny", "2"])),
                (5, fields(&["3", "say \"hi\""])),
            ]
        );
    }

    #[test]
    fn an_unclosed_quote_costs_its_own_line_only() {
        let all = cut(b"1,a\n2,\"b\n3,c\n4,d\n", MAX);
        assert_eq!(
            all,
            [
                (1, fields(&["1", "a"])),
                (2, Err("Unclosed".into())),
                (3, fields(&["3", "c"])),
                (4, fields(&["4", "d"])),
            ]
        );
    }

    #[test]
    fn an_unclosed_quote_is_reported_on_every_line_that_it_costs() {
        let all = cut(b"\"1\n1\",\"b\n3,c", MAX);
        let unclosed = || Err("Unclosed".into());
        assert_eq!(all, [(1, unclosed()), (2, unclosed()), (3, fields(&["3", "c"]))]);
    }

    #[test]
    fn rows_with_an_inch_sign_and_a_cut_quote_are_all_named() {
        let row = |n: u32| format!("{n},Title of 3\" pipe,\"text cut\n");
        let input: String = (1..=1000).map(row).collect();
        let all = cut(input.as_bytes(), MAX);
        assert_eq!(
            all.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            (1..=1000).collect::<Vec<_>>()
        );
        assert!(all.iter().all(|(_, row)| row.is_err()));
    }

    #[test]
    fn rows_run_together_by_a_stray_quote_are_reported_with_their_last_line() {
        let all = cut(b"1,\"b,x\n2,\"c\",y\n3,d,z\n", MAX);
        assert_eq!(all, [(1, Err("RunOn(2)".into())), (3, fields(&["3", "d", "z"]))]);
    }

    #[test]
    fn a_line_beyond_the_limit_is_reported_and_passed_over() {
        let all = cut(b"1,aaaaaaaaaaaaaaaaaaaa\n2,b\n", 10);
        assert_eq!(all, [(1, Err("TooLong".into())), (2, fields(&["2", "b"]))]);
    }

    const MAX: usize = 1 << 20;

    /// Returns the first and last line of each record, from the number of line ends in
    /// it.
    fn lines(input: &[u8]) -> Vec<(u64, u64)> {
        let window = Window::new(Box::new(io::Cursor::new(input.to_vec()))).unwrap();
        let mut records = Records::new(window, b',', MAX);
        let mut all = Vec::new();
        while let Some((line, record)) = records.next().unwrap() {
            all.push(match record {
                Record::Whole(bytes) => (line, line + newlines(bytes)),
                Record::RunOn(last) => (line, last),
                Record::Unclosed | Record::TooLong => (line, line),
            });
        }
        all
    }

    proptest! {
        #[test]
        fn every_line_is_in_exactly_one_record_however_the_quotes_are_broken(
            input in proptest::collection::vec(prop::sample::select(&b"ab,,\"\"\"\n\n"[..]), 0..80)
        ) {
            let expected: Vec<u64> = (1..).zip(input.split(|&b| b == b'\n'))
                .filter(|(_, line)| !line.is_empty())
                .map(|(number, _)| number)
                .collect();
            let ranges = lines(&input);
            for pair in ranges.windows(2) {
                prop_assert!(pair[0].1 < pair[1].0, "{ranges:?}");
            }
            let named = |line: &u64| ranges.iter().any(|(first, last)| (first..=last).contains(&line));
            prop_assert!(expected.iter().all(named), "{expected:?} {ranges:?}");
        }

        #[test]
        fn where_there_is_no_fault_the_csv_crate_reads_the_same(
            input in proptest::collection::vec(prop::sample::select(&b"ab,,\"\"\"\n\r"[..]), 0..40)
        ) {
            let all = cut(&input, MAX);
            prop_assume!(all.iter().all(|(_, fields)| fields.is_ok()));
            let mut reader = ::csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(&input[..]);
            let expected: Vec<_> = reader
                .byte_records()
                .map(|record| Ok(record.unwrap().iter().map(<[u8]>::to_vec).collect::<Vec<_>>()))
                .collect();
            let found: Vec<_> = all.into_iter().map(|(_, fields)| fields).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
