//! What a terminal may be sent: not every console of Windows understands escape codes.

use std::io::{self, Write};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// How often progress is drawn on a plain console, whose letters take their time.
const DRAWN_PER_SECOND: u8 = 5;

/// Whether a terminal may be sent escape codes, such as those of colours. Consoles of
/// Windows may accept them and show them as they are, so only the terminal that names
/// itself gets any there.
pub(super) fn takes_escape_codes() -> bool {
    cfg!(not(windows)) || std::env::var_os("WT_SESSION").is_some()
}

/// Returns what progress is drawn on.
pub(super) fn progress_target() -> ProgressDrawTarget {
    if takes_escape_codes() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::term_like_with_hz(Box::new(PlainConsole), DRAWN_PER_SECOND)
    }
}

/// A console that is sent letters alone: the line that shows progress is cleared by blanks.
/// As progress is one line, the cursor never leaves it.
#[derive(Debug)]
struct PlainConsole;

impl TermLike for PlainConsole {
    /// A full line would move the cursor to the next one.
    fn width(&self) -> u16 {
        Term::stderr().size().1.saturating_sub(1)
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{text}")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        write!(io::stderr(), "{text}")
    }

    fn clear_line(&self) -> io::Result<()> {
        write!(io::stderr(), "\r{:1$}\r", "", usize::from(self.width()))
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
