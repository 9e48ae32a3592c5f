-- SPDX-License-Identifier: Apache-2.0
-- Since when a worker has been lost, so that a job may wait a while for its return; and jobs by
-- their end, for shares of the cluster and to forget them some day.

ALTER TABLE workers ADD COLUMN lost_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_by_end ON jobs (finished_ms) WHERE finished_ms > 0;
-- A job or worker that is forgotten looks for its attempts.
CREATE INDEX attempts_by_job ON attempts (job);
CREATE INDEX attempts_by_worker ON attempts (worker);
