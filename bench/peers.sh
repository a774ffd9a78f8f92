#!/bin/sh
# Beside PostgreSQL, in the same run: COPY of the import's rows into a table indexed as lookups need it, and pg_trgm on the
# names' fixed set. A private cluster in a temporary directory, every setting as it comes (fsync and synchronous_commit on),
# reached over a socket in that directory alone; nothing of it is left.
#
#   bench/peers.sh [import] [names] [ROWS]         both, 1,000,000 rows by default
#   SET=DIR OUT=FILE EVERY=N bench/peers.sh names  on a set of bench/matching/generate.mjs, by name only, innocents too; FILE gets
#                                                  lines of class, rank of the answer, its likeness, the best likeness
set -eu
cd "$(dirname "$0")/.."
B=build/release/bench
rows=1000000 parts=""
for word in "$@"; do
    case $word in
    import | names) parts="$parts $word" ;;
    *[!0-9]*) echo "usage: bench/peers.sh [import] [names] [ROWS]" >&2; exit 2 ;;
    *) rows=$word ;;
    esac
done
: "${parts:=import names}"
shared=${BUREAU_SHARED:-../shared}
pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
if [ -z "$pg" ] || [ ! -x "$pg/initdb" ]; then
    echo "skipped: PostgreSQL is not here (tools/deps bench)"
    exit 0
fi

# postgres refuses to be root: then it runs as the unprivileged user its package made.
as=""
[ "$(id -u)" != 0 ] || as="setpriv --reuid=postgres --regid=postgres --clear-groups --"
dir=$(mktemp -d /tmp/bureau-peers-XXXXXX)
chmod 755 "$dir"
mkdir "$dir/pg"
[ -z "$as" ] || chown postgres "$dir/pg"
# shellcheck disable=SC2064,SC2086
trap "$as $pg/pg_ctl -D $dir/pg/data -m immediate stop >/dev/null 2>&1 || true; rm -rf $dir" EXIT
trap 'exit 1' INT TERM
(
    cd "$dir/pg"
    # shellcheck disable=SC2086
    $as "$pg/initdb" -D "$dir/pg/data" -A trust -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 &&
        $as "$pg/pg_ctl" -D "$dir/pg/data" -w -l "$dir/pg/log" \
            -o "-c listen_addresses='' -c unix_socket_directories='$dir/pg'" start >>"$dir/log" 2>&1
) || { cat "$dir/log" >&2; exit 1; }
who=$(stat -c %U "$dir/pg")
sql() { psql -X -q -t -A -v ON_ERROR_STOP=1 -h "$dir/pg" -U "$who" -d postgres "$@"; }
seconds() { date +%s.%N; }
load() { cut -d' ' -f1 /proc/loadavg; }
ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

columns=ref,doc_class,doc_type,issued_by,doc_no,fraud,stolen_in,stolen_on,issued_on,expires_on
copy() { # the rows of the import; found by number and country, by number as it may be misread, by reference
    sql -c 'CREATE TABLE document(id bigserial PRIMARY KEY, ref text NOT NULL, doc_class text, doc_type text, issued_by text,
            doc_no text, fraud text, stolen_in text, stolen_on date, issued_on date, expires_on date)' \
        -c 'CREATE UNIQUE INDEX ON document(ref)' -c 'CREATE INDEX ON document(doc_no, issued_by)' \
        -c "CREATE INDEX ON document(translate(doc_no, 'OQDILZSB', '00011258'))"
    start=$(seconds)
    sql -c "\\copy document($columns) FROM '$dir/documents.csv' CSV HEADER"
    took=$(awk "BEGIN { print $(seconds) - $start }")
    copied=$(awk "BEGIN { printf \"%.0f\", $rows / $took }")
    echo "  PostgreSQL COPY: $rows rows in $took s: $copied rows/s (load $(load))"
    sql -c 'DROP TABLE document'
}

import() {
    "$B/import" --file "$dir/documents.csv" "$rows"
    echo "beside PostgreSQL: $rows documents"
    copy
    "$B/import" "$rows" | tee "$dir/import"
    ours=$(sed -n 's/^ .* s: \([0-9]*\) rows\/s.*/\1/p' "$dir/import" | head -1)
    first=$copied
    copy
    echo "  ratio: $(ratio "$ours" "$first") to the COPY before, $(ratio "$ours" "$copied") to the COPY after (goal 2)"
}

# Every second query that has an answer; the birth date asked as it is written: a day, a month, a year, or not at all.
trgm() { # dated | named
    sql <<EOF
SET jit = off;
TRUNCATE found;
DO \$\$
DECLARE q record; ids int[]; likes float4[]; start timestamptz;
BEGIN
    FOR q IN SELECT * FROM query LOOP
        start := clock_timestamp();
        EXECUTE format('SELECT array_agg(id ORDER BY s DESC, id), array_agg(s ORDER BY s DESC, id) FROM (SELECT id, similarity(name, %1\$L) AS s FROM person
            WHERE name %% %1\$L %2\$s ORDER BY s DESC, id LIMIT 10) AS best', q.text,
            CASE WHEN '$1' = 'dated' AND q.born_from IS NOT NULL
            THEN format('AND (born IS NULL OR born BETWEEN %L AND %L)', q.born_from, q.born_to) ELSE '' END) INTO ids, likes;
        INSERT INTO found VALUES (q.id, ids, extract(epoch FROM clock_timestamp() - start) * 1000, likes);
    END LOOP;
END \$\$;
SELECT format('  %s %s  @1 %s  @10 %s', rpad(part, 14), lpad(count(*)::text, 5), round(avg(one), 3), round(avg(ten), 3)) FROM (
    SELECT g.part, coalesce(ids[1] = ANY(truth), false)::int AS one, (ids && truth)::int AS ten FROM (
        SELECT CASE WHEN class LIKE 'x\\_%' THEN 'cross-script' ELSE 'same script' END AS part, coalesce(ids, '{}') AS ids, truth
        FROM found JOIN query USING (id) WHERE truth <> '{}'
        UNION ALL SELECT 'all', coalesce(ids, '{}'), truth FROM found JOIN query USING (id) WHERE truth <> '{}') AS g) AS r
    GROUP BY part ORDER BY part;
SELECT format('  per query: median %s ms, p99 %s ms, longest %s ms', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 1),
    round(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)::numeric, 1), round(max(ms)::numeric, 1)) FROM found;
EOF
}

names() {
    if [ "${SET:-}" ]; then
        cut -f1,2,5 "$SET/records.tsv" >"$dir/persons.tsv"
        awk -F'\t' -v every="${EVERY:-1}" 'NR % every == 1 || every == 1' "$SET/queries.tsv" >"$dir/queries.tsv"
    elif [ -f "$shared/eval/records.tsv.zst" ]; then
        zstd -dc "$shared/eval/records.tsv.zst" | cut -f1,2,5 >"$dir/persons.tsv"
        zstd -dc "$shared/eval/queries.tsv.zst" | awk -F'\t' 'NR % 2 == 1 && $5 != ""' >"$dir/queries.tsv"
    else
        echo "skipped: the fixed evaluation set is not here (BUREAU_SHARED, else ../shared)"
        return
    fi
    echo "beside pg_trgm: $(wc -l <"$dir/persons.tsv") persons, $(wc -l <"$dir/queries.tsv") queries"
    start=$(seconds)
    sql <<EOF
CREATE EXTENSION pg_trgm;
CREATE TABLE person(id int PRIMARY KEY, name text NOT NULL, born date);
CREATE TABLE held(id int, name text, born text);
\\copy held FROM '$dir/persons.tsv' WITH (NULL '')
INSERT INTO person SELECT id, name, CASE length(born) WHEN 10 THEN born::date END FROM held;
CREATE INDEX ON person USING gin (name gin_trgm_ops);
CREATE INDEX ON person (born);
CREATE TABLE asked(id int, class text, text text, born text, truth text);
\\copy asked FROM '$dir/queries.tsv' WITH (NULL '')
CREATE TABLE query AS SELECT id, class, text, coalesce(string_to_array(truth, ','), '{}')::int[] AS truth,
    CASE length(born) WHEN 10 THEN born::date WHEN 7 THEN (born || '-01')::date WHEN 4 THEN (born || '-01-01')::date END AS born_from,
    CASE length(born) WHEN 10 THEN born::date WHEN 7 THEN ((born || '-01')::date + interval '1 month - 1 day')::date
        WHEN 4 THEN (born || '-12-31')::date END AS born_to FROM asked;
CREATE TABLE found(id int, ids int[], ms float8, likes float4[]);
VACUUM ANALYZE person;
EOF
    echo "  built in $(awk "BEGIN { print $(seconds) - $start }") s"
    if [ "${SET:-}" ]; then
        echo " PostgreSQL pg_trgm, name only (load $(load))"
        trgm named
        sql -F'	' -c "SELECT class, coalesce(rank, 0), coalesce(likes[rank], 0), coalesce(likes[1], 0) FROM (SELECT q.id, class, likes,
            (SELECT min(n) FROM generate_subscripts(ids, 1) AS n WHERE ids[n] = ANY(truth)) AS rank
            FROM found JOIN query AS q USING (id)) AS r ORDER BY id" >"$OUT"
        return
    fi
    echo " PostgreSQL pg_trgm, name and birth date (load $(load))"
    trgm dated
    echo " PostgreSQL pg_trgm, name only (load $(load))"
    trgm named
    echo " Bureau, the same queries, name and birth date (load $(load))"
    "$B/names" --every 2 | grep -E '^(all|same script|cross-script|CPU per)'
    echo " Bureau, the same queries, name only (load $(load))"
    "$B/names" --every 2 --no-dates | grep -E '^(all|same script|cross-script|CPU per)'
}

for part in $parts; do $part; done
