-- SPDX-License-Identifier: Apache-2.0
-- What a key was used for, so that it is not used for anything else; what protects a job; and
-- drains by the worker's name, which outlive its process.

ALTER TABLE jobs ADD COLUMN unprotected TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN request_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN missing TEXT NOT NULL DEFAULT '';
ALTER TABLE commands ADD COLUMN user TEXT NOT NULL DEFAULT '';
ALTER TABLE commands ADD COLUMN failure TEXT NOT NULL DEFAULT '';
ALTER TABLE commands ADD COLUMN message TEXT NOT NULL DEFAULT '';

CREATE TABLE drained_workers (
  name TEXT PRIMARY KEY
);
INSERT INTO drained_workers SELECT DISTINCT name FROM workers WHERE state = 1;
