-- SPDX-License-Identifier: Apache-2.0
-- Tokens that can be listed, expire and be revoked. Times as in jobs; a revoked one is kept, so
-- that no file that still holds it makes it good again.

ALTER TABLE tokens ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN created_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN last_used_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN revoked_ms INTEGER NOT NULL DEFAULT 0;
UPDATE tokens SET id = 'token-' || lower(hex(randomblob(6)));
CREATE UNIQUE INDEX tokens_by_id ON tokens (id);
