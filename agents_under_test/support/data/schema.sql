-- Money is kept in cents; dates are ISO 8601. `today` is fixed, so that the same question has the same answer every day.
CREATE TABLE calendar (today TEXT NOT NULL);

CREATE TABLE plans (
    name TEXT PRIMARY KEY,
    monthly_cents INTEGER NOT NULL,
    summary TEXT NOT NULL
);

CREATE TABLE accounts (
    customer_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    plan TEXT NOT NULL REFERENCES plans (name),
    status TEXT NOT NULL CHECK (status IN ('active', 'past_due', 'cancelled')),
    period_start TEXT NOT NULL,
    period_end TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
);

CREATE TABLE invoices (
    invoice_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES accounts (customer_id),
    issued TEXT NOT NULL,
    item TEXT NOT NULL,
    total_cents INTEGER NOT NULL
);

CREATE TABLE charges (
    charge_id TEXT PRIMARY KEY,
    invoice_id TEXT NOT NULL REFERENCES invoices (invoice_id),
    charged TEXT NOT NULL,
    cents INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('paid', 'declined', 'disputed'))
);

CREATE TABLE refunds (
    number INTEGER PRIMARY KEY,
    invoice_id TEXT NOT NULL REFERENCES invoices (invoice_id),
    cents INTEGER NOT NULL
);

CREATE TABLE escalations (
    number INTEGER PRIMARY KEY,
    escalated_by TEXT NOT NULL
);

CREATE TABLE services (
    name TEXT PRIMARY KEY,
    incident TEXT NOT NULL DEFAULT ''
);

CREATE VIRTUAL TABLE symptoms USING fts5 (
    description, cause UNINDEXED, steps UNINDEXED, service UNINDEXED, tokenize = 'porter unicode61'
);

CREATE VIRTUAL TABLE articles USING fts5 (
    article_id UNINDEXED, title, summary, body, tokenize = 'porter unicode61'
);
