-- Once the box is closed nothing in it changes, whoever writes; a rehearsal that is wiped is the exception.
CREATE TRIGGER ballots_closed_insert BEFORE INSERT ON ballots
WHEN EXISTS (SELECT 1 FROM meta WHERE name = 'closed') AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'wiped')
BEGIN SELECT RAISE(ABORT, 'the box is closed'); END;
CREATE TRIGGER ballots_closed_update BEFORE UPDATE ON ballots
WHEN EXISTS (SELECT 1 FROM meta WHERE name = 'closed') AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'wiped')
BEGIN SELECT RAISE(ABORT, 'the box is closed'); END;
CREATE TRIGGER ballots_closed_delete BEFORE DELETE ON ballots
WHEN EXISTS (SELECT 1 FROM meta WHERE name = 'closed') AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'wiped')
BEGIN SELECT RAISE(ABORT, 'the box is closed'); END;
