-- SPDX-License-Identifier: Apache-2.0
-- Quotas, one row a limit, and who brought a blob: its bytes count for that user, too. What came
-- before counts for the namespace alone.

CREATE TABLE quotas (
  kind TEXT NOT NULL CHECK (kind IN ('namespace', 'user')),
  name TEXT NOT NULL,
  what TEXT NOT NULL,
  most INTEGER NOT NULL CHECK (most >= 0),
  PRIMARY KEY (kind, name, what)
);
ALTER TABLE blob_references ADD COLUMN user TEXT NOT NULL DEFAULT '';
CREATE INDEX blob_references_by_namespace ON blob_references (namespace, size_bytes);
CREATE INDEX blob_references_by_user ON blob_references (user, size_bytes);
