-- Once the box is closed nothing in it changes, whoever writes; a rehearsal that is wiped is the exception.
CREATE FUNCTION ballots_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM meta WHERE name = 'closed') AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'wiped') THEN
        RAISE EXCEPTION 'the box is closed';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ballots_closed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ballots
FOR EACH STATEMENT EXECUTE FUNCTION ballots_closed();
