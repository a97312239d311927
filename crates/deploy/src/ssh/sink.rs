//! Where the output of a command goes: collected, or told line by line while it runs.

use std::io;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::output::Line;

/// Takes what a command writes, as it comes.
pub(super) trait Sink: Send {
    /// Takes more of it.
    fn more(&mut self, bytes: &[u8]);
    /// There is no more.
    fn end(&mut self) {}
}

/// Reads `source` to its end.
pub(super) async fn drain<R: AsyncRead + Unpin>(source: Option<R>, sink: &mut dyn Sink) -> io::Result<()> {
    let Some(mut source) = source else { return Ok(()) };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match source.read(&mut buffer).await? {
            0 => break,
            read => sink.more(&buffer[..read]),
        }
    }
    sink.end();
    Ok(())
}

/// Keeps everything.
pub(super) struct Collect<'a>(pub(super) &'a mut Vec<u8>);

impl Sink for Collect<'_> {
    fn more(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// Who is told of lines.
type OnLine<'a> = Mutex<&'a mut (dyn FnMut(Line<'_>) + Send)>;

/// Tells of every line.
pub(super) struct Lines<'a, 'b> {
    on_line: &'a OnLine<'b>,
    line: fn(&str) -> Line<'_>,
    begun: Vec<u8>,
}

impl<'a, 'b> Lines<'a, 'b> {
    /// Tells `on_line`, of lines that `line` makes.
    pub(super) fn new(on_line: &'a OnLine<'b>, line: fn(&str) -> Line<'_>) -> Self {
        Self { on_line, line, begun: Vec::new() }
    }

    fn tell(&mut self) {
        let bytes = std::mem::take(&mut self.begun);
        let text = String::from_utf8_lossy(&bytes);
        let mut on_line = self.on_line.lock().unwrap_or_else(PoisonError::into_inner);
        on_line((self.line)(text.trim_end_matches('\r')));
    }
}

impl Sink for Lines<'_, '_> {
    fn more(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(&rest[..end]);
            self.tell();
            rest = &rest[end + 1..];
        }
        self.begun.extend_from_slice(rest);
    }

    fn end(&mut self) {
        if !self.begun.is_empty() {
            self.tell();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_whole_however_they_come() {
        let mut told = Vec::new();
        let mut on_line = |line: Line<'_>| told.push(format!("{line:?}"));
        let on_line: OnLine<'_> = Mutex::new(&mut on_line);
        let mut lines = Lines::new(&on_line, |text| Line::Out(text));
        for bytes in ["on", "e\ntwo\r\n\nth", "ree"] {
            lines.more(bytes.as_bytes());
        }
        lines.end();
        assert_eq!(told, ["Out(\"one\")", "Out(\"two\")", "Out(\"\")", "Out(\"three\")"]);
    }
}
