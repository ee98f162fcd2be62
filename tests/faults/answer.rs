//! An answer, and whether it tells more than it should.

/// What no page and no problem may ever hold.
const INSIDE: [&str; 22] = [
    "sqlx",
    "postgres",
    "Postgres",
    "pg_",
    "SELECT",
    "INSERT",
    "UPDATE",
    "relation ",
    "column",
    "constraint",
    "SQLSTATE",
    "os error",
    "refused",
    "reset by",
    "panicked",
    "RUST_",
    "thread '",
    ".rs:",
    "/tmp",
    "No space",
    "backtrace",
    "terminating",
];

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// Reads one; nothing where the other side went away before its end.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length: usize = header(head, "content-length").map_or(Some(0), |text| text.parse().ok())?;
        (body.len() == length).then(|| Self { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// What time it is where the answer was written, in words.
    pub(crate) fn date(&self) -> &str {
        header(&self.head, "date").unwrap()
    }

    /// Looks for words of the inside. Random names and tokens may spell anything.
    #[track_caller]
    pub(crate) fn tells_nothing(&self, port: u16) {
        let head = self
            .head
            .lines()
            .filter(|line| !line.starts_with("set-cookie") && !line.starts_with("x-request-id"));
        let head: Vec<&str> = head.collect();
        let said = format!("{}\n{}", head.join("\n"), if self.status < 400 { "" } else { &self.body });
        for word in INSIDE.into_iter().chain([format!(":{port}").as_str()]) {
            assert!(!said.contains(word), "{word:?} is in an answer: {said}");
        }
        if self.status >= 500 {
            let problem: serde_json::Value = serde_json::from_str(&self.body).expect("a problem");
            let code = problem["code"].as_str().unwrap();
            assert!(matches!(code, "unavailable" | "busy"), "{}", self.body);
            assert!(header(&self.head, "retry-after").is_some(), "{}", self.head);
        }
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.status == 200 && self.body.contains("signed_in")
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.status == 200 && self.body.contains("anonymous")
    }

    /// The `name=value` of the session that was begun.
    pub(crate) fn session(&self) -> Option<String> {
        let set = self.head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let mut pairs = set.map(|set| set.split(';').next().unwrap());
        pairs.find(|pair| !pair.contains("-device-") && !pair.ends_with('=')).map(str::to_owned)
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines()
        .find_map(|line| line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
}
