#!/usr/bin/env bash
# A feed with curl and jq: subscribes, reads pages, and goes on in a stream from
# the last event that it has.
#
#   GONGQIAO_URL=http://127.0.0.1:8420 GONGQIAO_KEY=gqk_… bash feed.sh
set -euo pipefail

ask() { curl --silent --show-error --fail-with-body --header "Authorization: Bearer $GONGQIAO_KEY" "$@"; }

# Subscribe. The same key again makes no second feed, days later too.
subscription=$(ask --header 'Idempotency-Key: curl-feed' --json '{"kind":"VACANCY"}' \
  "$GONGQIAO_URL/v1/subscriptions" | jq --raw-output .id)
feed="$GONGQIAO_URL/v1/feeds/$subscription"

# What it holds now, and from which cursor on events follow.
ask --compressed "$feed/snapshot" | jq --compact-output .manifest

# Pages, one event each here, until there is none for now.
cursor='' more=true pages=0
while $more; do
  page=$(ask --compressed "$feed/events?limit=1${cursor:+&after=$cursor}")
  cursor=$(jq --raw-output .next <<<"$page") more=$(jq .more <<<"$page") pages=$((pages + 1))
done

# A stream from the event before the last: the last one comes again, then
# whatever happens. `--max-time` ends it, where a subscriber would stay.
before="${cursor%.*}.$((${cursor#*.} - 1))"
resumed=$(ask --no-buffer --max-time "${SECONDS_OF_STREAM:-3}" --header 'Accept: text/event-stream' \
  --header "Last-Event-ID: $before" "$feed/events" | sed -n 's/^id: *//p' | head -n 1 || true)
[ "$resumed" = "$cursor" ] || { echo "it went on at $resumed instead of $cursor" >&2; exit 1; }
jq --null-input --compact-output --arg subscription "$subscription" --arg cursor "$cursor" \
  --argjson pages "$pages" '{$subscription, $cursor, $pages, resumed: true}'
