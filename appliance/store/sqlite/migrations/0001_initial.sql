-- SPDX-License-Identifier: Apache-2.0
-- {job_states}: the quoted names of appliance/domain/job_states.def.
-- Times are milliseconds since 1970; 0 means not yet.

CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  workflow TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('compile', 'launch')),
  name TEXT NOT NULL,
  namespace TEXT NOT NULL,
  user TEXT NOT NULL,
  labels TEXT NOT NULL,
  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 399),
  cpu_milli INTEGER NOT NULL CHECK (cpu_milli >= 0),
  mem_bytes INTEGER NOT NULL CHECK (mem_bytes >= 0),
  systems INTEGER NOT NULL CHECK (systems >= 0),
  time_limit_ms INTEGER NOT NULL,
  spec TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ({job_states})),
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  result TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  scheduled_ms INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  client_lease_until_ms INTEGER NOT NULL,
  worker TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  idempotency_key TEXT
);
CREATE UNIQUE INDEX jobs_by_key ON jobs (namespace, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (state, sequence);
CREATE INDEX jobs_by_namespace ON jobs (namespace, sequence);

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  job TEXT NOT NULL REFERENCES jobs (id),
  time_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  from_state TEXT,
  to_state TEXT,
  message TEXT NOT NULL
);
CREATE INDEX events_by_job ON events (job, sequence);

CREATE TABLE workers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  cpu_milli INTEGER NOT NULL,
  mem_bytes INTEGER NOT NULL,
  systems INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  sandbox TEXT NOT NULL,
  version TEXT NOT NULL,
  state INTEGER NOT NULL,
  lease_until_ms INTEGER NOT NULL
);

-- The row's id is the fence too: it grows with every attempt of any job.
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job TEXT NOT NULL REFERENCES jobs (id),
  worker TEXT NOT NULL REFERENCES workers (id),
  secret TEXT NOT NULL,
  is_live INTEGER NOT NULL,
  cancel_wanted INTEGER NOT NULL,
  end_state TEXT NOT NULL
);
CREATE INDEX attempts_live ON attempts (is_live) WHERE is_live = 1;

CREATE TABLE tokens (
  hash TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  user TEXT NOT NULL,
  namespaces TEXT NOT NULL
);

CREATE TABLE blob_references (
  digest TEXT NOT NULL,
  namespace TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (digest, namespace)
);

CREATE TABLE commands (
  job TEXT NOT NULL REFERENCES jobs (id),
  number INTEGER NOT NULL,
  key TEXT,
  text TEXT NOT NULL,
  state TEXT NOT NULL,
  exit_code INTEGER,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (job, number)
);
CREATE UNIQUE INDEX commands_by_key ON commands (job, key) WHERE key IS NOT NULL;
