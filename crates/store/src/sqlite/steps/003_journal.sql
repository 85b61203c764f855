-- Changes of objects that the tables do not have yet, one row a call.
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    changes BLOB NOT NULL
);
