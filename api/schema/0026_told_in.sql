-- A letter can tell what several notices say. Each of them names the notice of the letter, and says when that was written.
ALTER TABLE accounts.notices ADD COLUMN told_in bytea, ADD COLUMN written_at timestamptz;
UPDATE accounts.notices SET written_at = write_at WHERE kind = 'work-waits' AND settled;
-- Letters that are not sent yet are asked what they tell; it was known by the time at which they were written.
UPDATE accounts.notices n SET told_in = l.notice, written_at = l.write_at
FROM accounts.outbox o JOIN accounts.notices l ON l.notice = o.notice
WHERE l.kind = 'review-asked' AND l.settled AND n.settled AND n.kind = l.kind AND n.person = l.person AND n.write_at = l.write_at;
CREATE INDEX ON accounts.notices (told_in) WHERE told_in IS NOT NULL;
