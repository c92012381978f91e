//! Files sent to be tagged, in a private temporary folder, under generated names, limited in
//! number and size.

use std::future::poll_fn;
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use tempfile::{NamedTempFile, TempDir, TempPath};

use super::access::{Holder, random};
use super::current::private_folder;
use super::problem::Problem;
use crate::error::{Error, Result};
use crate::tagger::hex;

/// Maximum number of waiting files, and of their bytes in multiples of the largest file.
const MOST: (usize, u64) = (16, 4);

/// How long an unused file is kept.
const IDLE: Duration = Duration::from_secs(2 * 3600);

/// Bytes of a body that are collected before they are written.
const PIECE: usize = 1 << 20;

/// The files that wait to be tagged.
pub(super) struct Uploads {
    /// The most bytes of a file.
    largest: u64,
    folder: Mutex<Option<TempDir>>,
    all: Mutex<Vec<Arc<Upload>>>,
}

/// A file that waits to be tagged. It is deleted with its handle.
pub(super) struct Upload {
    /// A random id.
    pub(super) id: String,
    /// The sender's name for it. It is shown and its extension is read; it is never a path.
    pub(super) name: String,
    pub(super) bytes: u64,
    path: TempPath,
    holder: Holder,
    used: Mutex<Instant>,
}

impl Uploads {
    pub(super) fn new(largest: u64) -> Self {
        Self { largest, folder: Mutex::default(), all: Mutex::default() }
    }

    pub(super) fn largest(&self) -> u64 {
        self.largest
    }

    /// Returns a file by its id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Upload>> {
        let found = self.lock().iter().find(|upload| upload.id == id).cloned();
        found.inspect(|upload| {
            *upload.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now()
        })
    }

    /// Removes a file; returns whether there was one.
    pub(super) fn remove(&self, id: &str) -> bool {
        let mut all = self.lock();
        let before = all.len();
        all.retain(|upload| upload.id != id);
        all.len() < before
    }

    /// Removes all files, and their folder.
    pub(super) fn remove_all(&self) {
        self.lock().clear();
        _ = self.folder.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Receives a body of a length that was announced.
    pub(super) async fn receive(
        &self,
        body: Body,
        name: String,
        bytes: u64,
        holder: Holder,
    ) -> Result<Arc<Upload>, Problem> {
        let new = || self.new_file().map_err(Problem::from);
        let file = write_all(new()?, body).await?;
        let id = hex(random::<16>()?.as_slice());
        let (path, used) = (file.into_temp_path(), Mutex::new(Instant::now()));
        let upload = Arc::new(Upload { id, name, bytes, path, holder, used });
        self.add(upload.clone());
        Ok(upload)
    }

    fn new_file(&self) -> Result<NamedTempFile> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match &mut *folder {
            Some(folder) => folder,
            none => none.insert(private_folder()?),
        };
        NamedTempFile::new_in(folder.path()).map_err(|source| Error::io(folder.path(), source))
    }

    /// Adds a file. If there are too many, the client with the most files loses the one that
    /// was unused for longest.
    fn add(&self, upload: Arc<Upload>) {
        let mut all = self.lock();
        all.retain(|upload| upload.idle() < IDLE);
        all.push(upload.clone());
        let (most, times) = MOST;
        while all.len() > most
            || all.iter().map(|upload| upload.bytes).sum::<u64>() > times * self.largest
        {
            let bytes = |holder: Holder| -> u64 {
                all.iter().filter(|one| one.holder == holder).map(|one| one.bytes).sum()
            };
            let others = all.iter().filter(|one| !Arc::ptr_eq(one, &upload));
            let gone = others.max_by_key(|one| (bytes(one.holder), one.idle())).cloned();
            let Some(gone) = gone else { return };
            all.retain(|one| !Arc::ptr_eq(one, &gone));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Upload>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn idle(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Writes a body to a file, off the threads that serve. Memory holds one piece.
async fn write_all(mut file: NamedTempFile, mut body: Body) -> Result<NamedTempFile, Problem> {
    let mut piece = Vec::new();
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let is_last = frame.is_none();
        if let Some(frame) = frame {
            let frame = frame.map_err(|_| Problem::bad_request("the file was cut short"))?;
            if let Ok(data) = frame.into_data() {
                piece.extend_from_slice(&data);
            }
        }
        if piece.len() >= PIECE || is_last {
            let written = tokio::task::spawn_blocking(move || {
                file.write_all(&piece).map(|()| {
                    piece.clear();
                    (file, piece)
                })
            });
            let written = written.await.map_err(|error| Problem::internal(error.to_string()))?;
            (file, piece) = written.map_err(full)?;
        }
        if is_last {
            return Ok(file);
        }
    }
}

/// The error of a file that cannot be written, usually because the folder is full.
fn full(error: std::io::Error) -> Problem {
    Problem::internal(format!("the file cannot be kept: {error}"))
}

/// Returns the last part of the name of a file, without invisible characters.
pub(super) fn shown_name(given: &str) -> String {
    use crate::review::db::reviewer::is_invisible;
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen = |c: &char| !c.is_control() && !is_invisible(*c);
    let name: String = last.chars().filter(seen).collect();
    match name.trim() {
        "" | "." | ".." | "-" => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(uploads: &Uploads, bytes: u64, session: u64) -> Arc<Upload> {
        let path = uploads.new_file().unwrap().into_temp_path();
        let (holder, used) = (Holder::Session(session), Mutex::new(Instant::now()));
        let id = path.display().to_string();
        let upload = Arc::new(Upload { id, name: "a.csv".into(), bytes, path, holder, used });
        uploads.add(upload.clone());
        upload
    }

    #[test]
    fn whoever_sends_most_loses_their_oldest_file() {
        let uploads = Uploads::new(100);
        let one = upload(&uploads, 100, 1);
        let many: Vec<_> = (0..5).map(|_| upload(&uploads, 100, 2)).collect();
        let is_there = |upload: &Arc<Upload>| uploads.find(&upload.id).is_some();
        assert!(is_there(&one), "they sent one");
        assert_eq!(many.iter().map(is_there).collect::<Vec<_>>(), [false, false, true, true, true]);
        let (id, path) = (one.id.clone(), one.path().to_owned());
        drop(one);
        assert!(path.exists() && uploads.remove(&id) && !path.exists());
    }

    #[test]
    fn names_are_shown_and_are_no_paths() {
        for (given, shown) in [
            ("cases.xlsx", "cases.xlsx"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\a b.csv", "a b.csv"),
            ("fdp.\u{202e}exe", "fdp.exe"),
            ("a\nb.csv", "ab.csv"),
            ("..", "file"),
            ("-", "file"),
            ("x/", "file"),
        ] {
            assert_eq!(shown_name(given), shown);
        }
    }
}
