//! Those that want what they were not granted.

use crate::attack::Attack;

const DENIED: &str = "*: denied: program * is not granted to *; write `*` in [program.*.allow]*";
const REFUSED: &str = "*: permission denied";
const NO_NAME: &str = "*: invalid argument: a name of 0 bytes; 1 to 256 are allowed";

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::ends("connects_by_number", "returned *").allowed(&["connect=*:*"]).given("ECHO").says(&[DENIED; 10]),
    Attack::ends("connects_by_name", "returned *").allowed(&["connect=example.org:*"]).given("ECHO").says(&[DENIED; 6]),
    // Whoever owns a name chooses where it leads; that one may know.
    Attack::ends("connects_by_rebinding", "returned *").allowed(&["connect=localhost:*"]).given("ECHO").says(&[
        "by name: denied: *127.0.0.1:*, which localhost leads to (only a rule with its number reaches an address that is not public)*",
        "look up: done",
        DENIED,
        DENIED,
    ]),
    Attack::ends("sends_to_others", "returned *").allowed(&["udp=*:*"]).says(&[
        DENIED,
        "broadcast: done",
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
    ]),
    Attack::ends("listens_at_others", "returned *").allowed(&["listen=127.0.0.1:*"]).given("ECHO").says(&[
        "the victim's port: network: cannot listen at 127.0.0.1:*: Address already in use*",
        DENIED,
        DENIED,
        DENIED,
    ]),
    Attack::ends("unix_escapes", "returned *")
        .allowed(&["connect=unix:FOLDER/own/*.sock"])
        .given("FOLDER")
        .says(&[
            "granted: done",
            DENIED,
            DENIED,
            DENIED,
            DENIED,
            DENIED,
            DENIED,
            DENIED,
            DENIED,
            DENIED,
            "abstract: invalid argument: a path of 5 bytes; 1 to 100 without NUL are allowed",
            "abstract: invalid argument: a path of 5 bytes; 1 to 100 without NUL are allowed",
            DENIED,
            DENIED,
        ]),
    Attack::ends("reads_files", "returned *")
        .allowed(&["directories=data=FOLDER/data", "connect=127.0.0.1:*"])
        .given("ECHO")
        .says(&[
            "data/mine: 7 bytes",
            DENIED,
            DENIED,
            "data/../secret: cannot open *: a path led outside of the filesystem",
            "data/below/../../secret: cannot open *: a path led outside of the filesystem",
            "data/link: cannot open *: a path led outside of the filesystem",
            "data/link-to-folder/secret: cannot open *: a path led outside of the filesystem",
            "data/absolute-link: cannot open *: a path led outside of the filesystem",
            DENIED,
            "data//etc/passwd: cannot open *: a path led outside of the filesystem",
            DENIED,
            "data/*/../secret: cannot open *: Invalid argument*",
            "data: not found",
            "data/below: invalid argument: *is no regular file",
            "data/pipe: invalid argument: *is no regular file",
        ]),
    // What is outside is not there, and what leads outside is refused.
    Attack::ends("reads_files_by_std", "returned *").allowed(&["directories=data=FOLDER/data"]).says(&[
        "/data/mine: 7 bytes",
        "/secret: entity not found",
        "/data/../secret: permission denied",
        "/data/below/../../secret: permission denied",
        "/data/link: permission denied",
        "/data/link-to-folder/secret: permission denied",
        "/data/absolute-link: permission denied",
        "/etc/passwd: entity not found",
        "/data//etc/passwd: entity not found",
        "../etc/passwd: entity not found",
        "/proc/self/environ: entity not found",
        "/data/pipe: unsupported",
        "/: entity not found",
        "a link: permission denied",
    ]),
    Attack::ends("writes_what_it_may_read", "returned *").allowed(&["directories=data=FOLDER/data"]).says(&[
        REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, "granted",
    ]),
    Attack::ends("writes_through_links", "returned *").allowed(&["directories=data=FOLDER/data:rw"]).says(&[
        "granted: done",
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
    ]),
    Attack::lasts("writes_for_ever").allowed(&["directories=data=FOLDER/data:rw"]),
    Attack::ends("reads_environment", "returned *").allowed(&["environment=GIVEN=to read"]).says(&["GIVEN=to read"]),
    Attack::ends("kills_others", "returned *").allowed(&["spawn=kills_others"]).says(&[
        DENIED,
        DENIED,
        "join: done",
        "alive",
    ]),
    // Those that there are and those that there are not are refused alike.
    Attack::ends("starts_others", "returned *").allowed(&["spawn=own-*", "call=own-*"]).says(&[DENIED; 20]),
    Attack::ends("serves_others", "returned *").allowed(&["listen=127.0.0.1:0"]).says(&[DENIED; 2]),
    Attack::ends("signals_of_others", "returned *").allowed(&["send=own.*", "wait=own.*"]).says(&[
        "send own.news: done",
        "begin to send own.news: done",
        "wait for own.news: timed out",
        "begin to wait for own.news: done",
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        DENIED,
        NO_NAME,
        NO_NAME,
        NO_NAME,
        NO_NAME,
    ]),
    Attack::lasts("refusal_flood"),
];
